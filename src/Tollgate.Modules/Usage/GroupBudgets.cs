using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage;

/// <summary>
/// What the reports of a group spend of the budgets they are paid from: the cost before and after each one, and the
/// thresholds it crosses (spec subscriptions 3.5). A report of the past is priced once everything is written.
/// </summary>
internal sealed class GroupBudgets(Session session, BudgetSpending spending)
{
    private readonly Dictionary<Guid, GroupBudget> _bySubscription = [];
    private readonly List<(OperationScope Scope, DomainEvent Event)> _crossings = [];

    public delegate Task<decimal> Counter(UsageKey key, UsageWindow interval);

    /// <summary>Brings in the cost before the group.</summary>
    public async Task LoadAsync(PlannedMeasurement plan, Counter counter)
    {
        foreach (var meter in plan.Budgets)
        {
            if (_bySubscription.ContainsKey(meter.Subscription.Uid))
                continue;
            var current = meter.Current(plan.RecordedAt);
            if (current is null)
            {
                var versions = meter.PastVersions();
                current = await spending.ReadAsync(session, plan.ReadCell.Key.Environment, meter, plan.RecordedAt);
                meter.Keep(current, versions);
            }

            var budget = new GroupBudget(meter, current);
            budget.Cost = await budget.RateAsync(counter);
            _bySubscription.Add(meter.Subscription.Uid, budget);
        }
    }

    /// <summary>Whether the report changes more than the running counters of a budget.</summary>
    public bool IsSettled(PlannedMeasurement plan)
    {
        foreach (var meter in plan.Budgets)
        {
            if (_bySubscription[meter.Subscription.Uid].Spending.IsSettledAt(plan.Feature.Id, plan.At))
                return true;
        }

        return false;
    }

    /// <summary>After a report was counted.</summary>
    public async Task SpendAsync(OperationScope scope, PlannedMeasurement plan, Counter counter)
    {
        foreach (var meter in plan.Budgets)
        {
            var budget = _bySubscription[meter.Subscription.Uid];
            if (budget.Spending.IsSettledAt(plan.Feature.Id, plan.At))
                budget.Late = (scope, plan);
            else
                Move(budget, scope, await budget.RateAsync(counter));
        }
    }

    /// <summary>Prices reports of the past from what is written, and answers all that was crossed.</summary>
    public async Task<IReadOnlyList<(OperationScope Scope, DomainEvent Event)>> SettleAsync(Counter counter)
    {
        foreach (var budget in _bySubscription.Values)
        {
            if (budget.Late is not var (scope, plan))
                continue;
            budget.Spending = await spending.ReadAsync(
                session, plan.ReadCell.Key.Environment, budget.Meter, plan.RecordedAt);
            Move(budget, scope, await budget.RateAsync(counter));
        }

        return _crossings;
    }

    public (int Crossings, (GroupBudget Budget, decimal Cost, (OperationScope, PlannedMeasurement)? Late)[] Budgets)
        Snapshot() =>
        (_crossings.Count, [.. _bySubscription.Values.Select(budget => (budget, budget.Cost, budget.Late))]);

    public void Restore(
        (int Crossings, (GroupBudget Budget, decimal Cost, (OperationScope, PlannedMeasurement)? Late)[] Budgets) to)
    {
        _crossings.RemoveRange(to.Crossings, _crossings.Count - to.Crossings);
        foreach (var (budget, cost, late) in to.Budgets)
            (budget.Cost, budget.Late) = (cost, late);
    }

    private void Move(GroupBudget budget, OperationScope scope, decimal cost)
    {
        if (SpendLimit.Crossed(budget.Meter.Budget, budget.Cost, cost) is { } threshold)
            _crossings.Add((scope, SpendLimit.Exceeded(budget.Meter.Subscription, cost, threshold)));
        budget.Cost = cost;
    }

    /// <summary>One budget while the group runs.</summary>
    internal sealed class GroupBudget(BudgetMeter meter, Spending spending)
    {
        public BudgetMeter Meter { get; } = meter;

        public Spending Spending { get; set; } = spending;

        public decimal Cost { get; set; }

        /// <summary>The last report of the past, when there was one.</summary>
        public (OperationScope Scope, PlannedMeasurement Plan)? Late { get; set; }

        public async Task<decimal> RateAsync(Counter counter)
        {
            var usage = new decimal[Spending.Open.Count];
            for (var i = 0; i < usage.Length; i++)
                usage[i] = await counter(Meter.CellOf(Spending.Open[i]).Key, Spending.Open[i].Interval);
            return Spending.Cost(usage);
        }
    }
}
