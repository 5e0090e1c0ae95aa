using Dapper;

namespace Tollgate.Storage.Migrations;

/// <summary>
/// Brings a database to the schema of this build: each missing step in its own transaction, in order, under one lock so
/// that nodes starting together migrate once; afterwards every table and column is checked to exist.
/// </summary>
public static class Migrator
{
    private static readonly LockKey Lock = LockKey.Of(0, "migrations", "");

    /// <summary>How many steps were applied; 0 when the schema was current.</summary>
    /// <exception cref="InvalidOperationException">
    /// An applied step was edited, or the schema misses something.
    /// </exception>
    public static Task<int> MigrateAsync(Database database, CancellationToken cancellationToken) =>
        MigrateAsync(database, lastNumber: int.MaxValue, cancellationToken);

    /// <summary>The same up to one step: the schema of an earlier build.</summary>
    internal static async Task<int> MigrateAsync(
        Database database, int lastNumber, CancellationToken cancellationToken)
    {
        await database.WriteAsync([Lock], CreateHistoryAsync, cancellationToken);
        var applied = 0;
        var steps = Migration.All.Where(migration => migration.Number <= lastNumber).ToList();
        foreach (var migration in steps)
        {
            await database.WriteAsync(
                [Lock],
                async (session, _) =>
                {
                    if (!await ApplyAsync(session, migration))
                        return false;
                    applied++;
                    return true;
                },
                cancellationToken);
        }

        await database.ReadAsync((session, _) => VerifyAsync(session, steps), cancellationToken);
        return applied;
    }

    /// <summary>How many steps of this build the database has not had, without making them.</summary>
    public static Task<int> CountMissingAsync(Database database, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (session, _) =>
            {
                var hasHistory = await session.Connection.ExecuteScalarAsync<string?>(
                    session.Kind == DatabaseKind.Sqlite
                        ? "SELECT name FROM sqlite_master WHERE name = 'schema_migrations'"
                        : "SELECT CAST(to_regclass('schema_migrations') AS TEXT)") is not null;
                var applied = hasHistory
                    ? await session.Connection.QueryAsync<int>("SELECT number FROM schema_migrations")
                    : [];
                return Migration.All.Select(step => step.Number).Except(applied).Count();
            },
            cancellationToken);

    private static async Task<bool> CreateHistoryAsync(Session session, CancellationToken cancellationToken)
    {
        const string sql = """
            CREATE TABLE IF NOT EXISTS schema_migrations (
              number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL)
            """;
        await session.Connection.ExecuteAsync(sql, transaction: session.Transaction);
        return true;
    }

    private static async Task<bool> ApplyAsync(Session session, Migration migration)
    {
        var checksum = await session.Connection.ExecuteScalarAsync<string?>(
            "SELECT checksum FROM schema_migrations WHERE number = @Number", new { migration.Number },
            session.Transaction);
        if (checksum is not null)
        {
            return checksum == migration.Checksum
                ? false
                : throw new InvalidOperationException(
                    $"Migration {migration.Number} ({migration.Name}) was applied with another text. "
                    + "Applied steps are never edited; add a new one.");
        }

        await session.Connection.ExecuteAsync(migration.SqlFor(session.Kind), transaction: session.Transaction);
        await session.Connection.ExecuteAsync(
            "INSERT INTO schema_migrations (number, name, checksum) VALUES (@Number, @Name, @Checksum)",
            new { migration.Number, migration.Name, migration.Checksum },
            session.Transaction);
        return true;
    }

    private static async Task<bool> VerifyAsync(Session session, IEnumerable<Migration> steps)
    {
        foreach (var (table, columns) in steps.SelectMany(migration => migration.Tables()))
        {
            try
            {
                await session.Connection.ExecuteAsync($"SELECT {string.Join(", ", columns)} FROM {table} WHERE 1 = 0");
            }
            catch (System.Data.Common.DbException exception)
            {
                throw new InvalidOperationException(
                    $"The schema is not what this build expects of table {table}: {exception.Message}", exception);
            }
        }

        return true;
    }
}
