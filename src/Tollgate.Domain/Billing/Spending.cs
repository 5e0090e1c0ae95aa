using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Usage;

namespace Tollgate.Domain.Billing;

/// <summary>
/// What the pay-as-you-go usage of a subscription's running period costs so far, before discount, tax and minimum
/// spend: what a budget is compared with (spec subscriptions 3.5). What cannot change by further usage is a number; the
/// rest follows from the running counters, so that a report changes the cost without anything being read again.
/// </summary>
public sealed class Spending
{
    private readonly decimal _settled;
    private readonly string _currency;

    private Spending(decimal settled, string currency, IReadOnlyList<OpenUsage> open, Instant validUntil)
    {
        _settled = settled;
        _currency = currency;
        Open = open;
        ValidUntil = validUntil;
    }

    /// <summary>The charges that further usage raises.</summary>
    public IReadOnlyList<OpenUsage> Open { get; }

    /// <summary>From this instant on it must be computed anew: a month, a period or a usage window is over.</summary>
    public Instant ValidUntil { get; }

    /// <summary>The features whose usage is charged as it is used.</summary>
    public static IReadOnlySet<FeatureId> ChargedFeatures(BilledContent content) => BilledCharge.Packages(content)
        .SelectMany(package => BilledCharge.PayAsYouGo(content, package))
        .Select(charge => charge.Charge.FeatureId!.Value).ToHashSet();

    /// <summary>
    /// The billing months of the running period that have begun, each until its end or just after
    /// <paramref name="now"/>; a trial's count from its start.
    /// </summary>
    public static IReadOnlyList<ArrearsDue> Months(Subscription subscription, Instant now)
    {
        var start = subscription.CurrentBillingPeriodStart ?? subscription.StartDate;
        var anchor = subscription.BillingCycleAnchor ?? start;
        var months = new List<ArrearsDue>();
        for (var from = start; from <= now;)
        {
            var end = BillingPeriods.MonthContaining(anchor, from).End;
            months.Add(new() { Month = new(from, Instant.Min(end, now + Duration.FromMilliseconds(1))) });
            from = end;
        }

        return months;
    }

    /// <summary>
    /// What has to be measured. Usage that a meter counts from events in the running month is not: its counter says it.
    /// </summary>
    public static IReadOnlySet<UsageNeed> Needs(
        Subscription subscription, IReadOnlyList<ContentSpan> spans, Instant now)
    {
        var months = Months(subscription, now);
        var needs = months.SkipLast(1).SelectMany(month => UsageRating.Needs(spans, month)).ToHashSet();
        if (months.Count > 0)
        {
            needs.UnionWith(RatedUsage.Due(spans, months[^1])
                .Where(rated => !rated.IsOverage && !IsCountedByEvents(rated, months[^1]))
                .Select(rated => rated.Need));
        }

        return needs;
    }

    /// <param name="subscription">Whose usage it is.</param>
    /// <param name="spans">Its contents since the period began.</param>
    /// <param name="cutOffs">When usage of a feature started again at 0, at the subscription's level.</param>
    /// <param name="measured">
    /// An answer to every need (<see cref="Needs"/>).
    /// </param>
    /// <param name="now">The instant measured at.</param>
    public static Spending Of(
        Subscription subscription, IReadOnlyList<ContentSpan> spans, ILookup<FeatureId, Instant> cutOffs,
        IReadOnlyDictionary<UsageNeed, MeasuredUsage> measured, Instant now)
    {
        var months = Months(subscription, now);
        var settled = months.SkipLast(1).Sum(due => UsageRating.Cost(UsageRating.Lines(spans, due, measured)));
        var validUntil = BillingPeriods.MonthContaining(
            subscription.BillingCycleAnchor ?? months[0].Month.Start, now).End;
        if (subscription.CurrentBillingPeriodEnd is { } periodEnd)
            validUntil = Instant.Min(validUntil, periodEnd);
        var open = new List<OpenUsage>();
        if (months.Count > 0)
        {
            var month = months[^1];
            var monthEnd = validUntil;
            foreach (var rated in RatedUsage.Due(spans, month).Where(rated => !rated.IsOverage))
            {
                if (IsCountedByEvents(rated, month))
                {
                    open.Add(OpenUsage.OfEvents(rated, monthEnd));
                    continue;
                }

                if (rated.Need.Window.End < month.Month.End)
                {
                    settled += UsageRating.Cost([UsageRating.Line(rated, measured[rated.Need])]);
                    continue;
                }

                var usage = OpenUsage.Of(rated, measured[rated.Need], cutOffs, subscription.StartDate, now);
                validUntil = Instant.Min(validUntil, usage.Interval.End);
                open.Add(usage);
            }
        }

        return new(settled, spans[^1].Content.Currency, open, validUntil);
    }

    /// <summary>
    /// The aggregate over the events of the rest of the month is one counter; earlier stretches are settled.
    /// </summary>
    private static bool IsCountedByEvents(RatedUsage rated, ArrearsDue month) =>
        rated.Feature?.Meter is not null && rated.Need.Window.End >= month.Month.End;

    /// <summary>The cost with the counters as they are.</summary>
    /// <param name="usage">Raw usage of <see cref="OpenUsage.Interval"/>, in the order of <see cref="Open"/>.</param>
    public decimal Cost(IReadOnlyList<decimal> usage)
    {
        var cost = _settled;
        for (var i = 0; i < Open.Count; i++)
            cost += Currencies.Round(Open[i].Amount(usage[i]), _currency);
        return cost;
    }

    /// <summary>
    /// Whether a report of a charged feature, dated at the instant, changes more than a running counter: then the cost
    /// must be computed anew.
    /// </summary>
    public bool IsSettledAt(FeatureId feature, Instant at) =>
        Open.All(usage => usage.FeatureId != feature)
        || Open.Any(usage => usage.FeatureId == feature && at < usage.CountsFrom);
}

/// <summary>One pay-as-you-go charge of the running month.</summary>
/// <param name="FeatureId">What is counted.</param>
/// <param name="Interval">The interval whose running counter counts.</param>
/// <param name="CountsFrom">Reports dated before it change what is settled.</param>
/// <param name="Offset">
/// Raw units that count besides the counter: usage windows that are over, less what the running one had before the
/// month.
/// </param>
public sealed record OpenUsage(FeatureId FeatureId, UsageWindow Interval, Instant CountsFrom, decimal Offset)
{
    private Charge Charge { get; init; } = null!;
    private UnitTransformation? Units { get; init; }

    /// <summary>What events come to from the start of the stretch to the end of the month.</summary>
    internal static OpenUsage OfEvents(RatedUsage rated, Instant monthEnd) =>
        new(rated.Need.FeatureId, new(rated.Need.Window.Start, monthEnd), rated.Need.Window.Start, 0)
        {
            Charge = rated.Charge.Charge,
            Units = rated.Feature?.UnitTransformation,
        };

    internal static OpenUsage Of(
        RatedUsage rated, MeasuredUsage measured, ILookup<FeatureId, Instant> cutOffs, Instant start, Instant now)
    {
        var (interval, offset) = (UsageWindow.Lifetime, 0m);
        if (rated.Need.Measure == UsageMeasure.Accumulated)
        {
            interval = UsageEras.Of(rated.Need, cutOffs[rated.Need.FeatureId], start).CountedAt(now);
            offset = measured.Windows.Sum(window => window.After - window.Before)
                - (measured.Windows.Count == 0 ? 0 : measured.Windows[^1].After);
        }

        return new(
            rated.Need.FeatureId, interval, Instant.Max(interval.Start, rated.Need.Window.Start), offset)
        {
            Charge = rated.Charge.Charge,
            Units = rated.Feature?.UnitTransformation,
        };
    }

    /// <summary>Exact, not rounded yet.</summary>
    internal decimal Amount(decimal usage) => PriceCalculator.Quote(
        Charge, SoldUnits.Billed(Math.Max(Offset + usage, 0), Units)).Amount;
}
