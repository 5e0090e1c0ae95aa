using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>Where the billing periods of an environment's subscriptions begin (spec subscriptions 3.4).</summary>
public enum BillingAnchor
{
    /// <summary>When they start to be paid for.</summary>
    SubscriptionStart,

    /// <summary>On the first of the month, 00:00 UTC.</summary>
    StartOfTheMonth,

    /// <summary>With those of the customer's oldest paid subscription.</summary>
    SubscriptionsConsolidateBilling,
}

/// <summary>
/// Periods that begin elsewhere than where a subscription starts: its first period is what is left of a whole one, and
/// its in-advance charges are for that part (<see cref="Proration.Begin"/>).
/// </summary>
public static class BillingAnchors
{
    /// <summary>The change with the period that a start, or a new anchor, begins; any other change as it is.</summary>
    /// <param name="change">As decided: counted from the instant of the change.</param>
    /// <param name="anchor">The environment's setting.</param>
    /// <param name="others">The customer's records as they are after the decision.</param>
    /// <param name="at">The instant of the change.</param>
    public static SubscriptionChange Align(
        SubscriptionChange change, BillingAnchor anchor, IEnumerable<Subscription> others, Instant at)
    {
        if (anchor == BillingAnchor.SubscriptionStart
            || BilledChange.StepOf(change) is not (BillingStep.Start or BillingStep.Restart))
        {
            return change;
        }

        var (after, period) = (change.After, change.After.BillingPeriod!.Value);
        var cycle = CycleOf(after, period, anchor, others, at);
        var whole = BillingPeriods.Containing(cycle, period, at);
        if (change.Before is { BillingCycleAnchor: { } held } before && before.BillingPeriod == period
            && BillingPeriods.Containing(held, period, at) == whole)
        {
            // It is in this cycle already: nothing begins anew.
            return change with { After = WithCycleOf(after, before) };
        }

        var month = BillingPeriods.MonthContaining(cycle, at);
        return change with
        {
            After = after with
            {
                BillingCycleAnchor = cycle,
                CurrentBillingPeriodStart = Instant.Max(whole.Start, after.BillingCycleAnchor!.Value),
                CurrentBillingPeriodEnd = whole.End,
                CancellationDate = EndsWithPeriod(after) ? whole.End : after.CancellationDate,
                // A month that is nearly over is not announced any more.
                MonthEndsSoonSentFor = month.End - Due.MonthNotice < at ? month.End : month.Start,
            },
        };
    }

    /// <summary>The periods of a record that will be paid for from an instant on: what its bills will be for.</summary>
    /// <param name="subscription">The record.</param>
    /// <param name="period">How long its periods are.</param>
    /// <param name="anchor">The environment's setting.</param>
    /// <param name="others">The customer's records as they are expected to be then.</param>
    /// <param name="at">When it begins.</param>
    public static BeginningPeriods Begin(
        Subscription subscription, BillingPeriod period, BillingAnchor anchor, IEnumerable<Subscription> others,
        Instant at)
    {
        var cycle = anchor == BillingAnchor.SubscriptionStart ? at : CycleOf(subscription, period, anchor, others, at);
        var around = BillingPeriods.Containing(cycle, period, at);
        return new(
            new(at, around.End),
            around.Start == at ? around : BillingPeriods.Containing(cycle, period, around.End));
    }

    private static Instant CycleOf(
        Subscription starting, BillingPeriod period, BillingAnchor anchor, IEnumerable<Subscription> others, Instant at)
    {
        if (anchor == BillingAnchor.StartOfTheMonth)
            return FirstOfMonth(at);
        return Shared(starting, others) is { } shared ? With(shared, period, at) : starting.BillingCycleAnchor ?? at;
    }

    private static Subscription WithCycleOf(Subscription after, Subscription before) => after with
    {
        BillingCycleAnchor = before.BillingCycleAnchor,
        CurrentBillingPeriodStart = before.CurrentBillingPeriodStart,
        CurrentBillingPeriodEnd = before.CurrentBillingPeriodEnd,
        CancellationDate = EndsWithPeriod(after) ? before.CancellationDate : after.CancellationDate,
        MonthEndsSoonSentFor = before.MonthEndsSoonSentFor,
    };

    /// <summary>An end that is planned for that of the period stays there.</summary>
    private static bool EndsWithPeriod(Subscription subscription) =>
        subscription.CancellationDate is { } end && end == subscription.CurrentBillingPeriodEnd;

    /// <summary>The first at or after the instant: what is before it is the part of a period.</summary>
    private static Instant FirstOfMonth(Instant at)
    {
        var date = at.InUtc().Date;
        var first = new LocalDate(date.Year, date.Month, 1).AtStartOfDayInZone(DateTimeZone.Utc).ToInstant();
        return first == at ? at : BillingPeriods.AddMonths(first, 1);
    }

    /// <summary>
    /// The subscription whose cycle is shared: the oldest that is paid for, whatever it takes the place of aside.
    /// </summary>
    private static Subscription? Shared(Subscription starting, IEnumerable<Subscription> others) => others
        .Where(s => s is
        {
            Status: SubscriptionStatus.Active, PricingType: PricingType.Paid, BillingCycleAnchor: not null,
        } && s.Uid != starting.Uid && (s.ProductId, s.ResourceId) != (starting.ProductId, starting.ResourceId))
        .OrderBy(s => s.CreatedAt).ThenBy(s => s.Id.Value, StringComparer.Ordinal)
        .FirstOrDefault();

    /// <summary>
    /// An anchor in step with the shared one. Months are those of any anchor; a year joins another year, or begins with
    /// the next month of a monthly one.
    /// </summary>
    private static Instant With(Subscription shared, BillingPeriod period, Instant at)
    {
        var anchor = shared.BillingCycleAnchor!.Value;
        if (period == BillingPeriod.Monthly || shared.BillingPeriod == BillingPeriod.Annually)
            return anchor;
        var month = BillingPeriods.MonthContaining(anchor, at);
        return month.Start == at ? at : month.End;
    }
}

/// <summary>The first period of a record, which may be part of a whole one, and its first whole one.</summary>
public sealed record BeginningPeriods(BillingWindow First, BillingWindow Whole);
