using Dapper;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Usage.Events;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Events;

/// <summary>
/// Usage reports among raw events (spec entitlements-and-usage 9, platform check 13). The clock starts on 2025-01-15 at 12:00.
/// </summary>
public sealed class ReportFeedTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Reports_are_events_of_what_they_changed(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.ReportAsync(Delta("c", "seats", 5, key: "k"));
        host.Time.Advance(TimeSpan.FromMinutes(1));
        // 5 seats: a SET of 8 adds 3, the DELTA after it takes 2, and the SET of 4 (6 by then) 2 more.
        await host.ReportAsync(
            Set("c", "seats", 8), Delta("c", "seats", -2),
            Set("c", "seats", 4) with { Dimensions = """{"region":"eu","value":"mine","n":2}""" });

        var page = await host.FeedAsync(new() { Limit = 10 });

        Assert.Equal(
            [
                "{featureRefId: seats, n: 2, region: eu, value: -2}", "{featureRefId: seats, value: -2}",
                "{featureRefId: seats, value: 3}", "{featureRefId: seats, value: 5}",
            ],
            page.Items.Select(e => e.Event.Dimensions.ToString()));
        Assert.All(page.Items, e => Assert.Equal(
            ("$usage.reported", "c", EventFeedFate.Counted, "seats"),
            (e.Event.Name, e.Event.CustomerId.Value, e.Fate, Assert.Single(e.Features).Value)));
        Assert.Equal(["k", "12:00", "12:00"], [page.Items[3].Event.IdempotencyKey, .. Times(page.Items[3])]);
        Assert.Equal(page.Items[0].Id, page.Items[0].Event.IdempotencyKey);
        var refused = await host.Get<CorrectEvents>().ExecuteAsync(host.Scope(), page.Items[0].Id, null, "wrong", Cancellation);
        Assert.Contains("is the id of a usage report", refused.Refusal!.Message, StringComparison.Ordinal);

        // As it was before what a SET changed was kept: then the reports tell.
        await host.Database.WriteAsync(
            [],
            async (session, _) => await session.Connection.ExecuteAsync("UPDATE measurements SET growth = NULL") > 0,
            Cancellation);
        Assert.Equal(
            page.Items.Select(e => e.Event.Dimensions),
            (await host.FeedAsync(new() { Limit = 10 })).Items.Select(e => e.Event.Dimensions));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Reports_and_raw_events_are_one_list_whose_pages_stay(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        // Every minute a raw event and a report in turn, of c and of d: 12:00 r c, 12:01 e c, 12:02 r d, 12:03 e d, 12:04 r c, ...
        for (var i = 0; i < 12; i++)
        {
            var customer = i % 4 < 2 ? "c" : "d";
            if (i % 2 == 0)
                await host.ReportAsync(Delta(customer, "seats", 1, at: "2025-01-10T00:00:00Z", key: $"r{i}"));
            else
                await host.SendAsync(Event(customer, null, $"e{i}", dimensions: ("tokens", 1m)));
            host.Time.Advance(TimeSpan.FromMinutes(1));
        }

        string[] all = ["e11", "r10", "e9", "r8", "e7", "r6", "e5", "r4", "e3", "r2", "e1", "r0"];
        Assert.Equal(all, await KeysAsync(host, new(), 100));
        var first = await host.FeedAsync(new() { Limit = 5 });
        Assert.Equal(all[..5], first.Items.Select(e => e.Event.IdempotencyKey));
        // What arrives meanwhile moves nothing.
        await host.ReportAsync(Delta("c", "seats", 1, key: "later"));
        await host.SendAsync(Event("c", null, "later", dimensions: ("tokens", 1m)));
        foreach (var limit in (int[])[1, 2, 3, 7])
        {
            Assert.Equal(all[5..], await KeysAsync(host, new() { After = first.Next }, limit));
            Assert.Equal(all[5..], await KeysAsync(host, new() { After = first.Next, Fate = EventFeedFate.Counted }, limit));
        }

        var counted = new FeedQuestion { From = At("2025-01-15T12:02:00Z"), Until = At("2025-01-15T12:11:00Z") };
        Assert.Equal(["r10", "e9", "r8", "e7", "r6", "e5", "r4", "e3", "r2"], await KeysAsync(host, counted, 4));
        Assert.Equal(["r10", "e7", "r6", "e3", "r2"], await KeysAsync(host, counted with { Customer = "d" }, 1));
        Assert.Equal(["e7", "e3"], await KeysAsync(host, counted with { Customer = "d", Name = "call" }, 1));
        Assert.Equal(["r10", "r6", "r2"], await KeysAsync(host, counted with { Customer = "d", Name = "$usage.reported" }, 1));
        Assert.Empty(await KeysAsync(host, counted with { From = At("2025-01-15T13:00:00Z"), Until = null }, 5));
        Assert.Equal(["r0"], await KeysAsync(host, new() { Until = At("2025-01-15T12:01:00Z") }, 5));
        Assert.Empty(await KeysAsync(host, new() { Fate = EventFeedFate.Unmatched }, 5));
        Assert.Empty(await KeysAsync(host, new() { Backfill = Guid.Empty }, 5));
        Assert.Empty(await KeysAsync(host, new() { Environment = "production" }, 5));
        Assert.Equal(ErrorCode.BadUserInput, (await host.TryFeedAsync(new() { After = "1.2" })).Refusal!.Code);
    }

    /// <summary>However much others report: an index leads to the latest of an environment and of a customer.</summary>
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Pages_of_reports_are_read_from_an_index(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        // One of d, then more than are looked through for those of one customer.
        await host.ReportAsync(Delta("d", "seats", 1, key: "long ago"));
        for (var i = 0; i < 51; i++)
            await host.ReportAsync([.. Enumerable.Repeat(Delta("c", "seats", 1), 100)]);
        Assert.Equal(["long ago"], await KeysAsync(host, new() { Customer = "d" }, 1));
        Assert.Equal(100, (await host.FeedAsync(new() { Customer = "c", Limit = 100 })).Items.Count);

        var all = new EventFeedRequest(20, null, null, null, null, 0);
        var ofCustomer = all with { CustomerId = new("d") };
        foreach (var (query, index) in ((string, string)[])
            [(ReportSql.Latest(all), "measurements_by_uid"), (ReportSql.Latest(ofCustomer), "measurements_by_"),
                (ReportSql.OfCustomer(kind, ofCustomer), "measurements_by_time"),
                (ReportSql.OfKey(kind, ofCustomer with { IdempotencyKey = "k" }), "measurements_by_key")])
        {
            var parameters = new
            {
                environment = 1,
                customer = "d",
                key = "k",
                id = Guid.Empty,
                from = Guid.Empty,
                until = Guid.AllBitsSet,
                take = 21,
            };
            var plan = await host.Database.ReadAsync(
                async (session, _) =>
                {
                    if (kind == DatabaseKind.Sqlite)
                    {
                        return string.Join('\n', (await session.Connection.QueryAsync<dynamic>($"EXPLAIN QUERY PLAN {query}", parameters))
                            .Select(row => (string)row.detail));
                    }

                    await session.Connection.ExecuteAsync("ANALYZE measurements");
                    return string.Join('\n', await session.Connection.QueryAsync<string>($"EXPLAIN {query}", parameters));
                },
                Cancellation);
            Assert.Contains(index, plan, StringComparison.Ordinal);
            Assert.DoesNotContain("SCAN measurements", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
        }
    }

    private static string[] Times(FeedEvent shown) =>
        [.. ((NodaTime.Instant[])[shown.Event.Timestamp!.Value, shown.ReceivedAt]).Select(at => $"{at:HH:mm}")];

    private static async Task<IReadOnlyList<string>> KeysAsync(ModuleHost host, FeedQuestion asked, int limit)
    {
        var keys = new List<string>();
        do
        {
            var page = await host.FeedAsync(asked with { Limit = limit });
            keys.AddRange(page.Items.Select(e => e.Event.IdempotencyKey));
            asked = asked with { After = page.Next };
        }
        while (asked.After is not null);
        return keys;
    }

    private static async Task<ModuleHost> StartAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.FeatureAsync("calls", events: MeterOf(AggregationFunction.Sum, "tokens"));
        await host.FeatureAsync("seats");
        await host.PlanAsync("free", Limit("calls", 100, Monthly), Limit("seats", 100));
        foreach (var customer in (string[])["c", "d"])
        {
            await host.CustomerAsync(customer);
            Accepted(await host.ProvisionAsync(customer, "free"));
        }

        return host;
    }
}
