using Dapper;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Usage.Events;
using Tollgate.Modules.Usage.Events.Backfills;
using Tollgate.Modules.Usage.Events.Lateness;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Events;

/// <summary>Parts of the feed, of raw events and reports alike. The clock starts on 2025-01-15 at 12:00.</summary>
public sealed class EventFeedFilterTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Feed_is_filtered_by_key_resource_and_feature(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        // A minute apart; "calls" counts events named call with tokens, "seats" is reported.
        await SendAsync(host, "c", "k1", "r1", "call");
        await SendAsync(host, "c", "k1", null, "login");
        await SendAsync(host, "d", "k1", "r1", "call");
        await SendAsync(host, "c", "k2", "r2", "call");
        await SendAsync(host, "nobody", "k1", "r1", "call");
        await ReportAsync(host, "c", "k1");
        await ReportAsync(host, "d", "k3");
        await ReportAsync(host, "d", null);
        await ReportAsync(host, "c", "k4", "r1");

        // As name/customer/resource; rep is a report.
        Assert.Equal(["rep/c/", "call/nobody/r1", "call/d/r1", "login/c/", "call/c/r1"], await FoundAsync(host, new() { Key = "k1" }));
        Assert.Equal(["rep/c/", "login/c/", "call/c/r1"], await FoundAsync(host, new() { Key = "k1", Customer = "c" }));
        Assert.Equal(["call/c/r1"], await FoundAsync(host, new() { Key = "k1", Customer = "c", Name = "call" }));
        Assert.Equal(["call/c/r1"], await FoundAsync(host, new() { Key = "k1", Customer = "c", Resource = "r1" }));
        Assert.Equal(
            ["call/nobody/r1", "call/d/r1", "call/c/r1"], await FoundAsync(host, new() { Key = "k1", Resource = "r1" }));
        Assert.Empty(await FoundAsync(host, new() { Key = "k1", Customer = "c", Resource = "r2" }));
        Assert.Empty(await FoundAsync(host, new() { Key = "K1", Customer = "c" }));
        Assert.Empty(await FoundAsync(host, new() { Key = "k1", Environment = "production" }));
        Assert.Equal(
            ["login/c/"],
            await FoundAsync(host, new() { Key = "k1", From = At("2025-01-15T12:01:00Z"), Until = At("2025-01-15T12:02:00Z") }));
        Assert.Equal(["login/c/"], await FoundAsync(host, new() { Key = "k1", Customer = "c", Fate = EventFeedFate.Unmatched }));

        Assert.Equal(["rep/c/r1", "call/nobody/r1", "call/d/r1", "call/c/r1"], await FoundAsync(host, new() { Resource = "r1" }));
        Assert.Equal(["rep/c/r1", "call/c/r1"], await FoundAsync(host, new() { Resource = "r1", Customer = "c" }));
        Assert.Equal(["rep/c/r1"], await FoundAsync(host, new() { Resource = "r1", Feature = "seats" }));
        Assert.Equal(["rep/c/r1"], await FoundAsync(host, new() { Resource = "r1", Customer = "c", Key = "k4" }));
        Assert.Equal(["call/c/r2"], await FoundAsync(host, new() { Resource = "r2", Customer = "c" }));
        Assert.Empty(await FoundAsync(host, new() { Resource = "r3" }));

        // The event of nobody is not counted.
        Assert.Equal(["call/c/r2", "call/d/r1", "call/c/r1"], await FoundAsync(host, new() { Feature = "calls" }));
        Assert.Equal(["call/c/r2", "call/c/r1"], await FoundAsync(host, new() { Feature = "calls", Customer = "c" }));
        Assert.Equal(["call/c/r1"], await FoundAsync(host, new() { Feature = "calls", Customer = "c", Key = "k1" }));
        Assert.Equal(["call/d/r1", "call/c/r1"], await FoundAsync(host, new() { Feature = "calls", Key = "k1" }));
        Assert.Equal(["rep/c/r1", "rep/d/", "rep/d/", "rep/c/"], await FoundAsync(host, new() { Feature = "seats" }));
        Assert.Equal(["rep/d/", "rep/d/"], await FoundAsync(host, new() { Feature = "seats", Customer = "d" }));

        // A report without a key is found by its id, which is its key in the list.
        var id = (await host.FeedAsync(new() { Feature = "seats", Customer = "d" })).Items[0].Id;
        Assert.Equal(["rep/d/"], await FoundAsync(host, new() { Key = id }));
        Assert.Equal(["rep/d/"], await FoundAsync(host, new() { Key = id, Customer = "d" }));
        Assert.Empty(await FoundAsync(host, new() { Key = id, Customer = "c" }));

        var unknown = (await host.TryFeedAsync(new() { Feature = "tokenz" })).Refusal!;
        Assert.Equal((ErrorCode.FeatureNotFound, "featureId"), (unknown.Code, Assert.Single(unknown.Fields).Path));
        Assert.Contains("featureId is 'tokenz'", unknown.Message, StringComparison.Ordinal);
        var never = (await host.TryFeedAsync(new() { Feature = "calls", Fate = EventFeedFate.Voided })).Refusal!;
        Assert.Equal((ErrorCode.BadUserInput, "featureId"), (never.Code, Assert.Single(never.Fields).Path));
    }

    /// <summary>However much there is of others: SQLite is told by which index, PostgreSQL chooses it.</summary>
    [Fact]
    public async Task Key_of_a_customer_is_found_by_an_index()
    {
        await using var host = await StartAsync(DatabaseKind.PostgreSql);
        await host.SendAsync(Event("c", null, "sought"), Event("c", null, "other", name: "login"));
        for (var i = 0; i < 20; i++)
            await host.SendAsync([.. Enumerable.Range(0, 500).Select(sender => Event($"s{sender}"))]);
        var request = new EventFeedRequest(20, null, new("c"), null, null, long.MaxValue / 2) { IdempotencyKey = "sought" };

        var plan = await host.Database.ReadAsync(
            async (session, _) =>
            {
                var environment = host.Scope().EnvironmentId;
                var index = await RawIndex.ReadAsync(session, environment, request);
                // One sender; two names, each with two numbers.
                Assert.Equal((1, 4), (index.Sources!.Length, index.Hashes!.Length));
                var read = new FeedRead(session.Kind, environment, request, index, FeedPosition.Start, 21);
                var parameters = RawFilter.Parameters(read);
                parameters.Add("lower", -1L);
                parameters.Add("newest", long.MaxValue / 2);
                await session.Connection.ExecuteAsync("ANALYZE usage_events");
                return string.Join('\n', await session.Connection.QueryAsync<string>($"EXPLAIN {RawRows.PostgreSqlQuery(read)}", parameters));
            },
            Cancellation);

        Assert.Matches("Index Cond: .*source_id = ANY.*key_hash = ANY", plan);
        Assert.DoesNotContain("Seq Scan on usage_events", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("by_arrival", plan, StringComparison.Ordinal);
    }

    /// <summary>What no index leads to: a call looks at some rows, and the next page goes on behind them.</summary>
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Search_through_everything_looks_at_so_many_rows_a_page_and_misses_none(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await ReportAsync(host, "c", "sought");
        await SendAsync(host, "c", "sought", null, "call");
        for (var i = 0; i < 12; i++)
        {
            await SendAsync(host, "c", $"e{i}", null, "call");
            await ReportAsync(host, "d", $"r{i}");
        }

        await SendAsync(host, "d", "sought", null, "call");
        await ReportAsync(host, "d", "sought");
        foreach (var limit in (int[])[1, 10])
        {
            var (found, pages) = await WalkAsync(host, new() { Key = "sought", Limit = limit });
            Assert.Equal(["rep/d/", "call/d/", "call/c/", "rep/c/"], found);
            // 14 rows of each, of which a call looks at 4 or 5.
            Assert.InRange(pages, 3, 10);
        }
    }

    /// <summary>The same for a name, a fate and a backfill of which there is little among much else.</summary>
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Walk_for_what_is_rare_looks_at_so_many_rows_a_page_and_misses_none(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        Accepted(await host.Get<MeterLateness>().SetAsync(
            host.Scope(), new("calls"), new(NodaTime.Duration.FromHours(6), LateEventAction.Quarantine), Cancellation));
        await host.SendAsync(Event("c", "2025-01-15T00:00:00Z", "late", dimensions: ("tokens", 1m)));
        await SendAsync(host, "c", "first", null, "rare");
        await SendAsync(host, "d", "wrong", "r2", "call");
        Accepted(await host.Get<CorrectEvents>().ExecuteAsync(
            host.Scope(), (await host.FeedAsync(new() { Resource = "r2" })).Items.Single().Id, null, "wrong", Cancellation));
        var backfills = host.Get<BackfillSessions>();
        var (open, reverted) = (await BackfillAsync("open"), await BackfillAsync("reverted"));
        for (var i = 0; i < 12; i++)
            await SendAsync(host, "c", $"e{i}", null, "call");
        Accepted(await backfills.CloseAsync(host.Scope(), reverted, "done", Cancellation));
        Accepted(await backfills.RevertAsync(host.Scope(), reverted, "wrong", Cancellation));
        await SendAsync(host, "d", "last", "r9", "rare");

        (FeedQuestion Asked, string[] Found)[] walks =
        [
            (new() { Name = "rare" }, ["rare/d/r9", "rare/c/"]),
            (new() { Name = "rare", Key = "first" }, ["rare/c/"]),
            (new() { Fate = EventFeedFate.Voided }, ["call/d/reverted", "call/d/r2"]),
            (new() { Fate = EventFeedFate.Voided, Name = "rare" }, []),
            (new() { Fate = EventFeedFate.Quarantined }, ["call/c/"]),
            (new() { Backfill = open }, ["call/d/open"]),
            (new() { Backfill = open, Fate = EventFeedFate.Pending }, ["call/d/open"]),
            (new() { Backfill = open, Fate = EventFeedFate.Voided }, []),
            (new() { Backfill = reverted, Fate = EventFeedFate.Voided }, ["call/d/reverted"]),
        ];
        foreach (var (asked, expected) in walks)
        {
            Assert.Equal(expected, await FoundAsync(host, asked));
            var (found, pages) = await WalkAsync(host, asked with { Limit = 10 });
            Assert.Equal(expected, found);
            // 18 rows, of which a call looks at 4.
            Assert.InRange(pages, 4, 6);
        }

        async Task<Guid> BackfillAsync(string name)
        {
            var id = Accepted(await backfills.OpenAsync(host.Scope(), new(name, "test", null, null), Cancellation)).Uid;
            Accepted(await host.Get<BackfillEvents>().ExecuteAsync(
                host.Scope(), id, [Event("d", "2025-01-15T11:00:00Z", name, name, dimensions: ("tokens", 1m))], Cancellation));
            return id;
        }
    }

    /// <summary>By a feed that looks at four rows a call: what was found, and how many pages it took.</summary>
    private static async Task<(IReadOnlyList<string> Found, int Pages)> WalkAsync(ModuleHost host, FeedQuestion asked)
    {
        var feed = new EventFeed(
            host.Database, host.Get<EventMeters>(), host.Get<EventReader>(), host.Get<EventDictionaries>(),
            host.Get<CustomerReader>(), host.Get<CatalogReader>())
        { MaxWalked = 4 };
        var (found, pages) = (new List<string>(), 0);
        do
        {
            var page = Accepted(await feed.TryFeedAsync(host, asked));
            Assert.True(page.Items.Count <= asked.Limit);
            found.AddRange(page.Items.Select(Say));
            asked = asked with { After = page.Next };
            pages++;
        }
        while (asked.After is not null);
        return (found, pages);
    }

    private static async Task SendAsync(ModuleHost host, string customer, string key, string? resource, string name)
    {
        await host.SendAsync(Event(customer, null, key, resource, name, ("tokens", 1m)));
        host.Time.Advance(TimeSpan.FromMinutes(1));
    }

    private static async Task ReportAsync(ModuleHost host, string customer, string? key, string? resource = null)
    {
        await host.ReportAsync(Delta(customer, "seats", 1, key: key, resource: resource));
        host.Time.Advance(TimeSpan.FromMinutes(1));
    }

    /// <summary>All there is, page by page of each size.</summary>
    private static async Task<IReadOnlyList<string>> FoundAsync(ModuleHost host, FeedQuestion asked)
    {
        var whole = (await host.FeedAsync(asked)).Items.Select(Say).ToList();
        var found = new List<string>();
        do
        {
            var page = await host.FeedAsync(asked with { Limit = 1 });
            found.AddRange(page.Items.Select(Say));
            asked = asked with { After = page.Next };
        }
        while (asked.After is not null);
        Assert.Equal(whole, found);
        return found;
    }

    private static string Say(FeedEvent found) =>
        $"{(found.ReportId is null ? found.Event.Name : "rep")}/{found.Event.CustomerId}/{found.Event.ResourceId}";

    private static async Task<ModuleHost> StartAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.FeatureAsync("calls", events: MeterOf(AggregationFunction.Sum, "tokens"));
        await host.FeatureAsync("seats");
        await host.ProductAsync("sites", isMultiple: true);
        await host.PlanAsync("free", Limit("calls", 100, Monthly), Limit("seats", 100));
        await host.PlanAsync("site", "sites", Limit("seats", 100));
        foreach (var customer in (string[])["c", "d"])
        {
            await host.CustomerAsync(customer);
            Accepted(await host.ProvisionAsync(customer, "free"));
        }

        Accepted(await host.ProvisionAsync("c", "site", r => r with { ResourceId = new("r1") }));
        return host;
    }
}
