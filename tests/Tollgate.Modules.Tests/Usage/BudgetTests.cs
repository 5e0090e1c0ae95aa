using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Tests.Usage.Events;
using Tollgate.Modules.Usage;
using Tollgate.Modules.Usage.Events;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage;

/// <summary>
/// Maximum spend (spec subscriptions 3.5, entitlements-and-usage 4 step 9). A call costs 0.50, a seat 8; customer c
/// subscribed on 2025-01-15 at 12:00, so its first period ends on 2025-02-15 at 12:00.
/// </summary>
public sealed class BudgetTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_hard_budget_denies_usage_from_the_limit_on(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind, new(50, false));

        // 99 calls cost 49.50.
        await host.ReportAsync(Delta("c", "calls", 99));
        Assert.Null(await host.ReasonAsync("c", "calls"));
        await host.ReportAsync(Delta("c", "calls", 1));
        Assert.Equal(AccessDeniedReason.BudgetExceeded, await host.ReasonAsync("c", "calls"));
        // What is not paid by usage is not denied; another priced feature is.
        Assert.Null(await host.ReasonAsync("c", "exports"));
        Assert.Equal(AccessDeniedReason.BudgetExceeded, await host.ReasonAsync("c", "seats"));
        await host.RestartAsync();
        Assert.Equal(AccessDeniedReason.BudgetExceeded, await host.ReasonAsync("c", "calls"));
        // Usage that is taken back gives room again.
        await host.ReportAsync(Delta("c", "calls", -1));
        Assert.Null(await host.ReasonAsync("c", "calls"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Usage_from_events_is_spent_like_reported_usage(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind, new(50, false), events: true);
        // 90 calls cost 45.
        await host.SendAsync([.. Enumerable.Range(0, 90).Select(_ => EventDriver.Event("c"))]);
        Assert.Null(await host.ReasonAsync("c", "calls"));

        // A seat costs 8: 53 in all.
        await host.ReportAsync(Delta("c", "seats", 1));

        Assert.Equal(AccessDeniedReason.BudgetExceeded, await host.ReasonAsync("c", "calls"));
        Assert.Equal(AccessDeniedReason.BudgetExceeded, await host.ReasonAsync("c", "seats"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Reports_leave_usage_from_events_alone_that_the_same_budget_pays(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind, new(500, false), events: true);
        await host.SendAsync([.. Enumerable.Range(0, 90).Select(_ => EventDriver.Event("c"))]);
        Assert.Equal(90, await host.UsageAsync("c", "calls"));

        await host.ReportAsync(Delta("c", "seats", 1));

        Assert.Equal(90, await host.UsageAsync("c", "calls"));
        await host.SendAsync(EventDriver.Event("c"));
        Assert.Equal(91, await host.UsageAsync("c", "calls"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Events_announce_the_thresholds_they_cross(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind, new(50, false), events: true);
        // 79 calls cost 39.50, 81 cost 40.50: over 80 % = 40.
        await SendAsync(host, 79);
        Assert.Empty(await ThresholdsAsync(host));
        await SendAsync(host, 2);
        Assert.Equal(["80"], await ThresholdsAsync(host));
        // Sent again it is the same event.
        await host.SendAsync(EventDriver.Event("c", null, "again"), EventDriver.Event("c", null, "again"));
        await host.RestartAsync();
        await host.SendAsync(EventDriver.Event("c", null, "again"));
        Assert.Equal(["80"], await ThresholdsAsync(host));
        // 82 calls are 41; a seat makes 49, and it takes 2 calls more to 50.
        await host.ReportAsync(Delta("c", "seats", 1));
        await SendAsync(host, 1);
        Assert.Null(await host.ReasonAsync("c", "calls"));
        await SendAsync(host, 1);
        Assert.Equal(["80", "100"], await ThresholdsAsync(host));
        Assert.Equal(AccessDeniedReason.BudgetExceeded, await host.ReasonAsync("c", "calls"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Late_events_are_spent_in_the_period_they_are_dated_in(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind, new(50, false), events: true);
        host.MoveTo("2025-02-20T00:00:00Z");
        await SendAsync(host, 70);
        Assert.Null(await host.ReasonAsync("c", "calls"));

        // As for reports: the period before is over, and what came on its last morning is usage of now and no cost.
        await SendAsync(host, 200, "2025-02-01T00:00:00Z");
        await SendAsync(host, 200, "2025-02-15T09:00:00Z");
        Assert.Null(await host.ReasonAsync("c", "calls"));
        Assert.Empty(await ThresholdsAsync(host));
        await SendAsync(host, 30, "2025-02-16T00:00:00Z");
        Assert.Equal(AccessDeniedReason.BudgetExceeded, await host.ReasonAsync("c", "calls"));
        Assert.Equal(["100"], await ThresholdsAsync(host));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_an_event_costs_does_not_grow_with_the_events_before_it(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind, new(100_000, false), events: true);
        await SendAsync(host, 1);
        Assert.Null(await host.ReasonAsync("c", "calls"));
        var reader = host.Get<EventReader>();
        var before = reader.RowsRead;

        for (var i = 1; i <= 5; i++)
        {
            await SendAsync(host, 200);
            Assert.Null(await host.ReasonAsync("c", "calls"));
            await host.ReportAsync(Delta("c", "seats", 1));
            Assert.Null(await host.ReasonAsync("c", "seats"));
            // Nor when the cell is read from the database again: the month's counter is stored.
            host.Get<UsageLevels>().Missed();
        }

        // No event is read again, neither by the writers nor by the checks.
        Assert.Equal(0, reader.RowsRead - before);
        await host.RestartAsync();
        await SendAsync(host, 1);
        Assert.Null(await host.ReasonAsync("c", "calls"));
        Assert.Equal(0, host.Get<EventReader>().RowsRead);
        Assert.Equal(1_002, await host.UsageAsync("c", "calls"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_soft_budget_only_announces(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind, new(50, true));

        await host.ReportAsync(Delta("c", "calls", 500));

        Assert.Null(await host.ReasonAsync("c", "calls"));
        Assert.Equal(["100"], await ThresholdsAsync(host));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Each_threshold_is_announced_by_the_report_that_crosses_it(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind, new(50, false));

        await host.ReportAsync(Delta("c", "calls", 79));
        Assert.Empty(await ThresholdsAsync(host));
        // 79 calls cost 39.50, 81 cost 40.50: over 80 % = 40.
        await host.ReportAsync(Delta("c", "calls", 2));
        Assert.Equal(["80"], await ThresholdsAsync(host));
        await host.ReportAsync(Delta("c", "calls", 1));
        Assert.Equal(["80"], await ThresholdsAsync(host));
        await host.ReportAsync(Delta("c", "seats", 2));
        Assert.Equal(["80", "100"], await ThresholdsAsync(host));

        var page = await host.Get<ListEvents>().ExecuteAsync(
            host.Scope(), new() { Types = [EventType.SubscriptionSpentLimitExceeded] }, new(1, null, null), Cancellation);
        // 82 x 0.50 + 2 x 8 = 57.
        Assert.Equal(
            [
                ("currentSpend", "57"), ("currentSpendPercentage", "114"), ("isSoftLimit", "false"),
                ("spendLimit", "50"), ("thresholdPercentage", "100"),
            ],
            page.Value.Items[0].Facts!.OrderBy(f => f.Key).Select(f => (f.Key, f.Value)));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task One_report_over_both_thresholds_announces_the_highest_and_a_refused_one_nothing(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind, new(50, false));

        Assert.NotNull((await host.TryReportAsync(Delta("c", "calls", 200), Delta("c", "seats", -5))).Refusal);
        Assert.Empty(await ThresholdsAsync(host));
        await host.ReportAsync(Delta("c", "calls", 200, key: "k"));
        await host.ReportAsync(Delta("c", "calls", 200, key: "k"));

        Assert.Equal(["100"], await ThresholdsAsync(host));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_new_period_starts_with_nothing_spent_but_a_level_counts_again(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind, new(50, false));
        await host.ReportAsync(Delta("c", "calls", 90), Delta("c", "seats", 1));
        Assert.Equal(AccessDeniedReason.BudgetExceeded, await host.ReasonAsync("c", "calls"));

        host.MoveTo("2025-02-15T11:59:59Z");
        Assert.Equal(AccessDeniedReason.BudgetExceeded, await host.ReasonAsync("c", "seats"));
        host.MoveTo("2025-02-15T12:00:00Z");
        Assert.Null(await host.ReasonAsync("c", "calls"));
        // The seat costs 8 again; 84 calls and it are 50.
        await host.ReportAsync(Delta("c", "calls", 83));
        Assert.Null(await host.ReasonAsync("c", "calls"));
        await host.ReportAsync(Delta("c", "calls", 1));
        Assert.Equal(AccessDeniedReason.BudgetExceeded, await host.ReasonAsync("c", "calls"));
        // 90 calls crossed 80 %, the seat after them 100 %; in the new period 8 + 41.50 and then 50.
        Assert.Equal(["80", "100", "80", "100"], await ThresholdsAsync(host));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_report_of_the_past_counts_in_the_period_it_is_dated_in(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind, new(50, false));
        host.MoveTo("2025-02-20T00:00:00Z");
        await host.ReportAsync(Delta("c", "calls", 70));
        Assert.Null(await host.ReasonAsync("c", "calls"));

        // The period before is over: nothing of it is spent now.
        await host.ReportAsync(Delta("c", "calls", 500, at: "2025-02-01T00:00:00Z"));
        Assert.Null(await host.ReasonAsync("c", "calls"));
        // On February 15 the usage window began at 00:00, the period at 12:00: in between it is usage and no cost.
        await host.ReportAsync(Delta("c", "calls", 500, at: "2025-02-15T09:00:00Z"));
        Assert.Null(await host.ReasonAsync("c", "calls"));
        Assert.Equal(570, await host.UsageAsync("c", "calls"));
        Assert.Empty(await ThresholdsAsync(host));
        await host.ReportAsync(Delta("c", "calls", 30, at: "2025-02-16T00:00:00Z"));
        Assert.Equal(AccessDeniedReason.BudgetExceeded, await host.ReasonAsync("c", "calls"));
        Assert.Equal(["100"], await ThresholdsAsync(host));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_spend_based_trial_stays_a_trial_and_denies_usage(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind, new(10, false), trialUntil: "2025-03-01T00:00:00Z");

        await host.ReportAsync(Delta("c", "calls", 19));
        Assert.Null(await host.ReasonAsync("c", "calls"));
        // Two billing months into the trial it is still the same budget.
        host.MoveTo("2025-02-20T00:00:00Z");
        await host.ReportAsync(Delta("c", "calls", 1));

        Assert.Equal(AccessDeniedReason.BudgetExceeded, await host.ReasonAsync("c", "calls"));
        Assert.Equal(SubscriptionStatus.InTrial, (await host.StoredAsync("c"))[0].Status);
        Assert.Equal(["80", "100"], await ThresholdsAsync(host));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Usage_before_a_change_of_plan_counts_at_the_price_of_its_time(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind, new(50, false));
        await PlanAsync(host, "dear", 99, 1);
        await host.PublishAsync("dear");
        await host.ReportAsync(Delta("c", "calls", 60));

        host.MoveTo("2025-01-25T00:00:00Z");
        Accepted(await host.ProvisionAsync("c", "dear"));

        // 60 calls at 0.50 are 30, not 60; 20 calls at 1.00 make it 50.
        Assert.Null(await host.ReasonAsync("c", "calls"));
        await host.ReportAsync(Delta("c", "calls", 19));
        Assert.Null(await host.ReasonAsync("c", "calls"));
        await host.ReportAsync(Delta("c", "calls", 1));
        Assert.Equal(AccessDeniedReason.BudgetExceeded, await host.ReasonAsync("c", "calls"));
        Assert.Equal(["80", "100"], await ThresholdsAsync(host));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task The_list_names_what_the_budget_denies(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind, new(50, false));
        await host.ReportAsync(Delta("c", "calls", 100));

        var list = await host.Get<ListEntitlements>().ExecuteAsync(host.Scope(), new("c"), null, Cancellation);

        Assert.Equal(
            [
                ("calls", AccessDeniedReason.BudgetExceeded), ("exports", (AccessDeniedReason?)null),
                ("seats", AccessDeniedReason.BudgetExceeded),
            ],
            list.Value.Rows.Select(r => (Id: r.Compiled.Entitlement.FeatureId.Value, r.DeniedReason)).OrderBy(r => r.Id));
        var explained = await host.Get<ExplainEntitlement>().ExecuteAsync(
            host.Scope(), new("c"), null, new("calls"), Cancellation);
        Assert.Equal(AccessDeniedReason.BudgetExceeded, explained.Value.DeniedReason);
    }

    [Fact]
    public async Task Reports_made_at_once_are_all_counted_and_cross_once()
    {
        await using var host = await SubscribedAsync(DatabaseKind.Sqlite, new(50, false));

        await Task.WhenAll(Enumerable.Range(0, 120).Select(_ => host.ReportAsync(Delta("c", "calls", 1))));

        Assert.Equal(["80", "100"], await ThresholdsAsync(host));
        Assert.Equal(AccessDeniedReason.BudgetExceeded, await host.ReasonAsync("c", "calls"));
    }

    private static Task SendAsync(ModuleHost host, int calls, string? at = null) =>
        host.SendAsync([.. Enumerable.Range(0, calls).Select(_ => EventDriver.Event("c", at))]);

    private static async Task<IReadOnlyList<string>> ThresholdsAsync(ModuleHost host)
    {
        var page = await host.Get<ListEvents>().ExecuteAsync(
            host.Scope(), new() { Types = [EventType.SubscriptionSpentLimitExceeded] }, new(50, null, null), Cancellation);
        return [.. page.Value.Items.Reverse().Select(e => e.Facts!["thresholdPercentage"])];
    }

    /// <summary>Customer c on Pro: calls by usage, seats by level, exports limited and free of charge.</summary>
    internal static async Task<ModuleHost> SubscribedAsync(
        DatabaseKind kind, Budget budget, string? trialUntil = null, bool events = false)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.FeatureAsync("calls", events: events ? EventDriver.MeterOf(AggregationFunction.Count) : null);
        foreach (var feature in new[] { "seats", "exports" })
            await host.FeatureAsync(feature);
        await PlanAsync(host, "pro", 49, 0.5m);
        await host.GrantAsync("pro", Limit("exports", 10));
        await host.PublishAsync("pro");
        await host.CustomerAsync("c");
        Accepted(await host.ProvisionAsync("c", "pro", r => r with
        {
            Budget = new(budget),
            SkipTrial = trialUntil is null,
            Trial = trialUntil is null ? null : new(true, At(trialUntil), TrialEndBehavior.CancelSubscription),
        }));
        return host;
    }

    /// <summary>A draft with a base fee, calls by usage and seats by their level.</summary>
    private static async Task PlanAsync(ModuleHost host, string id, decimal fee, decimal perCall)
    {
        var pricing = new PricingInput(PricingType.Paid)
        {
            Models =
            [
                new(BillingModel.FlatFee, [new(BillingPeriod.Monthly) { Price = new(fee, "usd") }]),
                Usage("calls", perCall, resets: true), Usage("seats", 8, resets: false),
            ],
        };
        var plans = host.Get<PlanUseCases>();
        var edit = new PackageEdit { DisplayName = id, PricingType = PricingType.Paid };
        Accepted(await plans.CreateAsync(
            host.Scope(), new(new(id), new("product-default"), edit), Cancellation));
        Accepted(await plans.UpdateAsync(host.Scope(), new(id), new(new(), pricing), Cancellation));

        static PricingModelInput Usage(string feature, decimal price, bool resets) => new(
            BillingModel.UsageBased, [new(BillingPeriod.Monthly) { Price = new(price, "usd") }])
        {
            FeatureId = new(feature),
            Reset = resets ? Monthly : new(),
        };
    }
}
