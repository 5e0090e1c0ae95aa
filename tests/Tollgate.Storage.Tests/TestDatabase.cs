using Tollgate.Storage;
using Tollgate.Storage.PostgreSql;
using Tollgate.Storage.Sqlite;
using Tollgate.Testing;

namespace Tollgate.Storage.Tests;

/// <summary>A fresh, empty database that several <see cref="Database"/> objects may open, and that goes with the test.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly List<Database> _opened = [];
    private readonly string? _connectionString;

    private TestDatabase(DatabaseKind kind, string? connectionString)
    {
        Kind = kind;
        _connectionString = connectionString;
    }

    public DatabaseKind Kind { get; }

    public static async Task<TestDatabase> CreateAsync(DatabaseKind kind, CancellationToken cancellationToken)
    {
        var connectionString = kind == DatabaseKind.PostgreSql
            ? await (await PostgreSqlServer.SharedAsync()).CreateDatabaseAsync(cancellationToken)
            : null;
        return new(kind, connectionString);
    }

    /// <summary>On SQLite at most one may be open at a time.</summary>
    public Database Open()
    {
        Database database = _connectionString is null
            ? SqliteDatabase.Open(_directory["test.db"])
            : PostgreSqlDatabase.Open(_connectionString);
        _opened.Add(database);
        return database;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _opened)
            await database.DisposeAsync();
        _directory.Dispose();
    }
}

/// <summary>SQL in one line, inside the session's transaction.</summary>
internal static class SessionCommands
{
    public static async Task<object?> RunAsync(this Session session, string sql, CancellationToken cancellationToken)
    {
        await using var command = session.Connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = session.Transaction;
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    public static Task WriteAsync(this Database database, string sql, CancellationToken cancellationToken) =>
        database.WriteAsync(
            [],
            async (session, token) =>
            {
                await session.RunAsync(sql, token);
                return true;
            },
            cancellationToken);

    public static Task<long> CountAsync(this Database database, string table, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (session, token) => Convert.ToInt64(await session.RunAsync($"SELECT COUNT(*) FROM {table}", token)),
            cancellationToken);
}
