using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// What the events of a group spend of the budgets they are paid from: the cost before and after the group, and the
/// threshold it crosses (spec subscriptions 3.5). The running month is a counter of each feature; only events that are
/// dated before it make earlier months be measured anew.
/// </summary>
internal sealed class EventBudgets(Session session, BudgetSpending spending, UsageLevels levels)
{
    private readonly Dictionary<Guid, GroupBudget> _bySubscription = [];
    private readonly List<(OperationScope Scope, DomainEvent Event)> _crossings = [];

    /// <summary>A counter as the group has it by now; null when it is not the group's.</summary>
    public delegate decimal? Finder(UsageKey key, UsageWindow interval);

    public IReadOnlyList<(OperationScope Scope, DomainEvent Event)> Crossings => _crossings;

    /// <summary>An event of a feature that the budget pays; true when it changes more than a running counter.</summary>
    public async ValueTask<bool> AddAsync(
        OperationScope scope, EventSourceTargets source, BudgetMeter meter, FeatureId feature, Instant at,
        CancellationToken cancellationToken)
    {
        if (!_bySubscription.TryGetValue(meter.Subscription.Uid, out var budget))
        {
            var known = await spending.CommittedAsync(scope.EnvironmentId, meter, scope.Now, cancellationToken);
            _bySubscription.Add(meter.Subscription.Uid, budget = new(meter, source, known));
        }

        budget.Scope = scope;
        if (!budget.Spending.IsSettledAt(feature, at))
            return false;
        budget.IsLate = true;
        return true;
    }

    /// <summary>The counters that the costs follow from.</summary>
    public IEnumerable<(OpenUsage Usage, UsageCell Cell, EventSourceTargets Source)> Open() =>
        _bySubscription.Values.SelectMany(budget =>
            budget.Spending.Open.Select(usage => (usage, budget.Meter.CellOf(usage), budget.Source)));

    /// <summary>Before the counters move.</summary>
    public async Task BeginAsync(Finder find)
    {
        foreach (var budget in _bySubscription.Values)
            budget.Cost = await RateAsync(budget, find);
    }

    /// <summary>After they are stored.</summary>
    public async Task EndAsync(Finder find)
    {
        foreach (var budget in _bySubscription.Values)
        {
            var scope = budget.Scope;
            if (budget.IsLate)
                budget.Spending = await spending.ReadAsync(session, scope.EnvironmentId, budget.Meter, scope.Now);
            var cost = await RateAsync(budget, find);
            if (SpendLimit.Crossed(budget.Meter.Budget, budget.Cost, cost) is { } threshold)
                _crossings.Add((scope, SpendLimit.Exceeded(budget.Meter.Subscription, cost, threshold)));
        }
    }

    private async Task<decimal> RateAsync(GroupBudget budget, Finder find)
    {
        var open = budget.Spending.Open;
        var usage = new decimal[open.Count];
        for (var i = 0; i < usage.Length; i++)
        {
            var key = budget.Meter.CellOf(open[i]).Key;
            usage[i] = find(key, open[i].Interval)
                ?? (await levels.ReadStoredAsync(session, key, open[i].Interval)).Value;
        }

        return budget.Spending.Cost(usage);
    }

    private sealed class GroupBudget(BudgetMeter meter, EventSourceTargets source, Spending spending)
    {
        public BudgetMeter Meter { get; } = meter;

        public EventSourceTargets Source { get; } = source;

        public Spending Spending { get; set; } = spending;

        public decimal Cost { get; set; }

        /// <summary>An event changed what was settled.</summary>
        public bool IsLate { get; set; }

        /// <summary>The request of the last event.</summary>
        public OperationScope Scope { get; set; } = source.Scope;
    }
}
