using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Tests.Usage;
using Tollgate.Modules.Tests.Usage.Events;
using Tollgate.Modules.Usage;
using Tollgate.Modules.Usage.Events;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Credits.EventBurnDriver;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Credits;

/// <summary>Raw events that burn credits (spec credits 5). Half a credit a token; 100 credits are there.</summary>
public sealed class EventBurnTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static UsageEvent Call(string key, object tokens, string? at = null, string? resource = null) =>
        Event("c", at, key, resource, dimensions: ("tokens", tokens));

    private static UsageEvent User(string key, string user, string? at = null) =>
        Event("c", at, key, dimensions: ("user", user));

    private static async Task<ModuleHost> StartAsync(
        DatabaseKind kind, AggregationFunction function = AggregationFunction.Sum, string? field = "tokens",
        CreditRate? rate = null, UnitTransformation? units = null)
    {
        var host = await EventBurnDriver.StartAsync(kind, MeterOf(function, field), rate, units);
        await host.GrantAsync(100);
        return host;
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Each_event_burns_once_for_what_it_adds(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);

        // The same event twice in one call and once more later; a text that is a number counts, one that is none does not.
        await host.SendAsync(Call("a", 60m), Call("a", 60m), Call("b", "20"), Call("c", "x"));
        await host.SendAsync(Call("a", 60m));
        // 100 - 0.5 x (60 + 20).
        Assert.Equal(60m, await host.BalanceAsync());
        // A negative one takes usage back and no credits.
        await host.SendAsync(Call("d", -40m));
        Assert.Equal((60m, 40m), (await host.BalanceAsync(), await host.UsageAsync("c", "tokens")));
        // Late into a month that is over: usage of today stays, credits burn.
        await host.SendAsync(Call("e", 10m, "2024-12-20T10:00:00Z"));
        Assert.Equal((55m, 40m), (await host.BalanceAsync(), await host.UsageAsync("c", "tokens")));

        Assert.Equal(
            [
                (CreditEntryKind.Granted, 100m), (CreditEntryKind.Consumed, 30m), (CreditEntryKind.Consumed, 10m),
                (CreditEntryKind.Consumed, 5m),
            ],
            await host.LedgerAsync());
        await host.RestartAsync();
        await host.SendAsync(Call("a", 60m), Call("e", 10m, "2024-12-20T10:00:00Z"));
        Assert.Equal(55m, await host.BalanceAsync());
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_the_pool_lacks_is_its_overdraft_and_the_next_check_is_denied(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        Assert.Null(await host.ReasonAsync("c", "tokens"));

        await host.SendAsync(Call("a", 150m), Call("b", 100m));

        // 75 and 50 of 100.
        Assert.Equal(-25m, await host.BalanceAsync());
        Assert.Equal(AccessDeniedReason.InsufficientCredits, await host.ReasonAsync("c", "tokens"));
        Assert.Contains(EventType.CreditBalanceDepleted, await host.CreditEventsAsync());
        await host.GrantAsync(30);
        Assert.Equal(5m, await host.BalanceAsync());
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Count_burns_for_every_event(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, AggregationFunction.Count, null, new(2m, new("ai"), null));

        await host.SendAsync(Call("a", 1m), Call("b", -7m), Event("c", key: "c"), Event("c", key: "d", name: "login"));

        Assert.Equal(94m, await host.BalanceAsync());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Unique_burns_for_a_value_that_is_new_in_the_window(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, AggregationFunction.Unique, "user", new(10m, new("ai"), null));

        await host.SendAsync(User("a", "ann"), User("b", "bob"), User("c", "ann"));
        Assert.Equal(80m, await host.BalanceAsync());
        await host.SendAsync(User("d", "bob"), User("e", "eve"));
        Assert.Equal(70m, await host.BalanceAsync());
        await host.RestartAsync();
        await host.SendAsync(User("f", "eve"));
        Assert.Equal(70m, await host.BalanceAsync());
        // December is a window of its own, counted from its events: ann once, for all that come late.
        await host.SendAsync(User("g", "ann", "2024-12-01T00:00:00Z"), User("h", "ann", "2024-12-02T00:00:00Z"));
        Assert.Equal(60m, await host.BalanceAsync());
        await host.SendAsync(User("i", "ann", "2024-12-31T23:59:59Z"));
        Assert.Equal(60m, await host.BalanceAsync());
        host.MoveTo("2025-02-01T00:00:00Z");
        await host.SendAsync(User("j", "ann"));
        Assert.Equal(50m, await host.BalanceAsync());
        Assert.Equal(1m, await host.UsageAsync("c", "tokens"));
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Max_burns_for_what_the_largest_number_of_the_window_grows(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, AggregationFunction.Max, rate: new(2m, new("ai"), null));

        // -5 reads as 0; 3, then 3 more up to 6; 4 is no growth.
        await host.SendAsync(Call("a", -5m), Call("b", 3m), Call("c", 6m), Call("d", 4m));
        Assert.Equal(88m, await host.BalanceAsync());
        await host.RestartAsync();
        await host.SendAsync(Call("e", 6m), Call("f", 7m));
        Assert.Equal(86m, await host.BalanceAsync());
        await host.SendAsync(Call("g", 5m, "2024-12-10T00:00:00Z"), Call("h", 9m, "2024-12-09T00:00:00Z"));
        Assert.Equal(68m, await host.BalanceAsync());
    }

    [Theory, InlineData(AggregationFunction.Min), InlineData(AggregationFunction.Avg)]
    public async Task What_says_nothing_about_one_event_burns_nothing(AggregationFunction function)
    {
        await using var host = await StartAsync(DatabaseKind.Sqlite, function);

        await host.SendAsync(Call("a", 10m), Call("b", 4m));
        Assert.Equal(0m, (await host.ReportAsync(Delta("c", "tokens", 10)))[0].Credit!.Burnt.Consumed);

        Assert.Equal(100m, await host.BalanceAsync());
        var estimate = Accepted(await host.Get<EstimateUsageCost>().ExecuteAsync(
            host.Scope(), Delta("c", "tokens", 10), Cancellation));
        Assert.Equal([new FeatureCost(new("tokens"), 0, IsUnsupported: true)], estimate.Pools.Single().Costs);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_formula_reads_the_dimensions_and_units_are_divided_before_the_rate(DatabaseKind kind)
    {
        await using var host = await StartAsync(
            kind, AggregationFunction.Count, null, new(9m, new("ai"), "0.01 * in + 0.1 * out + paid"));
        // 0.01 x 1 500 + 0.1 x 250 + 1 = 41; what is missing or no number is 0: 0.01 x 100 = 1.
        await host.SendAsync(
            Event("c", dimensions: [("in", "1500"), ("out", 250m), ("paid", true)]),
            Event("c", dimensions: [("in", 100m), ("out", "many")]));
        Assert.Equal(58m, await host.BalanceAsync());
        var fields = await host.Get<ReadCreditUsage>().FieldsAsync(
            host.Scope(), new CreditUsageQuery(new("c")), null, Cancellation);
        Assert.Equal(["in", "out", "paid"], fields.Value);

        await using var divided = await StartAsync(kind, units: new(1_000, RoundingDirection.Up, "thousand", "thousands"));
        // 1 500 / 1 000 x 0.5.
        await divided.SendAsync(Call("a", 1_500m));
        Assert.Equal(99.25m, await divided.BalanceAsync());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_resource_burns_its_own_pool_only_where_its_own_subscription_maps(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.ProductAsync("sites", isMultiple: true);
        await host.MappedPlanAsync("site", "sites", new(1m, new("ai"), null));
        Accepted(await host.ProvisionAsync("c", "site", r => r with { ResourceId = new("r") }));

        // At 1 from the pool of r; the unknown resource s and none at 0.5 from the customer's.
        await host.SendAsync(Call("a", 10m, resource: "r"), Call("b", 10m, resource: "s"), Call("c", 10m));

        Assert.Equal(90m, await host.BalanceAsync());
        var own = await host.Get<ReadCreditBalances>().ExecuteAsync(
            host.Scope(), new("c"), new("r"), new CurrencyId("ai"), Cancellation);
        Assert.Equal(-10m, own.Value.Single().Pool.Balance);
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Nothing_burns_without_a_mapping_or_for_a_meter_that_is_filled_again(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.CustomerAsync("other");
        await host.SendAsync(Event("other", dimensions: ("tokens", 5m)), Event("nobody", dimensions: ("tokens", 5m)), Call("a", 10m));
        Assert.Equal(95m, await host.BalanceAsync());

        // The new meter counts all events again; while it is filled the old one prices what comes.
        await host.SetMeterAsync("tokens", MeterOf(AggregationFunction.Count));
        await host.SendAsync(Call("b", 10m));
        Assert.Equal(90m, await host.BalanceAsync());
        Assert.Equal(1, await host.RunTasksAsync());
        Assert.Equal((90m, 2m), (await host.BalanceAsync(), await host.UsageAsync("c", "tokens")));
        await host.SendAsync(Call("c", 10m));
        Assert.Equal(89.5m, await host.BalanceAsync());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Corrections_are_new_entries(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.SendAsync(Call("a", 60m), Call("b", 20m));

        // 30 become 10: 20 come back as a grant; then 15, 5 more are burnt; then all of it comes back.
        Accepted(await host.CorrectAsync("a", ("tokens", 20m)));
        Assert.Equal(80m, await host.BalanceAsync());
        Accepted(await host.CorrectAsync("a", ("tokens", 30m)));
        Assert.Equal(75m, await host.BalanceAsync());
        Accepted(await host.VoidAsync("a"));
        Accepted(await host.VoidAsync("a"));
        Assert.Equal((90m, 20m), (await host.BalanceAsync(), await host.UsageAsync("c", "tokens")));
        Accepted(await host.CorrectAsync("a", ("tokens", 60m)));
        Assert.Equal(60m, await host.BalanceAsync());

        var ledger = await host.LedgerAsync();
        Assert.Equal(
            [
                (CreditEntryKind.Granted, 100m), (CreditEntryKind.Consumed, 30m), (CreditEntryKind.Consumed, 10m),
                (CreditEntryKind.Granted, 20m), (CreditEntryKind.Consumed, 5m), (CreditEntryKind.Granted, 15m),
            ],
            ledger.Take(6));
        Assert.All(ledger.Skip(6), entry => Assert.Equal(CreditEntryKind.Consumed, entry.Kind));
        Assert.Equal(30m, ledger.Skip(6).Sum(entry => entry.Amount));
        await host.AuditAsync();
        host.Time.Advance(TimeSpan.FromMinutes(1));
        var chart = await host.Get<ReadCreditUsage>().ExecuteAsync(
            host.Scope(), new CreditUsageQuery(new("c")), Cancellation);
        // Two events cost 40 in the end.
        Assert.Equal((40m, 2), (chart.Value.Series.Single().Credits, chart.Value.Series.Single().Events));
        var back = (await host.GrantsAsync()).First(grant => grant.Amount == 15);
        Assert.Equal(
            (CreditGrantType.Promotional, 0m, (object?)null), (back.Type, back.Cost.Amount, (object?)back.ExpireAt));
        Assert.EndsWith("mistake", back.Comment);
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite, AggregationFunction.Sum), InlineData(DatabaseKind.PostgreSql, AggregationFunction.Sum)]
    [InlineData(DatabaseKind.Sqlite, AggregationFunction.Max), InlineData(DatabaseKind.PostgreSql, AggregationFunction.Max)]
    [InlineData(DatabaseKind.Sqlite, AggregationFunction.Unique)]
    [InlineData(DatabaseKind.PostgreSql, AggregationFunction.Unique)]
    public async Task A_formula_prices_each_event_that_counts_also_one_that_adds_nothing(
        DatabaseKind kind, AggregationFunction function)
    {
        await using var host = await StartAsync(kind, function, "tokens", new(9m, new("ai"), "3 * in"));
        static UsageEvent In(string key, decimal tokens, decimal units) =>
            Event("c", key: key, dimensions: [("tokens", tokens), ("in", units)]);
        var asked = new EventToEstimate(
            new("c"), null, "call",
            NaiveMetering.Dimensions(new Dictionary<string, object> { ["tokens"] = 0m, ["in"] = 2m }));

        // 3 for 0 tokens, 6 for the same value again, nothing for what the meter does not count.
        await host.SendAsync(In("a", 0, 1), Event("c", key: "other", dimensions: ("in", 5m)));
        var estimate = Accepted(await host.Get<EstimateEventCost>().ExecuteAsync(host.Scope(), asked, Cancellation));
        Assert.Equal(6m, estimate.Pools.Single().Cost);
        await host.SendAsync(In("b", 0, 2));
        Assert.Equal(91m, await host.BalanceAsync());
        // Amended from 6 to 9, taken out, and amended to what the meter does not count.
        Accepted(await host.CorrectAsync("b", ("tokens", 0m), ("in", 3m)));
        Assert.Equal(88m, await host.BalanceAsync());
        Accepted(await host.VoidAsync("b"));
        Assert.Equal(97m, await host.BalanceAsync());
        Accepted(await host.CorrectAsync("a", ("in", 7m)));
        Assert.Equal(100m, await host.BalanceAsync());
        // A report of 0 is one use of it; a SET to what is so already is none, and neither is a repeated report.
        var zero = Delta("c", "tokens", 0, key: "zero") with { Dimensions = """{"in":2}""" };
        await host.ReportAsync(zero);
        await host.ReportAsync(zero);
        await host.ReportAsync(MeteringDriver.Set("c", "tokens", 0) with { Dimensions = """{"in":5}""" });
        Assert.Equal(94m, await host.BalanceAsync());
        // What takes usage back is free.
        if (function == AggregationFunction.Sum)
            await host.SendAsync(In("minus", -1, 4));
        Assert.Equal(94m, await host.BalanceAsync());
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Event_that_cost_nothing_by_its_formula_costs_what_it_is_amended_to(DatabaseKind kind)
    {
        await using var host = await EventBurnDriver.StartAsync(
            kind, MeterOf(AggregationFunction.Count, null), new(1m, new("ai"), "2 * tokens + 1"));
        await host.GrantAsync(100);
        // 2 x -3 + 1 is below 0.
        await host.SendAsync(Call("a", -3m));
        Assert.Equal(100m, await host.BalanceAsync());

        Accepted(await host.CorrectAsync("a", ("tokens", 2m)));
        Assert.Equal(95m, await host.BalanceAsync());
        Accepted(await host.CorrectAsync("a", ("tokens", -3m)));
        Assert.Equal(100m, await host.BalanceAsync());
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Corrections_where_the_window_decides_follow_its_usage(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, AggregationFunction.Unique, "user", new(10m, new("ai"), null));
        await host.SendAsync(User("a", "ann"), User("b", "ann"), User("c", "bob"));
        Assert.Equal(80m, await host.BalanceAsync());

        // b still tells of ann; with both gone she is not counted.
        Accepted(await host.VoidAsync("a"));
        Assert.Equal(80m, await host.BalanceAsync());
        Accepted(await host.CorrectAsync("b", ("user", "bob")));
        Assert.Equal((90m, 1m), (await host.BalanceAsync(), await host.UsageAsync("c", "tokens")));
        Accepted(await host.CorrectAsync("c", ("user", "eve")));
        Assert.Equal((80m, 2m), (await host.BalanceAsync(), await host.UsageAsync("c", "tokens")));
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_comes_back_lasts_as_long_as_what_had_paid(DatabaseKind kind)
    {
        await using var host = await EventBurnDriver.StartAsync(kind, MeterOf(AggregationFunction.Sum, "tokens"));
        await host.GrantAsync(CreditDriver.Draft(40) with { ExpireAt = host.At(days: 10) });
        await host.SendAsync(Call("a", 20m), Call("b", 20m));

        Accepted(await host.VoidAsync("a"));
        Assert.Equal(host.At(days: 10), (await host.GrantsAsync())[0].ExpireAt);
        Assert.Equal(30m, await host.BalanceAsync());
        host.Time.Advance(TimeSpan.FromDays(11));
        // What b took would have expired as well.
        Accepted(await host.VoidAsync("b"));
        Assert.Equal(0m, await host.BalanceAsync());
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task An_event_that_came_before_its_feature_was_priced_stays_free(DatabaseKind kind)
    {
        await using var host = await CreditDriver.StartAsync(kind);
        await host.FeatureAsync("tokens", events: MeterOf(AggregationFunction.Sum, "tokens"));
        await host.GrantAsync(100);
        await host.SendAsync(Call("a", 20m), Call("b", "x"));
        await host.MappedPlanAsync("pro", "product-default", new(1m, new("ai"), null));
        Accepted(await host.ProvisionAsync("c", "pro"));

        Accepted(await host.VoidAsync("a"));
        Accepted(await host.CorrectAsync("a", ("tokens", 50m)));
        Assert.Equal(100m, await host.BalanceAsync());
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite, AggregationFunction.Max), InlineData(DatabaseKind.PostgreSql, AggregationFunction.Max)]
    [InlineData(DatabaseKind.Sqlite, AggregationFunction.Unique), InlineData(DatabaseKind.PostgreSql, AggregationFunction.Unique)]
    public async Task An_estimate_knows_what_is_in_the_window(DatabaseKind kind, AggregationFunction function)
    {
        await using var host = await StartAsync(kind, function);
        foreach (var tokens in new[] { 4m, 10m, 4m, 7m, 12m })
        {
            var asked = new EventToEstimate(
                new("c"), null, "call", NaiveMetering.Dimensions(new Dictionary<string, object> { ["tokens"] = tokens }));
            var estimate = Accepted(await host.Get<EstimateEventCost>().ExecuteAsync(host.Scope(), asked, Cancellation));
            var before = await host.BalanceAsync();
            await host.SendAsync(Call($"k{tokens}-{before}", tokens));
            Assert.Equal(estimate.Pools.Single().Cost, before - await host.BalanceAsync());
            // What a reader counts and keeps nowhere is told the same.
            if (tokens == 10m)
                await host.RestartAsync();
        }

        // MAX: 12 at half a credit. UNIQUE: 4, 10, 7 and 12.
        Assert.Equal(function == AggregationFunction.Max ? 94m : 98m, await host.BalanceAsync());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_report_adds_to_what_events_count_and_burns_for_it(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.SendAsync(Call("a", 20m));

        // 20 by the event and 10 reported; then a SET to 50 reports 20 more.
        Assert.Equal([30m, 50m], await host.UsagesAsync(
            Delta("c", "tokens", 10, key: "r"), MeteringDriver.Set("c", "tokens", 50)));
        Assert.Equal((50m, 75m), (await host.UsageAsync("c", "tokens"), await host.BalanceAsync()));
        // Repeated it is the same report; taken back it is less usage and no credits.
        Assert.Equal(30m, (await host.ReportAsync(Delta("c", "tokens", 10, key: "r")))[0].CurrentUsage);
        Assert.Equal([45m], await host.UsagesAsync(Delta("c", "tokens", -5)));
        await host.SendAsync(Call("b", 2m));
        Assert.Equal((47m, 74m), (await host.UsageAsync("c", "tokens"), await host.BalanceAsync()));
        Assert.Equal(ErrorCode.EntitlementUsageOutOfRangeError, (await host.TryReportAsync(
            Delta("c", "tokens", 1), Delta("c", "tokens", -100))).Refusal!.Code);
        // Into a month that is over: not usage of now.
        await host.ReportAsync(Delta("c", "tokens", 8, at: "2024-12-20T00:00:00Z"));
        Assert.Equal((47m, 70m), (await host.UsageAsync("c", "tokens"), await host.BalanceAsync()));

        await host.RestartAsync();
        Assert.Equal(47m, await host.UsageAsync("c", "tokens"));
        await host.SendAsync(Call("c", 3m));
        Assert.Equal(50m, await host.UsageAsync("c", "tokens"));
        // Counted anew from the events, and corrected, the reports stay.
        Accepted(await host.VoidAsync("c"));
        Assert.Equal(47m, await host.UsageAsync("c", "tokens"));
        await host.SetMeterAsync("tokens", MeterOf(AggregationFunction.Max, "tokens"));
        await host.RunTasksAsync();
        // The largest is 20, and 25 are reported.
        Assert.Equal(45m, await host.UsageAsync("c", "tokens"));
        var history = Accepted(await host.Get<ReadUsageHistory>().ExecuteAsync(
            host.Scope(), new(new("c"), null, new("tokens"), At("2024-12-01T00:00:00Z"), null, []), Cancellation));
        // December came to the reported 8 at its end.
        Assert.Equal(45m, history.Series[0].Points[^1].Value);
        Assert.Contains(history.Series[0].Points, point => point is { Value: 8, IsResetPoint: false });
        await host.AuditAsync();
    }
}
