using Dapper;
using Tollgate.Server.Tests.Faults;
using Tollgate.Storage;
using Tollgate.Storage.PostgreSql;
using Tollgate.Storage.Sqlite;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Options;

/// <summary>The command that proves the credit books: right books, a ledger that somebody edited, and a schema that is not there.</summary>
public sealed class VerifyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Books_are_proved_from_the_ledger_and_an_edited_row_is_named(DatabaseKind kind)
    {
        await using var server = await ServerProcess.StartAsync(kind, Cancellation);
        await server.Client.DoAsync("/api/v1/credits/custom-currencies", new { id = "ai", displayName = "AI" });
        await server.Client.DoAsync("/api/v1/customers", new { id = "c" });
        await server.Client.DoAsync(
            "/api/v1/credits/grants",
            new { customerId = "c", currencyId = "ai", amount = 10, displayName = "Given", grantType = "PROMOTIONAL" });
        await server.Client.DoAsync(
            "/api/v1/credits/consumption", new { customerId = "c", currencyId = "ai", amount = 2.5, idempotencyKey = "k" });
        Assert.Equal(0, await server.StopAsync(cancellationToken: Cancellation));

        var right = await VerifyAsync(server);
        Assert.Equal(0, right.ExitCode);
        Assert.Contains("development: 1 pools, 1 grants, 2 ledger entries, 0 faults", right.Output, StringComparison.Ordinal);

        // Granted 11 and consumed 3.5: 7.5 are left as the grant says, which has consumed 2.5. And the first entry told a balance of 10.
        await ExecuteAsync(server, "UPDATE credit_entries SET amount = amount + 1");
        var wrong = await VerifyAsync(server);
        Assert.True(wrong.ExitCode == 1, wrong.Output);
        Assert.Contains("development: 1 pools, 1 grants, 2 ledger entries, 2 faults", wrong.Output, StringComparison.Ordinal);
        Assert.Contains("'c'", wrong.Output, StringComparison.Ordinal);

        await ExecuteAsync(server, "DELETE FROM schema_migrations WHERE number = 1");
        var older = await VerifyAsync(server);
        Assert.Equal(2, older.ExitCode);
        Assert.Contains("1 steps behind", older.Output, StringComparison.Ordinal);
    }

    private static Task<(int ExitCode, string Output)> VerifyAsync(ServerProcess server) => ServerProcess.RunToEndAsync(
        server.ConnectionString is { } connection
            ? ["--verify", "--database", connection]
            : ["--verify", "--data", server.DataDirectory],
        Cancellation);

    private static async Task ExecuteAsync(ServerProcess server, string sql)
    {
        await using Database database = server.ConnectionString is { } connection
            ? PostgreSqlDatabase.Open(connection)
            : SqliteDatabase.Open(Path.Combine(server.DataDirectory, "tollgate.db"));
        await database.WriteAsync(
            [],
            async (session, _) => await session.Connection.ExecuteAsync(sql, transaction: session.Transaction) > 0,
            Cancellation);
    }
}
