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
