using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Tollgate.Storage.Sqlite;

internal sealed class SqliteReadSession(SqliteDatabase owner, SqliteConnection connection)
    : Session(DatabaseKind.Sqlite, connection)
{
    public override DbTransaction? Transaction => null;

    public override Task CommitAsync(CancellationToken cancellationToken) =>
        throw new InvalidOperationException("A reading session has nothing to commit.");

    public override Task NotifyAsync(string payload, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("A reading session tells nobody anything.");

    public override ValueTask DisposeAsync()
    {
        owner.ReturnReader((SqliteConnection)Connection);
        return ValueTask.CompletedTask;
    }
}

internal sealed class SqliteWriteSession(SqliteDatabase owner, SqliteConnection connection, SqliteTransaction transaction)
    : Session(DatabaseKind.Sqlite, connection)
{
    private bool _ended;

    public override DbTransaction? Transaction => transaction;

    public override Task CommitAsync(CancellationToken cancellationToken)
    {
        transaction.Commit();
        return Task.CompletedTask;
    }

    public override Task NotifyAsync(string payload, CancellationToken cancellationToken) => Task.CompletedTask;

    public override ValueTask DisposeAsync()
    {
        if (_ended)
            return ValueTask.CompletedTask;
        _ended = true;
        var healthy = true;
        try
        {
            transaction.Dispose();
        }
        catch (SqliteException)
        {
            // A rollback that fails (disk full, read-only) leaves the connection in an unknown state.
            healthy = false;
        }

        owner.ReturnWriter(healthy);
        return ValueTask.CompletedTask;
    }
}
