using System.Text;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Tests.Usage.Events;
using Tollgate.Modules.Usage.Events.Backfills;
using Tollgate.Modules.Usage.Events.Files;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Credits;

/// <summary>
/// Events that begin to count after they came, and files of events: they burn when they begin, and what they burnt comes back when
/// they cease to. Half a credit a token; 100 credits are there. The clock starts on 2025-01-15 at 12:00.
/// </summary>
public sealed class BackfillBurnTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_session_burns_when_it_is_closed_and_gives_back_when_it_is_reverted(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, AggregationFunction.Sum);
        await host.SendAsync(Call("live", 4m));
        var id = await host.BackfillAsync(Call("a", 10m), Call("b", 20m), Call("c", -5m), Call("live", 4m));
        // Only what is live: 100 - 2. A preview changes nothing.
        Assert.Equal([("ai", 15m)], await PreviewAsync(host, id));
        Assert.Equal(98m, await host.BalanceAsync());
        Accepted(await host.CorrectAsync("live", ("tokens", 8m)));

        // 100 - 8/2 - 10/2 - 20/2; what is negative costs nothing.
        await host.CloseAsync(id);
        Assert.Equal(81m, await host.BalanceAsync());
        // Known by now.
        await host.SendAsync(Call("a", 10m));
        Assert.Equal(81m, await host.BalanceAsync());
        // One event of it is taken out, and then the rest: 10 + 5 came back.
        Accepted(await host.VoidAsync("b"));
        Assert.Equal(91m, await host.BalanceAsync());
        await host.RestartAsync();
        Accepted(await host.Get<BackfillSessions>().RevertAsync(host.Scope(), id, "wrong file", Cancellation));
        Assert.Equal(96m, await host.BalanceAsync());
        var back = (await host.GrantsAsync())[0];
        Assert.Equal(
            ("Corrected usage", CreditGrantType.Promotional, 5m, "Backfill reverted: January"),
            (back.DisplayName, back.Type, back.Amount, back.Comment));
        await host.AuditAsync();

        // Sent again it burns again; what is discarded never does.
        await host.SendAsync(Call("a", 12m));
        Assert.Equal(90m, await host.BalanceAsync());
        var other = await host.BackfillAsync(Call("z", 50m));
        Accepted(await host.Get<BackfillSessions>().DiscardAsync(host.Scope(), other, "no use", Cancellation));
        await host.RunTasksAsync();
        Assert.Equal(90m, await host.BalanceAsync());
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Where_the_window_decides_a_session_burns_what_it_adds_and_gives_back_what_is_lost(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, AggregationFunction.Max);
        await host.SendAsync(Call("live", 50m, "2025-01-15T10:00:00Z"));
        // January rises from 50 to 100, December from 0 to 30: 100 - 25 - 25 - 15.
        var id = await host.BackfillAsync(
            Call("a", 80m, "2025-01-15T08:00:00Z"), Call("b", 100m, "2025-01-15T09:00:00Z"), Call("c", 30m, "2024-12-24T00:00:00Z"));
        Assert.Equal([("ai", 40m)], await PreviewAsync(host, id));
        await host.CloseAsync(id);
        Assert.Equal(35m, await host.BalanceAsync());
        // A live one pays only for what it adds to that: 10.
        await host.SendAsync(Call("more", 110m, "2025-01-15T11:00:00Z"));
        Assert.Equal(30m, await host.BalanceAsync());

        // Without the session January is still 110; December falls by 30.
        Accepted(await host.Get<BackfillSessions>().RevertAsync(host.Scope(), id, "r", Cancellation));
        Assert.Equal(45m, await host.BalanceAsync());
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_large_session_burns_and_gives_back_portion_by_portion(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, AggregationFunction.Count);
        var sessions = host.Get<BackfillSessions>();
        // One more than burns at once, 1 token = half a credit each, several an instant.
        var count = BackfillCredits.AtOnce + 1;
        var id = await host.BackfillAsync();
        var first = At("2024-12-01T00:00:00Z");
        foreach (var part in Enumerable.Range(0, count).Chunk(1_000))
        {
            Accepted(await host.Get<BackfillEvents>().ExecuteAsync(
                host.Scope(), id,
                [.. part.Select(i => Call($"k{i}", 1m) with { Timestamp = first + Duration.FromMilliseconds(i / 3) })], Cancellation));
        }

        await host.CloseAsync(id);
        Assert.Equal(100m, await host.BalanceAsync());
        await host.RunTasksAsync();
        Assert.Equal(100m - (count * 0.5m), await host.BalanceAsync());
        Assert.Equal(count, await host.CountAsync("credit_consumptions"));
        // As a run that was cut off at its end does.
        await SettleAsync(host);
        Assert.Equal(100m - (count * 0.5m), await host.BalanceAsync());

        Accepted(await sessions.RevertAsync(host.Scope(), id, "r", Cancellation));
        await host.RunTasksAsync();
        Assert.Equal(100m, await host.BalanceAsync());
        await SettleAsync(host);
        Assert.Equal(100m, await host.BalanceAsync());
        // One grant a portion, not one an event: 5,001 are six.
        Assert.InRange((await host.GrantsAsync()).Count, 3, 9);
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_large_session_is_not_closed_where_the_window_decides(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, AggregationFunction.Unique);
        var id = await host.BackfillAsync();
        foreach (var part in Enumerable.Range(0, BackfillCredits.AtOnce + 1).Chunk(1_000))
        {
            Accepted(await host.Get<BackfillEvents>().ExecuteAsync(
                host.Scope(), id, [.. part.Select(i => Call($"k{i}", 1m))], Cancellation));
        }

        var refused = await host.Get<BackfillSessions>().CloseAsync(host.Scope(), id, "r", Cancellation);
        Assert.Equal(ErrorCode.InvalidArgumentError, refused.Refusal!.Code);
        Assert.Contains("'January'", refused.Refusal.Message, StringComparison.Ordinal);
        Assert.Contains("at most 5000 events", refused.Refusal.Message, StringComparison.Ordinal);
        Assert.Equal((100m, 0m), (await host.BalanceAsync(), await host.UsageAsync("c", "tokens")));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_held_event_burns_when_it_is_released_or_amended_and_never_when_it_is_discarded(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, AggregationFunction.Max);
        await host.StrictAsync();
        await host.SendAsync(
            Call("now", 10m, "2025-01-15T11:00:00Z"), Call("a", 30m, "2025-01-02T00:00:00Z"), Call("b", 40m, "2025-01-01T00:00:00Z"),
            Call("c", 60m, "2025-01-03T00:00:00Z"));
        Assert.Equal(95m, await host.BalanceAsync());
        // Both at once: the window rises from 10 to 40.
        Assert.Equal(2, await host.DecideAsync("a", "b"));
        Assert.Equal(80m, await host.BalanceAsync());
        // It begins to count with the correction: from 40 to 50.
        Accepted(await host.AmendHeldAsync("c", 50m));
        Assert.Equal(75m, await host.BalanceAsync());

        await host.SendAsync(Call("d", 1_000m, "2025-01-04T00:00:00Z"));
        Assert.Equal(1, await host.DecideAsync(isRelease: false, "d"));
        Assert.Equal(75m, await host.BalanceAsync());
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Events_of_a_file_burn_as_live_ones_or_with_their_session(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, AggregationFunction.Sum);
        const string live = """
            {"customerId": "c", "eventName": "call", "idempotencyKey": "a", "timestamp": "2025-01-15T11:00:00Z", "dimensions.tokens": 10}
            {"customerId": "c", "eventName": "call", "idempotencyKey": "b", "timestamp": "2025-01-15T11:00:00Z", "dimensions.tokens": 20}
            {"customerId": "c", "eventName": "call", "idempotencyKey": "a", "timestamp": "2025-01-15T11:00:00Z", "dimensions.tokens": 10}
            """;
        await UploadAsync(host, live);
        await host.RunTasksAsync();
        // 100 - 5 - 10, the repeated one once; the same file again burns nothing.
        Assert.Equal(85m, await host.BalanceAsync());
        await UploadAsync(host, live);
        await host.RunTasksAsync();
        Assert.Equal(85m, await host.BalanceAsync());

        var id = await host.BackfillAsync();
        await UploadAsync(host, live.Replace("\"b\"", "\"c\"", StringComparison.Ordinal), id);
        await host.RunTasksAsync();
        Assert.Equal(85m, await host.BalanceAsync());
        await host.CloseAsync(id);
        Assert.Equal(75m, await host.BalanceAsync());
        await host.AuditAsync();
    }

    [Fact]
    public async Task A_session_that_is_closed_while_nothing_prices_its_feature_stays_free()
    {
        await using var host = await CreditDriver.StartAsync(DatabaseKind.Sqlite);
        await host.FeatureAsync("tokens", events: MeterOf(AggregationFunction.Sum, "tokens"));
        await host.GrantAsync(100);
        var (one, two) = (await host.BackfillAsync(Call("a", 20m)), await host.BackfillAsync(Call("b", 30m)));
        await host.CloseAsync(one);
        await host.MappedPlanAsync("pro", "product-default", new(1m, new("ai"), null));
        Accepted(await host.ProvisionAsync("c", "pro"));
        Accepted(await host.Get<BackfillSessions>().RevertAsync(host.Scope(), one, "r", Cancellation));
        Assert.Equal(100m, await host.BalanceAsync());
        // What begins to count now is priced now, whenever it came.
        await host.CloseAsync(two);
        Assert.Equal(70m, await host.BalanceAsync());
    }

    private static UsageEvent Call(string key, decimal tokens, string at = "2024-12-10T00:00:00Z") =>
        Event("c", at, key, dimensions: ("tokens", tokens));

    private static async Task<ModuleHost> StartAsync(DatabaseKind kind, AggregationFunction function)
    {
        var host = await EventBurnDriver.StartAsync(
            kind, MeterOf(function, function == AggregationFunction.Count ? null : "tokens"));
        await host.GrantAsync(100);
        return host;
    }

    private static async Task<IEnumerable<(string, decimal)>> PreviewAsync(ModuleHost host, Guid id) =>
        Accepted(await host.Get<PreviewBackfill>().ExecuteAsync(host.Scope(), id, 10, null, Cancellation)).Items
            .SelectMany(item => item.Credits).Select(credit => (credit.Pool.CurrencyId.Value, credit.Amount));

    private static async Task SettleAsync(ModuleHost host)
    {
        var sender = Assert.Single(await host.Database.ReadAsync(
            (session, _) => new BackfillStore().SendersAsync(session, 1, 0, 10), Cancellation));
        await host.Get<BackfillCredits>().SettleAsync(host.Get<UnitOfWork>(), host.Scope(), 1, sender, Cancellation);
    }

    private static async Task UploadAsync(ModuleHost host, string text, Guid? session = null)
    {
        using var body = new MemoryStream(Encoding.UTF8.GetBytes(text));
        Accepted(await host.Get<UploadFile>().ExecuteAsync(host.Scope(), new("e.jsonl", null, session), body, Cancellation));
    }
}
