using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>When and how a trial ends (spec subscriptions 8, catalog 11).</summary>
/// <param name="End">Null when only its budget bounds it: it goes on until it is converted or canceled.</param>
/// <param name="Behavior">What its end leads to.</param>
/// <param name="Budget">The plan's cap on what it may cost; null = none.</param>
internal sealed record TrialTerms(Instant? End, TrialEndBehavior Behavior, Budget? Budget)
{
    /// <summary>As many lead out of the calendar from anywhere.</summary>
    private const decimal MonthsOfCalendar = 12 * 10_000;

    /// <summary>
    /// One free trial per customer and product (with resources: per resource), none after a paid subscription
    /// (spec subscriptions 8.2).
    /// </summary>
    public static bool IsEligible(Customer customer, ProductId product, ResourceId? resource, bool hasPaidBefore) =>
        !hasPaidBefore && !customer.Trials.Any(t => t.ProductId == product && t.ResourceId == resource);

    /// <summary>The terms of a trial of the plan that starts at <paramref name="start"/>; findings when it cannot
    /// be.</summary>
    public static TrialTerms? Of(
        Findings findings, PackageVersion plan, TrialOverride? asked, Instant start, Instant now)
    {
        const string path = "trialOverrideConfiguration";
        if (plan.PricingType == PricingType.Free)
        {
            findings.Add(ErrorCode.InvalidArgumentError, path,
                $"Plan '{plan.Id}' is free and has no trial; remove the trial or choose a paid or custom plan.");
            return null;
        }

        if (asked?.TrialEndDate is null && plan.DefaultTrial is null)
        {
            findings.Add(ErrorCode.InvalidArgumentError, path + ".trialEndDate",
                $"Plan '{plan.Id}' has no default trial; give trialEndDate.");
            return null;
        }

        var end = asked?.TrialEndDate ?? EndOf(plan.DefaultTrial!, start);
        if (end is { } date && date <= Instant.Max(start, now))
        {
            findings.Add(ErrorCode.InvalidArgumentError, path + ".trialEndDate", EndsTooEarly(date));
            return null;
        }

        return new(end,
            asked?.EndBehavior ?? plan.DefaultTrial?.EndBehavior ?? TrialEndBehavior.CancelSubscription,
            plan.DefaultTrial?.Budget);
    }

    /// <summary>
    /// Something has to bound a trial, its end or what it may cost. Asked of a record that begins or goes on as
    /// a trial.
    /// </summary>
    public static void CheckBounded(Findings findings, Instant? end, Budget? budget)
    {
        if (end is null && budget is null)
        {
            findings.Add(ErrorCode.InvalidArgumentError, "budget",
                "The trial has no end, so only its budget bounds it; give a budget, or a date for the trial's end.");
        }
    }

    internal static string EndsTooEarly(Instant end) =>
        $"The trial would end at {end}, which is not after its start or already past; give a later date.";

    /// <summary>
    /// Days are 24 hours; months are calendar months, a broken one counts as its share of the next month. A trial
    /// without an end in the calendar ends with it. Null for one without a duration.
    /// </summary>
    public static Instant? EndOf(TrialConfiguration trial, Instant start)
    {
        if (trial.Duration is not { } duration)
            return null;
        if (trial.Units == TrialUnits.Day)
        {
            var left = (decimal)(BillingPeriods.EndOfCalendar - start).BclCompatibleTicks / NodaConstants.TicksPerDay;
            return duration < left
                ? start + Share(Duration.FromDays(1), duration)
                : BillingPeriods.EndOfCalendar;
        }

        var whole = (int)decimal.Min(decimal.Truncate(duration), MonthsOfCalendar);
        var from = BillingPeriods.AddMonths(start, whole);
        return from + Share(BillingPeriods.AddMonths(start, whole + 1) - from, decimal.Min(duration - whole, 1));
    }

    private static Duration Share(Duration unit, decimal times) =>
        Duration.FromMilliseconds((long)((decimal)(
            unit.BclCompatibleTicks / NodaConstants.TicksPerMillisecond) * times));
}
