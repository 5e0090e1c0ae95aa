using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Usage;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Credits.CreditDriver;

namespace Tollgate.Modules.Tests.Credits;

/// <summary>Reported usage that burns credits (spec credits 5 and 6).</summary>
public sealed class UsageBurnTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task<ModuleHost> StartAsync(DatabaseKind kind, CreditRate rate, UnitTransformation? units = null)
    {
        var host = await CreditDriver.StartAsync(kind);
        Assert.Null((await host.Get<FeatureUseCases>().CreateAsync(
            host.Scope(),
            new()
            {
                Id = new("tokens"),
                DisplayName = "Tokens",
                Type = FeatureType.Number,
                MeterType = MeterType.Incremental,
                UnitTransformation = units,
                Meter = new(
                    new(AggregationFunction.Sum, "tokens"),
                    [new([new("eventName", ConditionOperation.Equals, "chat", null)])]),
            },
            Cancellation)).Refusal);
        await host.SubscribeAsync(new PricingModelInput(
            BillingModel.CreditBased, [new(BillingPeriod.Monthly) { CreditRate = rate }])
        { FeatureId = new("tokens") });
        return host;
    }

    private static UsageReport Report(decimal value, UpdateBehavior behavior = UpdateBehavior.Delta, string? key = null) => new()
    {
        CustomerId = new("c"),
        FeatureId = new("tokens"),
        Value = value,
        Behavior = behavior,
        IdempotencyKey = key,
    };

    private static async Task<UsageRecorded> ReportAsync(ModuleHost host, UsageReport report)
    {
        var recorded = await host.Get<ReportUsage>().ExecuteAsync(host.Scope(), [report], Cancellation);
        Assert.Null(recorded.Refusal);
        return recorded.Value[0];
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_report_burns_at_the_rate_and_tells_the_pool(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, new(0.5m, new("ai"), null));
        await host.GrantAsync(100);

        var first = (await ReportAsync(host, Report(60, key: "k"))).Credit!;
        var again = (await ReportAsync(host, Report(60, key: "k"))).Credit!;
        var deficit = (await ReportAsync(host, Report(200))).Credit!;

        // 60 x 0.5 = 30; 200 x 0.5 = 100, of which 70 are there.
        Assert.Equal(("ai", 30m, 30m, 100m),
            (first.CurrencyId.Value, first.Burnt.Consumed, first.Burnt.CurrentUsage, first.Burnt.UsageLimit));
        Assert.Equal((0m, 30m), (again.Burnt.Consumed, again.Burnt.CurrentUsage));
        Assert.Equal((100m, 130m), (deficit.Burnt.Consumed, deficit.Burnt.CurrentUsage));
        Assert.Equal(-30m, await host.BalanceAsync());
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Corrections_give_nothing_back_and_a_set_costs_what_it_adds(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, new(1m, new("ai"), null));
        await host.GrantAsync(100);

        Assert.Equal(10m, (await ReportAsync(host, Report(10))).Credit!.Burnt.Consumed);
        Assert.Equal(0m, (await ReportAsync(host, Report(-4))).Credit!.Burnt.Consumed);
        // 6 are reported; a SET to 9 adds 3, one to 2 adds nothing.
        Assert.Equal(3m, (await ReportAsync(host, Report(9, UpdateBehavior.Set))).Credit!.Burnt.Consumed);
        Assert.Equal(0m, (await ReportAsync(host, Report(2, UpdateBehavior.Set))).Credit!.Burnt.Consumed);
        Assert.Equal(87m, await host.BalanceAsync());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_formula_reads_the_dimensions(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, new(1m, new("ai"), "1.1*in + 5*out"));
        await host.GrantAsync(10_000);

        // 1.1 x 1 500 + 5 x 250 = 2 900; without out 1 650 (spec credits 17).
        Assert.Equal(2_900m, (await ReportAsync(
            host, Report(1) with { Dimensions = """{"in":1500,"out":250}""" })).Credit!.Burnt.Consumed);
        Assert.Equal(1_650m, (await ReportAsync(
            host, Report(1) with { Dimensions = """{"in":"1500","model":"x"}""" })).Credit!.Burnt.Consumed);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Units_are_divided_before_the_rate_and_not_rounded(DatabaseKind kind)
    {
        await using var host = await StartAsync(
            kind, new(2m, new("ai"), null), new(1_000, RoundingDirection.Up, "thousand", "thousands"));
        await host.GrantAsync(10);

        // 1 500 / 1 000 x 2 = 3.
        Assert.Equal(3m, (await ReportAsync(host, Report(1_500))).Credit!.Burnt.Consumed);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_refused_call_burns_nothing(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, new(1m, new("ai"), null));
        await host.GrantAsync(100);

        var refused = await host.Get<ReportUsage>().ExecuteAsync(
            host.Scope(), [Report(10), Report(-50)], Cancellation);

        Assert.Equal(ErrorCode.EntitlementUsageOutOfRangeError, refused.Refusal?.Code);
        Assert.Equal(100m, await host.BalanceAsync());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Usage_of_a_metered_feature_that_nothing_maps_comes_from_events_only(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, new(1m, new("ai"), null));
        await host.CustomerAsync("other");

        var refused = await host.Get<ReportUsage>().ExecuteAsync(
            host.Scope(), [Report(10) with { CustomerId = new("other") }], Cancellation);

        Assert.Equal(ErrorCode.CannotReportUsageForEntitlementWithMeterError, refused.Refusal?.Code);
    }
}
