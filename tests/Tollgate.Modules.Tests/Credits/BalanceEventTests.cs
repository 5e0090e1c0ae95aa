using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Credits;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Credits.CreditDriver;

namespace Tollgate.Modules.Tests.Credits;

/// <summary>CREDIT_BALANCE_UPDATED: read from the ledger, and from the log as far as earlier releases wrote it there.</summary>
public sealed class BalanceEventTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task The_last_entry_of_a_transaction_is_the_event_of_its_pool(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.CustomerAsync("d");
        await host.GrantAsync(Draft(100) with { ExpireAt = host.At(2) });
        await host.GrantAsync(Draft(10, "d") with { ResourceId = null });
        var scope = host.Scope();
        // One call and one transaction: 120 of 100 is two entries of one pool, 4 of 10 one of another.
        var consumed = await host.Get<ConsumeCredits>().ExecuteManyAsync(
            scope, [Use(50, "a"), Use(70, "b"), Use(4, "c", "d")], Cancellation);
        Assert.Null(consumed.Refusal);
        await host.ConsumeAsync(Use(50, "a"));

        var told = await ListAsync(host, new());
        Assert.Equal(["d 6", "c -20", "d 10", "c 100"], Say(told));
        Assert.Equal(told.Count, told.Select(e => e.Id).Distinct().Count());
        Assert.All(told.Take(2), e => Assert.Equal(scope.TraceId, e.TraceId));
        Assert.All(told.Take(2), e => Assert.Equal(scope.Actor, e.Actor));
        var facts = told[1].Facts!;
        Assert.Equal(
            ("ai", "100", "120", true), (facts["currencyId"], facts["totalGranted"], facts["totalConsumed"], facts.ContainsKey("validUntil")));
        Assert.Equal(["d 6", "c -20"], Say(await ListAsync(host, new() { TraceId = scope.TraceId })));
        Assert.Equal(["d 6", "d 10"], Say(await ListAsync(host, new() { CustomerId = "d" })));
        Assert.Equal(4, (await ListAsync(host, new() { EntityId = "ai", EntityKind = EntityKind.Credit })).Count);
        Assert.Empty(await ListAsync(host, new() { EntityId = "other" }));
        Assert.Empty(await ListAsync(host, new() { EntityKind = EntityKind.Customer }));
        // The log itself has none.
        Assert.Equal(0, await CountAsync(host));

        // A grant settles the overdraft, in three entries and one event; time takes the rest of it, and is named.
        await host.GrantAsync(Draft(30) with { ExpireAt = host.At(1) });
        var end = host.At(1);
        host.Time.Advance(TimeSpan.FromDays(1.5));
        await host.RunDueAsync();
        told = await ListAsync(host, new() { CustomerId = "c" });
        // 30 - 20 are left and expire.
        Assert.Equal(["c 0", "c 10", "c -20", "c 100"], Say(told));
        Assert.Equal((Actor.Scheduler, end), (told[0].Actor, told[0].CreatedAt));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Pages_go_on_from_the_ledger_into_the_log_of_earlier_releases_and_back(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var scope = host.Scope();
        for (var i = 1; i <= 3; i++)
        {
            // As releases before wrote them.
            var old = new DomainEvent(EventType.CreditBalanceUpdated, EntityKind.Credit, "ai", new("c"), null, null)
            {
                Facts = new PoolBalance(i, 0, null).Facts(new(new("c"), null, new("ai"))),
            };
            await host.Database.WriteAsync(
                [],
                async (session, token) =>
                {
                    await host.Get<AppendEvents>().ExecuteAsync(session, scope, old, token);
                    return true;
                },
                Cancellation);
        }

        for (var i = 1; i <= 3; i++)
            await host.GrantAsync(i * 10);
        // 10, 10 + 20, 10 + 20 + 30.
        string[] all = ["c 60", "c 30", "c 10", "c 3", "c 2", "c 1"];
        for (var limit = 1; limit <= 7; limit++)
        {
            var seen = new List<string>();
            var pages = new List<Page<EventRecord>>();
            Guid? after = null;
            do
            {
                pages.Add(await PageAsync(host, new(), new(limit, after, null)));
                seen.AddRange(Say(pages[^1].Items));
                after = pages[^1].Next;
            }
            while (after is not null);
            Assert.Equal(all, seen);
            Assert.Null(pages[0].Previous);
            // And back: each page that was seen before, a full one.
            for (var i = pages.Count - 1; i > 0; i--)
            {
                var back = await PageAsync(host, new(), new(limit, null, pages[i].Previous));
                Assert.Equal(Say(pages[i - 1].Items), Say(back.Items));
                Assert.Equal(i > 1, back.Previous is not null);
                Assert.Equal(back.Items[^1].Id, back.Next);
            }
        }

        var ledger = (await PageAsync(host, new(), new(1, null, null))).Items[0].Id;
        var other = await host.Get<ListEvents>().ExecuteAsync(
            host.Scope("production"), new() { Types = [EventType.CreditBalanceUpdated] }, new(1, ledger, null), Cancellation);
        Assert.Equal(ErrorCode.BadUserInput, other.Refusal!.Code);
        Assert.Equal(3, (await ListAsync(host, new() { TraceId = scope.TraceId })).Count);
    }

    [Fact]
    public void An_id_names_its_row_and_environment_and_no_other_id_does()
    {
        foreach (var seq in new[] { 0, 1, 70_000, 1L << 47, 1L << 48, long.MaxValue })
        {
            var id = BalanceEventId.Of(new(7), seq);
            Assert.Equal((seq, 8), (BalanceEventId.Read(new(7), id)!.Value, id.Version));
            Assert.Null(BalanceEventId.Read(new(8), id));
        }

        for (var i = 0; i < 1_000; i++)
            Assert.Null(BalanceEventId.Read(new(7), i % 2 == 0 ? Guid.NewGuid() : Guid.CreateVersion7()));
        var all = new byte[16];
        Array.Fill(all, (byte)255);
        Assert.Null(BalanceEventId.Read(new(7), new(all)));
    }

    private static Task<ModuleHost> StartAsync(DatabaseKind kind) => CreditDriver.StartAsync(kind);

    private static IEnumerable<string> Say(IEnumerable<EventRecord> events) =>
        events.Select(e => $"{e.CustomerId} {e.Facts!["currentBalance"]}");

    private static async Task<IReadOnlyList<EventRecord>> ListAsync(ModuleHost host, EventFilter filter) =>
        (await PageAsync(host, filter, new(100, null, null))).Items;

    private static async Task<Page<EventRecord>> PageAsync(ModuleHost host, EventFilter filter, PageRequest page)
    {
        var listed = await host.Get<ListEvents>().ExecuteAsync(
            host.Scope(), filter with { Types = [EventType.CreditBalanceUpdated] }, page, Cancellation);
        Assert.Null(listed.Refusal);
        return listed.Value;
    }

    private static Task<long> CountAsync(ModuleHost host) =>
        Usage.Events.EventDriver.CountAsync(host, "events WHERE type = 'CreditBalanceUpdated'");
}
