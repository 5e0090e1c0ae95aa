namespace Tollgate.Modules.GroupCommit;

/// <summary>What a <see cref="GroupQueue{TRequest}"/> takes at a time.</summary>
internal sealed record GroupLimits
{
    /// <summary>Requests that may wait; beyond it callers wait for room.</summary>
    public required int Waiting { get; init; }

    /// <summary>Items in one transaction; a request that has more is a group of its own.</summary>
    public required int Items { get; init; }

    /// <summary>Requests in one transaction.</summary>
    public int Requests { get; init; } = 1_000;

    /// <summary>Customers in one transaction, each of which is locked: PostgreSQL holds a few thousand locks.</summary>
    public int Customers { get; init; } = 2_000;
}
