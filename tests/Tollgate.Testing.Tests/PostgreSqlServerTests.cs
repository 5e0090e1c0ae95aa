using Npgsql;
using Tollgate.Testing;

namespace Tollgate.Testing.Tests;

public sealed class PostgreSqlServerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Databases_of_one_cluster_are_separate_and_flush_to_disk()
    {
        var server = await PostgreSqlServer.SharedAsync();
        var first = await server.CreateDatabaseAsync(Cancellation);
        var second = await server.CreateDatabaseAsync(Cancellation);

        await ExecuteAsync(first, "create table only_here (id int)");

        Assert.Equal("on", await ExecuteAsync(first, "show fsync"));
        Assert.Equal("127.0.0.1", await ExecuteAsync(first, "show listen_addresses"));
        Assert.Equal(true, await ExecuteAsync(first, "select to_regclass('only_here') is not null"));
        Assert.Equal(false, await ExecuteAsync(second, "select to_regclass('only_here') is not null"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Committed_rows_survive_a_stop_and_a_crash(bool crash)
    {
        await using var server = await PostgreSqlServer.StartOwnAsync(Cancellation);
        var database = await server.CreateDatabaseAsync(Cancellation);
        await ExecuteAsync(database, "create table kept (id int); insert into kept values (7)");

        await (crash ? server.CrashAsync(Cancellation) : server.StopAsync(Cancellation));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ExecuteAsync(database, "select 1"));
        await server.StartAsync(Cancellation);

        Assert.Equal(7, await ExecuteAsync(database, "select id from kept"));
    }

    private static async Task<object?> ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync(Cancellation);
    }
}
