using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Tollgate.Storage.Sqlite;

internal sealed class SqliteReadSession(SqliteDatabase owner, SqliteConnection connection)
    : Session(DatabaseKind.Sqlite, connection)
{
    public override DbTransaction? Transaction => null;

    public override bool CanWrite => false;

    protected override Task EndAsync(CancellationToken cancellationToken) =>
        throw new InvalidOperationException("A reading session has nothing to commit.");

    public override Task NotifyAsync(string payload, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("A reading session tells nobody anything.");

    public override ValueTask DisposeAsync()
    {
        owner.ReturnReader((SqliteConnection)Connection);
        return ValueTask.CompletedTask;
    }
}

/// <summary>
/// The writer's turn. The transaction is begun and ended with statements, not with the driver's transaction object:
/// when SQLite itself rolls back (disk full), that object rolls back a second time, fails, and cannot be got rid of.
/// </summary>
internal sealed class SqliteWriteSession : Session
{
    private readonly SqliteDatabase _owner;
    private readonly SqliteConnection _connection;
    private bool _ended;

    private SqliteWriteSession(SqliteDatabase owner, SqliteConnection connection)
        : base(DatabaseKind.Sqlite, connection)
    {
        _owner = owner;
        _connection = connection;
    }

    public override DbTransaction? Transaction => null;

    public override bool CanWrite => true;

    /// <summary>Begins a transaction that has the right to write from the start.</summary>
    public static SqliteWriteSession Begin(SqliteDatabase owner, SqliteConnection connection)
    {
        var session = new SqliteWriteSession(owner, connection);
        session.Execute("BEGIN IMMEDIATE");
        return session;
    }

    protected override Task EndAsync(CancellationToken cancellationToken)
    {
        Execute("COMMIT");
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
            if (IsInTransaction)
                Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // A rollback that fails leaves the connection in an unknown state.
            healthy = false;
        }

        _owner.ReturnWriter(healthy);
        return ValueTask.CompletedTask;
    }

    private bool IsInTransaction => SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle) == 0;

    private void Execute(string statement)
    {
        using var command = Connection.CreateCommand();
        command.CommandText = statement;
        command.ExecuteNonQuery();
    }
}
