using System.Data.Common;

namespace Tollgate.Storage;

/// <summary>
/// An open connection, inside a transaction when it writes. Disposing a writing session that was not committed rolls it
/// back. Not thread-safe: one flow of control at a time.
/// </summary>
public abstract class Session(DatabaseKind kind, DbConnection connection) : IAsyncDisposable
{
    private List<Action>? _afterCommit;

    public DatabaseKind Kind { get; } = kind;

    public DbConnection Connection { get; } = connection;

    /// <summary>
    /// What readers keep until the session ends, under keys of their own: things they read once and that nothing else
    /// in the session changes without telling them.
    /// </summary>
    public Dictionary<object, object?> Notes => field ??= [];

    /// <summary>To be given to every command; null where the connection alone knows its transaction.</summary>
    public abstract DbTransaction? Transaction { get; }

    /// <summary>It runs a transaction that may write.</summary>
    public abstract bool CanWrite { get; }

    /// <summary>Makes the session's changes durable: when this returns they survive power loss.</summary>
    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await EndAsync(cancellationToken);
        }
        finally
        {
            _afterCommit?.ForEach(action => action());
        }
    }

    /// <summary>
    /// Runs <paramref name="action"/> once the session has committed, or tried to: a commit that answered nothing may
    /// have happened all the same. Not when it is rolled back.
    /// </summary>
    public void AfterCommit(Action action) => (_afterCommit ??= []).Add(action);

    /// <summary>Commits.</summary>
    protected abstract Task EndAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Tells every other node, when (and only if) this session commits. SQLite serves one process, so there it does
    /// nothing. <paramref name="payload"/> is at most 7,900 bytes.
    /// </summary>
    public abstract Task NotifyAsync(string payload, CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();
}
