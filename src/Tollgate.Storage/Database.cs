using System.Diagnostics.CodeAnalysis;

namespace Tollgate.Storage;

/// <summary>Access to one database. Thread-safe.</summary>
public abstract class Database(DatabaseKind kind) : IAsyncDisposable
{
    public DatabaseKind Kind { get; } = kind;

    /// <summary>A session that sees committed data and writes nothing.</summary>
    /// <exception cref="DatabaseUnavailableException">The database cannot be reached.</exception>
    public abstract Task<Session> OpenReadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// A session inside a transaction that holds <paramref name="locks"/>. Waits for other holders of the same locks
    /// (SQLite: for the one writer). Locks are taken in a fixed order, so two sessions never wait for each other.
    /// </summary>
    /// <exception cref="DatabaseUnavailableException">The database cannot be reached or written.</exception>
    public abstract Task<Session> OpenWriteAsync(
        IReadOnlyCollection<LockKey> locks, CancellationToken cancellationToken);

    /// <summary>True when <paramref name="exception"/> says that a unique key is taken.</summary>
    public abstract bool IsUniqueViolation(Exception exception);

    /// <summary>
    /// True when <paramref name="exception"/> means that the database, not the request, is at fault for now.
    /// </summary>
    public abstract bool IsUnavailable(Exception exception);

    /// <summary>
    /// Runs <paramref name="handle"/> for every payload other nodes (and this one) committed, until cancelled.
    /// <paramref name="connected"/> is called with true when the feed is live and with false when it broke:
    /// notifications may have been missed in between. On SQLite there are no other nodes: it reports live and waits.
    /// </summary>
    public abstract Task ListenAsync(
        Action<string> handle, Action<bool> connected, CancellationToken cancellationToken);

    /// <summary>
    /// Sends payloads to every node that listens, as <see cref="Session.NotifyAsync"/> does, now and by themselves. Not
    /// durable: a database that fails may lose them. On SQLite there is nobody to tell.
    /// </summary>
    public abstract Task NotifyAsync(IReadOnlyCollection<string> payloads, CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();

    /// <summary>
    /// Reads in one session, turning an unreachable database into <see cref="DatabaseUnavailableException"/>.
    /// </summary>
    public async Task<T> ReadAsync<T>(
        Func<Session, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        try
        {
            await using var session = await OpenReadAsync(cancellationToken);
            return await read(session, cancellationToken);
        }
        catch (Exception exception) when (Translate(exception, out var unavailable))
        {
            throw unavailable;
        }
    }

    /// <summary>Runs work in a writing session and commits when it answers true; false rolls back.</summary>
    public async Task WriteAsync(
        IReadOnlyCollection<LockKey> locks,
        Func<Session, CancellationToken, Task<bool>> work,
        CancellationToken cancellationToken)
    {
        try
        {
            await using var session = await OpenWriteAsync(locks, cancellationToken);
            if (await work(session, cancellationToken))
                await session.CommitAsync(cancellationToken);
        }
        catch (Exception exception) when (Translate(exception, out var unavailable))
        {
            throw unavailable;
        }
    }

    private bool Translate(Exception exception, [NotNullWhen(true)] out DatabaseUnavailableException? unavailable)
    {
        unavailable = exception is not DatabaseUnavailableException && IsUnavailable(exception)
            ? new DatabaseUnavailableException(
                $"The database cannot take the request now: {exception.Message}", exception)
            : null;
        return unavailable is not null;
    }
}
