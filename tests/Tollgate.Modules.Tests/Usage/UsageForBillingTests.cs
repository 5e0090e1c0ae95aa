using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage;

/// <summary>
/// Measuring for bills (spec catalog 9.6 and 9.7). Customer c subscribed on 2025-01-15 at 12:00; calls start again
/// every month, pings every day, seats never.
/// </summary>
public sealed class UsageForBillingTests
{
    private static readonly BillingWindow FirstMonth = new(At("2025-01-15T12:00:00Z"), At("2025-02-15T12:00:00Z"));
    private static readonly ResetRule EveryMonth = ResetRule.Of(ResetPeriod.Month);

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Level_at_the_end_is_what_was_there_before_it(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.ReportAsync(Set("c", "seats", 5), Delta("c", "seats", 2));

        Assert.Equal(7, (await host.MeasureAsync(LevelOfSeats(FirstMonth))).Level);

        // Dated at the end and later: not this month's. Dated before it, though it arrives afterwards: this month's.
        host.MoveTo("2025-02-20T00:00:00Z");
        await host.ReportAsync(
            Delta("c", "seats", 10, at: "2025-02-15T12:00:00Z"), Delta("c", "seats", 100),
            Delta("c", "seats", 1, at: "2025-02-15T11:59:59.999Z"));

        Assert.Equal(8, (await host.MeasureAsync(LevelOfSeats(FirstMonth))).Level);
        Assert.Equal(118, (await host.MeasureAsync(
            LevelOfSeats(new(FirstMonth.End, At("2025-03-15T12:00:00Z"))))).Level);
        await host.RestartAsync();
        Assert.Equal(8, (await host.MeasureAsync(LevelOfSeats(FirstMonth))).Level);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_was_added_counts_from_the_start_to_the_end_and_sets_by_their_difference(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        host.MoveTo("2025-02-16T00:00:00Z");
        // The usage windows are Jan 15 - Feb 15 and Feb 15 - Mar 15, 00:00; the bill goes from 12:00 to 12:00.
        await host.ReportAsync(
            Delta("c", "calls", 100, at: "2025-01-15T11:00:00Z"),
            Delta("c", "calls", 3, at: "2025-01-15T12:00:00Z"),
            Set("c", "calls", 150, at: "2025-02-01T00:00:00Z"),
            Set("c", "calls", 20, at: "2025-02-15T00:00:00Z"),
            Delta("c", "calls", 5, at: "2025-02-15T11:00:00Z"),
            Delta("c", "calls", 7, at: "2025-02-15T12:00:00Z"));

        // 103 -> 150 is 3 + 47 after the first 100; then 20 and 5 of the next window.
        Assert.Equal(75, (await host.MeasureAsync(Added(FirstMonth))).Accumulated);
        Assert.Equal(7, (await host.MeasureAsync(
            Added(new(FirstMonth.End, At("2025-03-15T12:00:00Z"))))).Accumulated);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Each_usage_window_is_measured_before_and_at_the_end_of_the_bill(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        host.MoveTo("2025-01-19T00:00:00Z");
        await host.ReportAsync(
            Delta("c", "pings", 4, at: "2025-01-15T10:00:00Z"), Delta("c", "pings", 2, at: "2025-01-15T13:00:00Z"),
            Delta("c", "pings", 9, at: "2025-01-17T23:59:59.999Z"),
            Delta("c", "pings", 50, at: "2025-01-18T10:00:00Z"));

        var measured = await host.MeasureAsync(PerDay(new(FirstMonth.Start, At("2025-01-18T06:00:00Z"))));

        // The 15th had 4 when the bill begins; the 18th has nothing by 06:00.
        Assert.Equal([new WindowUsage(4, 6), new(0, 0), new(0, 9), new(0, 0)], measured.Windows);
        // Beyond 5 a day: 1 of the 15th, since 4 were no overage, and 4 of the 17th.
        Assert.Equal(5, measured.Beyond(5, isReset: true));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_plan_transition_starts_the_usage_window_again(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.ReportAsync(Set("c", "calls", 30));
        host.MoveTo("2025-01-25T08:00:00Z");
        Accepted(await host.ProvisionAsync("c", "other"));
        await host.ReportAsync(Set("c", "calls", 4));

        var before = At("2025-01-25T08:00:00Z");
        // 30 before; after the transition usage began at 0, so the set added 4 and took nothing back.
        Assert.Equal([new WindowUsage(0, 30), new(0, 4)],
            (await host.MeasureAsync(Added(FirstMonth) with { Anchor = before })).Windows);
        Assert.Equal(4, (await host.MeasureAsync(
            Added(new(before, FirstMonth.End)) with { Anchor = before })).Accumulated);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_subscription_on_a_resource_is_billed_for_the_usage_of_its_resource(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.ProductAsync("sites", isMultiple: true);
        await host.PlanAsync("site", "sites", Limit("calls", 10, Monthly));
        Accepted(await host.ProvisionAsync("c", "site", r => r with { ResourceId = new("r1") }));
        await host.ReportAsync(
            Delta("c", "calls", 1), Delta("c", "calls", 20, resource: "r1"), Delta("c", "seats", 3, resource: "r1"));

        Assert.Equal(20, (await host.MeasureAsync(Added(FirstMonth), plan: "site")).Accumulated);
        Assert.Equal(1, (await host.MeasureAsync(Added(FirstMonth))).Accumulated);
        // Seats are the global plan's: what names a resource counts for the customer.
        Assert.Equal(3, (await host.MeasureAsync(LevelOfSeats(FirstMonth))).Level);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Nothing_reported_is_nothing_used_and_no_need_no_question(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);

        Assert.Equal(0, (await host.MeasureAsync(LevelOfSeats(FirstMonth))).Level);
        Assert.Equal(0, (await host.MeasureAsync(Added(FirstMonth))).Accumulated);
        var subscription = (await host.StoredAsync("c"))[0];
        Assert.Empty(await host.Database.ReadAsync(
            (session, _) => host.Get<IUsageForBilling>().MeasureAsync(session, host.EnvironmentId, subscription, []),
            TestContext.Current.CancellationToken));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Direct_reports_of_a_feature_do_not_count_once_it_has_a_meter(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.ReportAsync(Delta("c", "calls", 12));
        Accepted(await host.Get<Modules.Catalog.Features.FeatureUseCases>().UpdateAsync(
            host.Scope(), new("calls"),
            new()
            {
                Meter = new(new(
                    new(AggregationFunction.Count, null),
                    [new([new("eventName", ConditionOperation.Equals, "call", null)])])),
            },
            TestContext.Current.CancellationToken));

        Assert.Equal(0, (await host.MeasureAsync(Added(FirstMonth))).Accumulated);
    }

    private static UsageNeed LevelOfSeats(BillingWindow window) =>
        new(new("seats"), window, UsageMeasure.Level, null, FirstMonth.Start);

    private static UsageNeed Added(BillingWindow window) =>
        new(new("calls"), window, UsageMeasure.Accumulated, EveryMonth, FirstMonth.Start);

    private static UsageNeed PerDay(BillingWindow window) => new(
        new("pings"), window, UsageMeasure.PerUsageWindow, ResetRule.Of(ResetPeriod.Day), FirstMonth.Start);

    private static async Task<ModuleHost> SubscribedAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        foreach (var feature in new[] { "calls", "pings", "seats" })
            await host.FeatureAsync(feature);
        EntitlementInput[] rows = [Limit("calls", 100, Monthly), Limit("pings", 5, Daily), Limit("seats", 10)];
        await host.PlanAsync("free", rows);
        await host.PlanAsync("other", rows);
        await host.CustomerAsync("c");
        Accepted(await host.ProvisionAsync("c", "free"));
        return host;
    }
}

/// <summary>Asking as a bill does.</summary>
internal static class BillingDriver
{
    /// <summary>Of the customer's subscription to the plan; of the oldest one without a plan.</summary>
    public static async Task<MeasuredUsage> MeasureAsync(this ModuleHost host, UsageNeed need, string? plan = null)
    {
        var subscription = (await host.StoredAsync("c")).First(s => plan is null || s.PlanId.Value == plan);
        var measured = await host.Database.ReadAsync(
            (session, _) => host.Get<IUsageForBilling>()
                .MeasureAsync(session, host.EnvironmentId, subscription, [need]),
            TestContext.Current.CancellationToken);
        return measured[need];
    }
}
