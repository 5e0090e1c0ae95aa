using Tollgate.Storage;

namespace Tollgate.Modules.Tests.Usage.Events;

/// <summary>Lets so many writing transactions begin and none after them, as if the process had ended.</summary>
internal sealed class StoppingDatabase(Database database, int transactions) : Database(database.Kind)
{
    private int _left = transactions;

    public override Task<Session> OpenReadAsync(CancellationToken cancellationToken) => database.OpenReadAsync(cancellationToken);

    public override Task<Session> OpenWriteAsync(IReadOnlyCollection<LockKey> locks, CancellationToken cancellationToken) =>
        _left-- > 0 ? database.OpenWriteAsync(locks, cancellationToken) : throw new StoppedException();

    public override bool IsUniqueViolation(Exception exception) => database.IsUniqueViolation(exception);

    public override bool IsUnavailable(Exception exception) => database.IsUnavailable(exception);

    public override Task ListenAsync(Action<string> handle, Action<bool> connected, CancellationToken cancellationToken) =>
        database.ListenAsync(handle, connected, cancellationToken);

    public override Task NotifyAsync(IReadOnlyCollection<string> payloads, CancellationToken cancellationToken) =>
        database.NotifyAsync(payloads, cancellationToken);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>No transaction was left.</summary>
internal sealed class StoppedException() : Exception("The test stopped the work here.");
