using Tollgate.Domain.Errors;

namespace Tollgate.Modules.GroupCommit;

/// <summary>What one caller wants written with a group, and is waiting for.</summary>
/// <param name="scope">Who asks.</param>
/// <param name="items">How much work it is, in the writer's own measure: reports, events, consumptions.</param>
internal abstract class GroupRequest(OperationScope scope, int items)
{
    public OperationScope Scope { get; } = scope;

    public int Items { get; } = items;

    /// <summary>Adds the customers that it locks.</summary>
    public abstract void AddCustomers(HashSet<CustomerKey> customers);

    /// <summary>Every customer that one of the requests locks.</summary>
    public static IReadOnlyCollection<CustomerKey> CustomersOf(IReadOnlyList<GroupRequest> requests)
    {
        var customers = new HashSet<CustomerKey>();
        foreach (var request in requests)
            request.AddCustomers(customers);
        return customers;
    }

    /// <summary>
    /// A request under an Idempotency-Key is a group of its own, so that a key taken by another node undoes no
    /// other request.
    /// </summary>
    public bool IsAlone => Scope.Idempotency is not null;

    /// <summary>Its group failed before anything was committed, and it is tried once more by itself.</summary>
    public virtual void Again()
    {
    }

    /// <summary>Its group is durable: the caller gets the answer made meanwhile.</summary>
    public abstract void Tell();

    /// <summary>Its group could not be written.</summary>
    public abstract void Fail(Exception exception);
}

/// <summary>How a caller learns its answer: made while the group runs, told when the group is durable.</summary>
internal sealed class GroupAnswer<T>
{
    /// <summary>Continuations run where it is completed, so never by the writer itself.</summary>
    private readonly TaskCompletionSource<Result<T>> _told = new();

    public Result<T> Value { get; set; }

    public Task<Result<T>> Told => _told.Task;

    public void Tell() => _told.TrySetResult(Value);

    public void Fail(Exception exception) => _told.TrySetException(exception);
}
