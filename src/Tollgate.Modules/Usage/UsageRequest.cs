using Tollgate.Domain.Errors;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.GroupCommit;

namespace Tollgate.Modules.Usage;

/// <summary>What one caller does to a <see cref="UsageGroup"/>.</summary>
/// <param name="scope">Who asks.</param>
/// <param name="plans">The reports it may make.</param>
/// <param name="held">The counters of which it matters what reservations hold.</param>
internal abstract class UsageRequest(
    OperationScope scope, IReadOnlyList<PlannedMeasurement> plans, IReadOnlyList<UsageCell> held)
    : GroupRequest(scope, plans.Count)
{
    public IReadOnlyList<PlannedMeasurement> Plans { get; } = plans;

    public IReadOnlyList<UsageCell> Held { get; } = held;

    /// <summary>Every counter it reads or moves.</summary>
    public IEnumerable<UsageCell> Cells => Plans.SelectMany(plan => plan.Cells).Concat(Held);

    public override void AddCustomers(HashSet<CustomerKey> customers)
    {
        foreach (var plan in Plans)
            customers.Add(KeyOf(plan.ReadCell));
        foreach (var cell in Held)
            customers.Add(KeyOf(cell));
    }

    /// <summary>Its value; null when it was refused.</summary>
    public abstract Task<object?> RunAsync(UsageGroup group);

    private static CustomerKey KeyOf(UsageCell cell) => new(cell.Key.Environment, cell.Key.Customer);
}

/// <inheritdoc cref="UsageRequest"/>
/// <param name="run">Run while the customers are locked; a refusal has changed nothing.</param>
internal sealed class UsageRequest<T>(
    OperationScope scope,
    IReadOnlyList<PlannedMeasurement> plans,
    IReadOnlyList<UsageCell> held,
    Func<UsageGroup, Task<Result<T>>> run) : UsageRequest(scope, plans, held)
    where T : class
{
    public GroupAnswer<T> Answer { get; } = new();

    public override async Task<object?> RunAsync(UsageGroup group)
    {
        Answer.Value = await run(group);
        return Answer.Value.TryGet(out var value, out _) ? value : null;
    }

    public override void Tell() => Answer.Tell();

    public override void Fail(Exception exception) => Answer.Fail(exception);
}
