using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Dapper;
using Tollgate.Storage;
using Tollgate.Storage.Migrations;
using Tollgate.Storage.PostgreSql;
using Tollgate.Storage.Sqlite;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Rows;

/// <summary>
/// Takes the later steps of the schema back, and what later builds write into rows with them: what is left is what an older
/// build would have left.
/// </summary>
internal static partial class OlderSchema
{
    /// <summary>Fields of bodies with the step they came with.</summary>
    private static readonly (int Number, string Table, string[] Fields)[] Fields =
    [
        (25, "customers", ["Experiment", "IsExcludedFromExperiments"]),
        (25, "subscriptions", ["Experiment"]),
        (13, "subscriptions", ["CreditQuantities", "CreditOverrides", "CreditCycles", "CreditAnchor"]),
        (13, "packages", ["CreditEntitlements"]),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What the older build left is brought up to date, as the server's start does.</summary>
    /// <param name="host">Holds what the older build is to leave.</param>
    /// <param name="number">The last step that the older build knows.</param>
    /// <param name="fill">Writes more rows into the older schema.</param>
    public static async Task UpgradeAsync(ModuleHost host, int number, Func<Session, Task>? fill = null)
    {
        var current = await DescribeAsync(host.Database);
        await ReturnToAsync(host.Database, number);
        Assert.NotEqual(current, await DescribeAsync(host.Database));
        Assert.Equal(await FreshAsync(host.Database.Kind, number), await DescribeAsync(host.Database));
        if (fill is not null)
        {
            await host.Database.WriteAsync(
                [],
                async (session, _) =>
                {
                    await fill(session);
                    return true;
                },
                Cancellation);
        }

        Assert.Equal(Migration.All.Count(m => m.Number > number), await Migrator.MigrateAsync(host.Database, Cancellation));

        Assert.Equal(current, await DescribeAsync(host.Database));
        await host.RestartAsync();
        await host.SeedAsync();
    }

    /// <summary>The schema of the older build's own making.</summary>
    private static async Task<IReadOnlyList<string>> FreshAsync(DatabaseKind kind, int number)
    {
        using var directory = new TempDirectory();
        await using Database database = kind == DatabaseKind.Sqlite
            ? SqliteDatabase.Open(directory["older.db"])
            : PostgreSqlDatabase.Open(await (await PostgreSqlServer.SharedAsync()).CreateDatabaseAsync());
        await Migrator.MigrateAsync(database, number, Cancellation);
        return await DescribeAsync(database);
    }

    /// <summary>The schema as of this step, with the rows that are there.</summary>
    private static Task ReturnToAsync(Database database, int number) => database.WriteAsync(
        [],
        async (session, _) =>
        {
            foreach (var migration in Migration.All.Where(m => m.Number > number).OrderByDescending(m => m.Number))
                await TakeBackAsync(session, migration);
            foreach (var (_, table, fields) in Fields.Where(f => f.Number > number))
                await ForgetAsync(session, table, fields);
            return true;
        },
        Cancellation);

    /// <summary>Every column and every index by name, partitions aside.</summary>
    private static Task<IReadOnlyList<string>> DescribeAsync(Database database) => database.ReadAsync<IReadOnlyList<string>>(
        async (session, _) => (await session.Connection.QueryAsync<string>(session.Kind == DatabaseKind.Sqlite
            ? """
              SELECT m.name || '.' || c.name || ' ' || c.type FROM sqlite_master m, pragma_table_info(m.name) c
              WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'
              UNION ALL SELECT 'index ' || name FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite_%'
              ORDER BY 1
              """
            : """
              SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) COLLATE "C"
              FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
              WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                AND a.attnum > 0 AND NOT a.attisdropped
              UNION ALL SELECT 'index ' || relname FROM pg_class
              WHERE relnamespace = 'public'::regnamespace AND relkind IN ('i', 'I') AND NOT relispartition
              ORDER BY 1
              """)).ToList(),
        Cancellation);

    private static async Task TakeBackAsync(Session session, Migration migration)
    {
        foreach (var (table, _) in migration.Tables())
            await RunAsync(session, $"DROP TABLE {table}");
        foreach (Match index in CreateIndex().Matches(migration.Text))
            await RunAsync(session, $"DROP INDEX IF EXISTS {index.Groups["name"].Value}");
        foreach (Match column in AddColumn().Matches(migration.Text))
            await RunAsync(session, $"ALTER TABLE {column.Groups["table"].Value} DROP COLUMN {column.Groups["name"].Value}");
        foreach (Match dropped in DropIndex().Matches(migration.Text))
        {
            var name = dropped.Groups["name"].Value;
            await RunAsync(session, Migration.All.SelectMany(m => CreateIndex().Matches(m.Text))
                .Single(created => created.Groups["name"].Value == name).Value);
        }

        await RunAsync(session, $"DELETE FROM schema_migrations WHERE number = {migration.Number}");
    }

    private static async Task ForgetAsync(Session session, string table, string[] fields)
    {
        var rows = (await session.Connection.QueryAsync<(long Seq, string Body)>(
            $"SELECT seq, body FROM {table}", transaction: session.Transaction)).ToList();
        foreach (var (seq, text) in rows)
        {
            var body = JsonNode.Parse(text)!.AsObject();
            foreach (var field in fields)
                body.Remove(field);
            await session.Connection.ExecuteAsync(
                $"UPDATE {table} SET body = @body WHERE seq = @seq", new { body = body.ToJsonString(), seq }, session.Transaction);
        }
    }

    private static Task<int> RunAsync(Session session, string sql) =>
        session.Connection.ExecuteAsync(sql, transaction: session.Transaction);

    [GeneratedRegex(@"CREATE (UNIQUE )?INDEX (?<name>\w+)\s[^;]*", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CreateIndex();

    [GeneratedRegex(@"^DROP INDEX (?<name>\w+)", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DropIndex();

    [GeneratedRegex(@"ALTER TABLE (?<table>\w+) ADD COLUMN (?<name>\w+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AddColumn();
}
