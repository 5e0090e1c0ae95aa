using NodaTime;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Credits;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Credits.CreditDriver;

namespace Tollgate.Modules.Tests.Credits;

/// <summary>Ledger pages, charts and revenue (spec credits 12 and 13).</summary>
public sealed class CreditReportTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Revenue_follows_consumption_and_expiry(DatabaseKind kind)
    {
        // Spec 13: 10 000 for 10.00. First month 4 200 burnt -> 4.20, deferred 5.80. Second: 1 800, rest 4 000 expires
        // -> 1.80 + breakage 4.00, deferred 0.
        await using var host = await StartAsync(kind);
        var start = host.Scope().Now;
        var (second, third) = (start + Duration.FromDays(31), start + Duration.FromDays(62));
        await host.GrantAsync(Sold(10_000, 10) with { ExpireAt = third - Duration.FromDays(1) });
        await host.GrantAsync(Draft(5) with { Priority = 9 });
        host.Time.Advance(TimeSpan.FromDays(1));
        await host.ConsumeAsync(Use(4200, "march"));
        host.Time.Advance(TimeSpan.FromDays(31));
        await host.ConsumeAsync(Use(1800, "april"));
        host.Time.Advance(TimeSpan.FromDays(60));
        await host.RunDueAsync();

        var first = await RevenueAsync(host, start, second);
        var last = await RevenueAsync(host, second, third);

        Assert.Equal(
            (0m, 10m, 4.20m, 0m, 5.80m), (first.DeferredAtStart, first.Sold, first.Recognized, first.Breakage, first.DeferredAtEnd));
        Assert.Equal(
            (5.80m, 0m, 1.80m, 4.00m, 0m), (last.DeferredAtStart, last.Sold, last.Recognized, last.Breakage, last.DeferredAtEnd));
        Assert.Equal(0.001m, last.CostBasis);
        Assert.Equal(
            ErrorCode.BadUserInput,
            (await host.Get<ReadRevenue>().ExecuteAsync(host.Scope(), second, second, null, Cancellation)).Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Ledger_is_paged_both_ways_and_filtered(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.GrantAsync(100);
        for (var i = 1; i <= 4; i++)
            await host.ConsumeAsync(Use(i, $"{i}"));
        var ledger = host.Get<ReadLedger>();
        var query = new LedgerQuery(new("c")) { Limit = 2 };

        var first = (await ledger.ExecuteAsync(host.Scope(), query, Cancellation)).Value;
        var second = (await ledger.ExecuteAsync(host.Scope(), query with { After = first.Next }, Cancellation)).Value;
        var back = (await ledger.ExecuteAsync(host.Scope(), query with { Before = second.Previous }, Cancellation)).Value;
        var granted = (await ledger.ExecuteAsync(
            host.Scope(), query with { Kinds = [CreditEntryKind.Granted] }, Cancellation)).Value;

        Assert.Equal([4m, 3m], first.Items.Select(row => row.Entry.Amount));
        Assert.Null(first.Previous);
        Assert.Equal([2m, 1m], second.Items.Select(row => row.Entry.Amount));
        Assert.Equal([4m, 3m], back.Items.Select(row => row.Entry.Amount));
        Assert.Equal([100m], granted.Items.Select(row => row.Entry.Amount));
        Assert.Equal(
            ErrorCode.BadUserInput,
            (await ledger.ExecuteAsync(host.Scope(), query with { After = "nonsense" }, Cancellation)).Refusal?.Code);
        Assert.Equal(
            ErrorCode.CustomerNotFound,
            (await ledger.ExecuteAsync(host.Scope(), new(new("nobody")), Cancellation)).Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Chart_adds_up_by_dimension_and_fills_empty_buckets(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.ConsumeAsync(Use(1.5m, "a") with { Dimensions = """{"model":"x","n":1}""" });
        await host.ConsumeAsync(Use(2, "b") with { Dimensions = """{"model":"y"}""" });
        await host.ConsumeAsync(Use(3, "c") with
        {
            Dimensions = """{"model":"x"}""",
            CreatedAt = host.Scope().Now - Duration.FromHours(2),
        });
        var usage = host.Get<ReadCreditUsage>();
        host.Time.Advance(TimeSpan.FromMinutes(1));

        var day = (await usage.ExecuteAsync(
            host.Scope(), new(new("c")) { TimeRange = CreditUsageTimeRange.LastDay, GroupBy = ["model"] }, Cancellation)).Value;
        var all = (await usage.ExecuteAsync(host.Scope(), new(new("c")), Cancellation)).Value;

        // From 12:01 on the day before: the hours 12 to 12, 25 of them.
        Assert.Equal(["x", "y"], day.Series.Select(series => series.Tags.Single().Value));
        Assert.Equal([4.5m, 2m], day.Series.Select(series => series.Credits));
        Assert.Equal((25, 3m, 1.5m), (day.Series[0].Points.Count, day.Series[0].Points[^3].Credits, day.Series[0].Points[^1].Credits));
        Assert.Equal((6.5m, 3L, 31), (all.Series.Single().Credits, all.Series.Single().Events, all.Series.Single().Points.Count));
        Assert.Equal(["model", "n"], (await usage.FieldsAsync(host.Scope(), new(new("c")), null, Cancellation)).Value);
        Assert.Equal(["model"], (await usage.FieldsAsync(host.Scope(), new(new("c")), "MOD", Cancellation)).Value);
        async Task<ErrorCode?> CodeAsync(CreditUsageQuery query) =>
            (await usage.ExecuteAsync(host.Scope(), query, Cancellation)).Refusal?.Code;
        Assert.Equal(ErrorCode.BadUserInput, await CodeAsync(new(new("c")) { GroupBy = ["a", "b", "c", "d"] }));
        Assert.Equal(ErrorCode.BadUserInput, await CodeAsync(new(new("c")) { GroupBy = ["a b"] }));
        Assert.Equal(ErrorCode.CustomerNotFound, await CodeAsync(new(new("x"))));
        Assert.Equal(ErrorCode.CustomCurrencyNotFound, await CodeAsync(new(new("c")) { CurrencyId = new("x") }));
        Assert.Equal(ErrorCode.BadUserInput, await CodeAsync(new(new("c")) { Start = host.At(1) }));
        Assert.Equal(ErrorCode.BadUserInput, await CodeAsync(new(new("c")) { After = "99" }));
    }

    private static async Task<GrantRevenue> RevenueAsync(ModuleHost host, Instant from, Instant to) =>
        (await host.Get<ReadRevenue>().ExecuteAsync(host.Scope(), from, to, null, Cancellation)).Value.Rows.Single();
}
