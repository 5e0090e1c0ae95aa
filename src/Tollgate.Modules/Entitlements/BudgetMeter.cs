using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Usage;

namespace Tollgate.Modules.Entitlements;

/// <summary>
/// The budget of one live subscription beside the counters that its cost follows from. Reading is free of the database
/// and of allocations while no counter moved; after a report the cost is rated anew from the counters in memory.
/// </summary>
public sealed class BudgetMeter
{
    private readonly Func<FeatureId, UsageCell> _cellOf;
    private volatile Known? _known;

    private readonly HashSet<FeatureId> _charged;

    private BudgetMeter(
        Subscription subscription, IReadOnlyList<ContentSpan> spans, ILookup<FeatureId, Instant> cutOffs,
        Func<FeatureId, UsageCell> cellOf)
    {
        Subscription = subscription;
        Budget = subscription.Budget!;
        CutOffs = cutOffs;
        _cellOf = cellOf;
        _charged = spans.SelectMany(span => Spending.ChargedFeatures(span.Content)).ToHashSet();
        Spans = spans;
    }

    /// <summary>Null for a subscription that has no budget, or no usage to spend it on.</summary>
    /// <param name="content">A subscription with what it is charged for.</param>
    /// <param name="past">What it was charged for earlier in the running period, oldest first, and until when.</param>
    /// <param name="features">The environment's features.</param>
    /// <param name="cutOffs">When usage of a feature started again at 0, at the subscription's level.</param>
    /// <param name="cellOf">The counters of the subscription's level.</param>
    public static BudgetMeter? Of(
        SubscriptionContent content, IReadOnlyList<(SubscriptionContent Content, Instant Until)> past,
        IReadOnlyDictionary<FeatureId, Feature> features, ILookup<FeatureId, Instant> cutOffs,
        Func<FeatureId, UsageCell> cellOf)
    {
        var subscription = content.Subscription;
        if (!Applies(subscription))
            return null;
        var spans = new List<ContentSpan>();
        var from = subscription.CurrentBillingPeriodStart ?? subscription.StartDate;
        foreach (var (held, until) in past.Append((content, Instant.MaxValue)))
        {
            spans.Add(new(from, until, BilledContent.Of(held) with { Features = features })
            {
                UsageAnchor = held.Subscription.UsageAnchor,
                Scope = UsageScope.Beside(held.Subscription, subscription),
            });
            from = until;
        }

        var meter = new BudgetMeter(subscription, spans, cutOffs, cellOf);
        return meter._charged.Count == 0 ? null : meter;
    }

    /// <summary>Whether a subscription may have something to spend a budget on.</summary>
    public static bool Applies(Subscription subscription) =>
        subscription is { IsLive: true, Budget: not null, BillingPeriod: not null };

    public Subscription Subscription { get; }

    public Budget Budget { get; }

    /// <summary>The next period starts with nothing spent.</summary>
    public Instant PeriodEnd => Subscription.CurrentBillingPeriodEnd ?? Instant.MaxValue;

    public ILookup<FeatureId, Instant> CutOffs { get; }

    /// <summary>What is charged over the running period.</summary>
    public IReadOnlyList<ContentSpan> Spans { get; }

    /// <summary>The counters that its cost follows from.</summary>
    public IEnumerable<UsageCell> Cells => _charged.Select(_cellOf);

    /// <summary>Whether usage of the feature is charged.</summary>
    public bool Charges(FeatureId feature) => _charged.Contains(feature);

    public UsageCell CellOf(OpenUsage usage) => _cellOf(usage.FeatureId);

    /// <summary>False when the cost has to be computed from the database first.</summary>
    public bool TryCost(Instant now, out decimal cost)
    {
        cost = 0;
        if (_known is not { } known || now >= known.Spending.ValidUntil)
            return false;
        if (known.Costed is { } costed && known.IsUnmoved(costed.Versions))
        {
            cost = costed.Cost;
            return true;
        }

        return known.TryRate(out cost);
    }

    /// <summary>What was last known, however old: for when the database cannot be asked.</summary>
    public bool TryLastCost(out decimal cost)
    {
        cost = _known?.Costed?.Cost ?? 0;
        return _known?.Costed is not null;
    }

    /// <summary>The parts of the cost when they still hold.</summary>
    internal Spending? Current(Instant now) =>
        _known is { } known && now < known.Spending.ValidUntil && known.IsPastUnmoved() ? known.Spending : null;

    /// <summary>To be taken before what <see cref="Keep"/> is given is read.</summary>
    internal IReadOnlyDictionary<FeatureId, long> PastVersions() =>
        _charged.ToDictionary(feature => feature, feature => _cellOf(feature).PastVersion);

    internal void Keep(Spending spending, IReadOnlyDictionary<FeatureId, long> pastVersions) => _known = new(
        spending,
        [.. spending.Open.Select(CellOf)],
        [.. pastVersions.Keys.Select(_cellOf)],
        [.. pastVersions.Values]);

    private sealed record Costed(long[] Versions, decimal Cost);

    /// <param name="spending">The parts of the cost.</param>
    /// <param name="open">The counters it follows from.</param>
    /// <param name="cells">Those of all charged features.</param>
    /// <param name="pastVersions">What the past of <paramref name="cells"/> was when it was read.</param>
    private sealed class Known(Spending spending, UsageCell[] open, UsageCell[] cells, long[] pastVersions)
    {
        private volatile Costed? _costed;

        public Spending Spending { get; } = spending;

        public Costed? Costed => _costed;

        public bool IsUnmoved(long[] versions)
        {
            for (var i = 0; i < cells.Length; i++)
            {
                if (cells[i].Version != versions[i])
                    return false;
            }

            return true;
        }

        public bool IsPastUnmoved()
        {
            for (var i = 0; i < cells.Length; i++)
            {
                if (cells[i].PastVersion != pastVersions[i])
                    return false;
            }

            return true;
        }

        public bool TryRate(out decimal cost)
        {
            cost = 0;
            var versions = Array.ConvertAll(cells, cell => cell.Version);
            if (!IsPastUnmoved())
                return false;
            var usage = new decimal[open.Length];
            for (var i = 0; i < open.Length; i++)
            {
                var interval = Spending.Open[i].Interval;
                if (!open[i].TryRead(interval.Start, interval.End, out UsageCounter counter))
                    return false;
                usage[i] = counter.Value;
            }

            cost = Spending.Cost(usage);
            _costed = new(versions, cost);
            return true;
        }
    }
}
