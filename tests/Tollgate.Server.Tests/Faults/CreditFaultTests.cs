using System.Collections.Concurrent;
using System.Text.Json;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Faults;

/// <summary>Credits over a kill, and over two processes on one database: nothing is lost, nothing burns twice, the books are right.</summary>
public sealed class CreditFaultTests
{
    private const int Clients = 16;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Killed_while_consuming_every_key_burns_once_after_the_retries(DatabaseKind kind)
    {
        await using var server = await ServerProcess.StartAsync(kind, Cancellation);
        await SetUpAsync(server.Client, 300);
        var accepted = new ConcurrentBag<string>();
        var killed = false;
        var clients = Enumerable.Range(0, Clients)
            .Select(i => ConsumeUntilAsync(server.Client, $"k{i}", () => Volatile.Read(ref killed), accepted.Add))
            .ToArray();
        await Eventually.TrueAsync(() => accepted.Count > 500, cancellationToken: Cancellation);
        server.Kill();
        Volatile.Write(ref killed, true);
        var open = (await Task.WhenAll(clients)).SelectMany(keys => keys).ToList();
        Assert.NotEmpty(open);

        await server.StartAgainAsync(Cancellation);
        Assert.InRange(300 - await BalanceAsync(server), accepted.Count, accepted.Count + open.Count);
        foreach (var key in open.Concat(accepted.Take(100)))
            Assert.Equal(200, (await ConsumeAsync(server.Client, key)).Status);

        Assert.Equal(300 - accepted.Count - open.Count, await BalanceAsync(server));
        await server.Client.AssertBooksAsync();
    }

    [Fact]
    public async Task Two_processes_share_one_wallet_and_each_sees_the_other_within_a_second()
    {
        await using var a = await ServerProcess.StartAsync(DatabaseKind.PostgreSql, Cancellation);
        await using var b = await ServerProcess.StartAsync(
            new ServerOptions { Database = DatabaseKind.PostgreSql, ConnectionString = a.ConnectionString }, Cancellation);
        await SetUpAsync(a.Client, 500);
        Assert.Equal(500, await BalanceAsync(b));

        // 64 clients, half on each node, 10 credits each: every key goes to both nodes at once and burns once. 500 - 640.
        await Task.WhenAll(Enumerable.Range(0, 64).Select(async client =>
        {
            for (var i = 0; i < 10; i++)
            {
                var key = $"k{client}-{i}";
                var answers = await Task.WhenAll(ConsumeAsync(a.Client, key), ConsumeAsync(b.Client, key));
                Assert.All(answers, answer => Assert.Equal(200, answer.Status));
                Assert.Equal(answers[0].Data.GetRawText(), answers[1].Data.GetRawText());
            }
        }));

        Assert.Equal(-140, await BalanceAsync(a));
        await Eventually.TrueAsync(
            async () => await BalanceAsync(b) == -140, TimeSpan.FromSeconds(1), cancellationToken: Cancellation);
        await GrantAsync(b.Client, 200);
        Assert.Equal(60, await BalanceAsync(b));
        await Eventually.TrueAsync(
            async () => await BalanceAsync(a) == 60, TimeSpan.FromSeconds(1), cancellationToken: Cancellation);
        var grants = await a.Client.ReadAsync("/api/v1/credits/grants?customerId=c", Cancellation);
        // What was overdrawn is the one overdraft, settled by now.
        Assert.Equal(
            ["PROMOTIONAL", "OVERDRAFT", "PROMOTIONAL"],
            grants.Json.GetProperty("data").EnumerateArray().Select(grant => grant.GetProperty("grantType").GetString()));
        await b.Client.AssertBooksAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Killed_while_events_burn_each_event_burns_once_after_the_retries(DatabaseKind kind)
    {
        await using var server = await ServerProcess.StartAsync(kind, Cancellation);
        await server.Client.SellCallsForCreditsAsync("c");
        var accepted = new ConcurrentBag<string[]>();
        var killed = false;
        var clients = Enumerable.Range(0, 8)
            .Select(i => server.Client.SendUntilAsync("c", $"k{i}", () => Volatile.Read(ref killed), accepted.Add))
            .ToArray();
        await Eventually.TrueAsync(() => accepted.Count > 100, cancellationToken: Cancellation);
        server.Kill();
        Volatile.Write(ref killed, true);
        var open = (await Task.WhenAll(clients)).SelectMany(batches => batches).ToList();
        Assert.NotEmpty(open);

        await server.StartAgainAsync(Cancellation);
        // A batch of 20 events with one token each costs 20 x (0.5 + 2) = 50; whole batches are in or not.
        var burnt = 25 - await server.Client.BalanceAsync("c");
        Assert.Equal(0, burnt % 50);
        Assert.InRange(burnt, accepted.Count * 50m, (accepted.Count + open.Count) * 50m);
        await server.Client.ResendAsync("c", open.Concat(accepted.Take(30)));

        Assert.Equal(25 - ((accepted.Count + open.Count) * 50m), await server.Client.BalanceAsync("c"));
        Assert.Equal((accepted.Count + open.Count) * 20, await server.Client.UsageAsync("c"));
        await server.Client.AssertLedgerAsync("c", (accepted.Count + open.Count) * 20);
        await server.Client.AssertBooksAsync();
    }

    [Fact]
    public async Task Two_nodes_that_get_the_same_events_and_their_own_burn_each_once_from_one_wallet()
    {
        await using var a = await ServerProcess.StartAsync(DatabaseKind.PostgreSql, Cancellation);
        await using var b = await ServerProcess.StartAsync(
            new ServerOptions { Database = DatabaseKind.PostgreSql, ConnectionString = a.ConnectionString }, Cancellation);
        await a.Client.SellCallsForCreditsAsync("c");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async sender =>
        {
            for (var i = 0; i < 5; i++)
            {
                var keys = Enumerable.Range(0, 20).Select(n => $"k{sender}-{i}-{n}").ToArray();
                var answers = await Task.WhenAll(
                    a.Client.SendAsync("c", keys), b.Client.SendAsync("c", keys),
                    a.Client.SendAsync("c", [.. keys.Select(key => $"a{key}")]),
                    b.Client.SendAsync("c", [.. keys.Select(key => $"b{key}")]));
                Assert.All(answers, answer => Assert.Equal(200, answer.Status));
            }
        }));

        // 8 senders, 5 times 3 different batches of 50 credits.
        await Eventually.TrueAsync(async () => await a.Client.BalanceAsync("c") == 25 - 6_000, cancellationToken: Cancellation);
        await Eventually.TrueAsync(async () => await b.Client.BalanceAsync("c") == 25 - 6_000, cancellationToken: Cancellation);
        await b.Client.AssertLedgerAsync("c", 8 * 5 * 3 * 20);
        await a.Client.AssertBooksAsync();
    }

    [Fact]
    public async Task Of_a_hundred_clients_on_two_nodes_exactly_one_holds_the_last_credit()
    {
        await using var a = await ServerProcess.StartAsync(DatabaseKind.PostgreSql, Cancellation);
        await using var b = await ServerProcess.StartAsync(
            new ServerOptions { Database = DatabaseKind.PostgreSql, ConnectionString = a.ConnectionString }, Cancellation);
        await SetUpAsync(a.Client, 1);
        Assert.Equal(1, await BalanceAsync(b));

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => (i % 2 == 0 ? a : b).Client.CallAsync(
            HttpMethod.Post, "/tollgate/v1/usage/reservations", new { customerId = "c", currencyId = "ai", amount = 1 }, Cancellation)));

        Assert.All(answers, answer => Assert.Equal(201, answer.Status));
        var winner = Assert.Single(answers, answer => answer.Data.GetProperty("isGranted").GetBoolean());
        var check = "/api/v1/customers/c/entitlements/check?currencyId=ai&requestedUsage=1";
        foreach (var node in new[] { a, b })
        {
            await Eventually.TrueAsync(
                async () => !(await node.Client.ReadAsync(check, Cancellation)).Data.GetProperty("isGranted").GetBoolean(),
                TimeSpan.FromSeconds(1), cancellationToken: Cancellation);
        }

        // Settled on both nodes at once it burns once.
        var id = winner.Data.GetProperty("reservation").GetProperty("id").GetString();
        await Task.WhenAll(new[] { a, b }.Select(node => node.Client.CallAsync(
            HttpMethod.Post, $"/tollgate/v1/usage/reservations/{id}/settle", new { }, Cancellation)));
        Assert.Equal(0, await BalanceAsync(a));
        await b.Client.AssertBooksAsync();
    }

    private static async Task SetUpAsync(HttpClient client, decimal amount)
    {
        await client.DoAsync("/api/v1/credits/custom-currencies", new { id = "ai", displayName = "AI" });
        await client.DoAsync("/api/v1/customers", new { id = "c" });
        await GrantAsync(client, amount);
    }

    private static Task<JsonElement> GrantAsync(HttpClient client, decimal amount) => client.DoAsync(
        "/api/v1/credits/grants",
        new { customerId = "c", currencyId = "ai", amount, displayName = "Given", grantType = "PROMOTIONAL" });

    private static Task<Answer> ConsumeAsync(HttpClient client, string key) => client.CallAsync(
        HttpMethod.Post,
        "/api/v1/credits/consumption",
        new { customerId = "c", currencyId = "ai", amount = 1, idempotencyKey = key },
        Cancellation);

    private static Task<decimal> BalanceAsync(ServerProcess server) => server.Client.BalanceAsync("c");

    /// <summary>The consumptions that were not answered with success until <paramref name="isOver"/>, by key.</summary>
    private static async Task<List<string>> ConsumeUntilAsync(
        HttpClient client, string prefix, Func<bool> isOver, Action<string> accepted)
    {
        var open = new List<string>();
        for (var i = 0; !isOver(); i++)
        {
            var key = $"{prefix}-{i}";
            try
            {
                var answer = await ConsumeAsync(client, key);
                if (answer.Status == 200)
                {
                    accepted(key);
                    continue;
                }

                Assert.Equal(503, answer.Status);
                open.Add(key);
            }
            catch (HttpRequestException)
            {
                open.Add(key);
            }
        }

        return open;
    }
}
