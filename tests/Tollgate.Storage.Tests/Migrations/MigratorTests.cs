using Tollgate.Storage.Migrations;

namespace Tollgate.Storage.Tests.Migrations;

public sealed class MigratorTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Fresh_database_gets_every_step_once(DatabaseKind kind)
    {
        await using var fresh = await TestDatabase.CreateAsync(kind, Cancellation);
        var database = fresh.Open();
        var steps = await Migrator.MigrateAsync(database, Cancellation);
        Assert.True(steps >= 1);
        Assert.Equal(steps, await database.CountAsync("schema_migrations", Cancellation));

        Assert.Equal(0, await Migrator.MigrateAsync(database, Cancellation));
        Assert.Equal(steps, await database.CountAsync("schema_migrations", Cancellation));
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Rows_of_an_earlier_schema_get_the_defaults_of_later_columns(DatabaseKind kind)
    {
        await using var fresh = await TestDatabase.CreateAsync(kind, Cancellation);
        var database = fresh.Open();
        Assert.Equal(1, await Migrator.MigrateAsync(database, lastNumber: 1, Cancellation));
        await database.WriteAsync(
            """
            INSERT INTO tasks (uid, environment_id, kind, status, available_at, created_at, version, body)
            VALUES ('00000000-0000-0000-0000-000000000001', 1, 'SubscriptionMigration', 'Pending', 0, 0, 3, '{}')
            """,
            Cancellation);

        Assert.True(await Migrator.MigrateAsync(database, Cancellation) >= 1);

        Assert.Equal(1, await database.CountAsync(
            "tasks WHERE total = 0 AND done = 0 AND failed = 0 AND item_position = 0 AND attempts = 0 AND started_at IS NULL "
            + "AND finished_at IS NULL AND error IS NULL AND version = 3",
            Cancellation));
        Assert.Equal(0, await database.CountAsync("promotional_entitlements", Cancellation));
        Assert.Equal(0, await database.CountAsync("custom_currencies", Cancellation));
        Assert.Equal(0, await database.CountAsync("credit_grants", Cancellation));
        Assert.Equal(0, await database.CountAsync("credit_entries", Cancellation));
    }

    [Fact]
    public async Task Nodes_that_start_together_migrate_once()
    {
        await using var fresh = await TestDatabase.CreateAsync(DatabaseKind.PostgreSql, Cancellation);
        var nodes = Enumerable.Range(0, 4).Select(_ => fresh.Open()).ToList();
        // One node lays down the history table first: CREATE TABLE IF NOT EXISTS waits for the lock like every step.
        var steps = await Task.WhenAll(nodes.Select(node => Migrator.MigrateAsync(node, Cancellation)));
        Assert.Equal(await nodes[0].CountAsync("schema_migrations", Cancellation), steps.Sum());
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Step_that_was_applied_with_another_text_is_refused(DatabaseKind kind)
    {
        await using var fresh = await TestDatabase.CreateAsync(kind, Cancellation);
        var database = fresh.Open();
        await Migrator.MigrateAsync(database, Cancellation);
        await database.WriteAsync("UPDATE schema_migrations SET checksum = 'edited' WHERE number = 1", Cancellation);
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => Migrator.MigrateAsync(database, Cancellation));
        Assert.Contains("Migration 1 (initial)", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite, "ALTER TABLE api_keys RENAME TO api_keys_elsewhere", "api_keys")]
    [InlineData(DatabaseKind.PostgreSql, "ALTER TABLE api_keys RENAME TO api_keys_elsewhere", "api_keys")]
    [InlineData(DatabaseKind.Sqlite, "ALTER TABLE api_keys RENAME COLUMN name TO title", "api_keys")]
    [InlineData(DatabaseKind.PostgreSql, "ALTER TABLE api_keys RENAME COLUMN name TO title", "api_keys")]
    public async Task Missing_table_or_column_is_found_and_named(DatabaseKind kind, string damage, string table)
    {
        await using var fresh = await TestDatabase.CreateAsync(kind, Cancellation);
        var database = fresh.Open();
        await Migrator.MigrateAsync(database, Cancellation);
        await database.WriteAsync(damage, Cancellation);
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => Migrator.MigrateAsync(database, Cancellation));
        Assert.Contains($"table {table}", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Step_that_fails_halfway_leaves_nothing_and_can_be_repeated(DatabaseKind kind)
    {
        await using var fresh = await TestDatabase.CreateAsync(kind, Cancellation);
        var database = fresh.Open();
        // In the way of the first step, after it has created other tables.
        await database.WriteAsync("CREATE TABLE api_keys (somebody_else INTEGER)", Cancellation);
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => Migrator.MigrateAsync(database, Cancellation));
        Assert.Equal(0, await database.CountAsync("schema_migrations", Cancellation));

        await database.WriteAsync("DROP TABLE api_keys", Cancellation);
        Assert.True(await Migrator.MigrateAsync(database, Cancellation) >= 1);
    }
}
