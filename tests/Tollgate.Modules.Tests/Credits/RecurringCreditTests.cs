using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Subscriptions.Bills;
using Tollgate.Modules.Tests.Catalog;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Credits.CreditDriver;

namespace Tollgate.Modules.Tests.Credits;

/// <summary>Credits that plans and add-ons grant, through the use cases (spec credits 8).</summary>
public sealed class RecurringCreditTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static CreditEntitlementInput Credits(decimal amount, bool soft = false) => new(new("ai"))
    {
        Amount = new(amount),
        Cadence = new(CreditCadence.Month),
        HasSoftLimit = new(soft),
    };

    /// <summary>A published plan at <paramref name="price"/> a month or twelve times that a year.</summary>
    private static async Task PlanAsync(
        ModuleHost host, string id, decimal price, CreditEntitlementInput? credits, params PricingModelInput[] further)
    {
        var plans = host.Get<PlanUseCases>();
        Assert.Null((await plans.CreateAsync(
            host.Scope(), new(new(id), new("product-default"), new() { DisplayName = id, PricingType = PricingType.Paid }),
            Cancellation)).Refusal);
        var pricing = new PricingInput(PricingType.Paid)
        {
            Models =
            [
                new(BillingModel.FlatFee,
                [
                    new(BillingPeriod.Monthly) { Price = new(price, "usd") },
                    new(BillingPeriod.Annually) { Price = new(price * 12, "usd") },
                ]),
                .. further,
            ],
        };
        Assert.Null((await plans.UpdateAsync(host.Scope(), new(id), new(new(), pricing), Cancellation)).Refusal);
        if (credits is not null)
        {
            Assert.Null((await host.Get<PlanEntitlementUseCases>().CreateAsync(
                host.Scope(), new(id), new([], [credits]), Cancellation)).Refusal);
        }

        Assert.Null((await host.Get<PublishPlan>().ExecuteAsync(
            host.Scope(), new(id), MigrationType.NewCustomers, Cancellation)).Refusal);
    }

    private static async Task<Subscription> ProvisionAsync(
        ModuleHost host, string plan, BillingPeriod period = BillingPeriod.Monthly,
        IReadOnlyList<CreditQuantityInput>? credits = null)
    {
        var provisioned = await host.Get<ProvisionWithEntitlements>().ExecuteAsync(
            host.Scope(),
            new(new ProvisionRequest(new("c"), new(plan))
            {
                BillingPeriod = period,
                SkipTrial = true,
                CreditQuantities = credits,
            }),
            Cancellation);
        Assert.Null(provisioned.Refusal);
        return provisioned.Value.Provisioned.Subscription!.Subscription;
    }

    private static Task<int> AdvanceAsync(ModuleHost host, Instant to)
    {
        host.Time.Advance((to - host.Scope().Now).ToTimeSpan());
        return host.Get<AdvanceSubscriptions>().RunDueAsync(host.Scope().Environment, host.Scope().Now, Cancellation);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_subscription_grants_its_credits_every_month(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await PlanAsync(host, "pro", 10, Credits(1_000));
        Assert.Equal(AccessDeniedReason.EntitlementNotFound, await host.CreditReasonAsync());
        var subscription = await ProvisionAsync(host, "pro", BillingPeriod.Annually);

        Assert.Equal(1_000m, await host.BalanceAsync());
        await host.ConsumeAsync(Use(300, "first"));
        var end = BillingPeriods.AddMonths(subscription.BillingCycleAnchor!.Value, 1);
        var grant = Assert.Single(await host.GrantsAsync());
        Assert.Equal(
            (CreditGrantType.Recurring, CreditGrantSource.PlanEntitlement, "pro", end, subscription.Id),
            (grant.Type, grant.Source!.Value, grant.DisplayName, grant.ExpireAt!.Value, grant.SubscriptionId!.Value));

        // The months of an annual term are no boundaries of the subscription.
        await AdvanceAsync(host, end);
        Assert.Equal(1_000m, await host.BalanceAsync());
        Assert.Equal(
            [
                (CreditEntryKind.Granted, 1_000m), (CreditEntryKind.Consumed, 300m), (CreditEntryKind.Expired, 700m),
                (CreditEntryKind.Granted, 1_000m),
            ],
            await host.LedgerAsync());
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_late_worker_grants_every_cycle_once_at_its_instant(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await PlanAsync(host, "pro", 10, Credits(100));
        var anchor = (await ProvisionAsync(host, "pro")).BillingCycleAnchor!.Value;

        await AdvanceAsync(host, BillingPeriods.AddMonths(anchor, 3) + Duration.FromDays(1));
        await AdvanceAsync(host, host.Scope().Now);

        var grants = (await host.GrantsAsync()).Reverse().ToList();
        Assert.Equal(
            Enumerable.Range(0, 4).Select(n => BillingPeriods.AddMonths(anchor, n)), grants.Select(g => g.EffectiveAt));
        Assert.Equal(
            Enumerable.Range(1, 4).Select(n => BillingPeriods.AddMonths(anchor, n)), grants.Select(g => g.ExpireAt!.Value));
        Assert.Equal(grants.Select(g => g.EffectiveAt), grants.Select(g => g.CreatedAt));
        Assert.Equal(100m, await host.BalanceAsync());
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_check_after_the_boundary_sees_the_next_cycle_before_any_worker_ran(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await PlanAsync(host, "pro", 10, Credits(100));
        var anchor = (await ProvisionAsync(host, "pro", BillingPeriod.Annually)).BillingCycleAnchor!.Value;
        await host.ConsumeAsync(Use(100, "all"));
        Assert.Equal(AccessDeniedReason.InsufficientCredits, await host.CreditReasonAsync());

        host.Time.Advance((BillingPeriods.AddMonths(anchor, 1) - host.Scope().Now).ToTimeSpan());

        Assert.Null(await host.CreditReasonAsync(100));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_soft_row_lets_checks_go_on_below_zero(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await PlanAsync(host, "pro", 10, Credits(100, soft: true));
        await ProvisionAsync(host, "pro");
        await host.ConsumeAsync(Use(150, "more"));

        Assert.Equal(-50m, await host.BalanceAsync());
        Assert.Null(await host.CreditReasonAsync(10));
        Assert.True((await host.CheckCreditsAsync()).Credits!.HasSoftLimit);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task An_upgrade_carries_consumption_and_a_cancellation_takes_back_the_rest(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await PlanAsync(host, "pro", 10, Credits(1_000));
        await PlanAsync(host, "team", 20, Credits(5_000));
        await ProvisionAsync(host, "pro");
        await host.ConsumeAsync(Use(600, "first"));
        var team = await ProvisionAsync(host, "team");

        // 5 000 - 600 (spec credits 8.4).
        Assert.Equal(4_400m, await host.BalanceAsync());
        Assert.Equal(
            [
                (CreditEntryKind.Granted, 1_000m), (CreditEntryKind.Consumed, 600m), (CreditEntryKind.Granted, 5_000m),
                (CreditEntryKind.TransferSource, 600m), (CreditEntryKind.TransferTarget, 600m), (CreditEntryKind.Voided, 1_000m),
            ],
            await host.LedgerAsync());

        await host.GrantAsync(70);
        Assert.Null((await host.Get<SubscriptionUseCases>().CancelAsync(
            host.Scope(), team.Id, new() { Time = CancellationTime.Immediate }, Cancellation)).Refusal);
        Assert.Equal(70m, await host.BalanceAsync());
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_preview_leaves_pools_alone(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await PlanAsync(host, "pro", 10, Credits(1_000));
        await PlanAsync(host, "team", 20, Credits(5_000));
        await ProvisionAsync(host, "pro");
        await host.ConsumeAsync(Use(600, "first"));

        Assert.Null((await host.Get<PreviewSubscription>().ExecuteAsync(
            host.Scope(),
            new(new ProvisionRequest(new("c"), new("team")) { BillingPeriod = BillingPeriod.Monthly, SkipTrial = true }),
            Cancellation)).Refusal);

        Assert.Equal(400m, await host.BalanceAsync());
        Assert.Single(await host.GrantsAsync());
        await host.ConsumeAsync(Use(100, "second"));
        Assert.Equal(300m, await host.BalanceAsync());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Credits_bought_every_period_are_invoiced_and_granted(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await PlanAsync(host, "pro", 10, null, new PricingModelInput(
            BillingModel.PerUnit,
            [
                new(BillingPeriod.Monthly) { Price = new(0.001m, "usd"), CreditGrantCadence = CreditGrantCadence.BeginningOfBillingPeriod },
                new(BillingPeriod.Annually) { Price = new(0.0008m, "usd"), CreditGrantCadence = CreditGrantCadence.Monthly },
            ])
        { TopUpCurrencyId = new("ai"), MinUnitQuantity = 1_000, MaxUnitQuantity = 500_000 });
        var refused = await host.Get<ProvisionWithEntitlements>().ExecuteAsync(
            host.Scope(),
            new(new ProvisionRequest(new("c"), new("pro"))
            {
                BillingPeriod = BillingPeriod.Monthly,
                SkipTrial = true,
                CreditQuantities = [new(new("ai"), 999)],
            }),
            Cancellation);
        var subscription = await ProvisionAsync(
            host, "pro", BillingPeriod.Annually, [new(new("ai"), 120_000)]);

        // 120 000 for 96.00 a year: 10 000 a month at 8.00 (spec credits 8.5).
        Assert.Equal(ErrorCode.InvalidQuantity, refused.Refusal?.Code);
        var grant = Assert.Single(await host.GrantsAsync());
        Assert.Equal((10_000m, 8m, CreditGrantSource.Price), (grant.Amount, grant.Cost.Amount, grant.Source!.Value));
        await AdvanceAsync(host, BillingPeriods.AddMonths(subscription.BillingCycleAnchor!.Value, 12) - Duration.FromMilliseconds(1));
        Assert.Equal(12, (await host.GrantsAsync()).Count);
        Assert.Equal(10_000m, await host.BalanceAsync());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_a_request_says_about_credits_must_be_possible(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await PlanAsync(host, "pro", 10, Credits(1_000));

        Assert.Equal(ErrorCode.CustomCurrencyNotFound, await OverrideAsync(new CreditOverride(new("none"), 5, CreditCadence.Month)));
        Assert.Equal(ErrorCode.InvalidArgumentError, await OverrideAsync(new CreditOverride(new("ai"), 0, CreditCadence.Month)));
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, await OverrideAsync(
            new CreditOverride(new("ai"), 5, CreditCadence.Month), new CreditOverride(new("ai"), 5, CreditCadence.Year)));
        Assert.Equal(ErrorCode.CustomCurrencyNotFound, await BuyAsync("none"));
        Assert.Equal(ErrorCode.InvalidArgumentError, await BuyAsync("ai"));
        Assert.Null(await OverrideAsync(new CreditOverride(new("ai"), 2_500, CreditCadence.Month)));
        Assert.Equal(2_500m, await host.BalanceAsync());

        async Task<ErrorCode?> OverrideAsync(params CreditOverride[] overrides) => await TryAsync(
            new(new("c"), new("pro")) { Overrides = [], CreditOverrides = overrides });

        async Task<ErrorCode?> BuyAsync(string currency) => await TryAsync(
            new(new("c"), new("pro")) { CreditQuantities = [new(new(currency), 5)] });

        async Task<ErrorCode?> TryAsync(ProvisionRequest request) => (await host.Get<ProvisionWithEntitlements>().ExecuteAsync(
            host.Scope(), new(request with { BillingPeriod = BillingPeriod.Monthly, SkipTrial = true }), Cancellation))
            .Refusal?.Code;
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_new_cycle_is_no_depletion_and_the_last_one_is(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await PlanAsync(host, "pro", 10, Credits(100));
        var anchor = (await ProvisionAsync(host, "pro")).BillingCycleAnchor!.Value;
        await host.ConsumeAsync(Use(40, "k"));

        // Whoever looks first after the end, a list here, sees both happen at once.
        host.Time.Advance((BillingPeriods.AddMonths(anchor, 1) - host.Scope().Now).ToTimeSpan());
        Assert.Equal(2, (await host.GrantsAsync()).Count);
        await AdvanceAsync(host, BillingPeriods.AddMonths(anchor, 2));
        await host.RunDueAsync();

        Assert.DoesNotContain(EventType.CreditBalanceDepleted, await host.CreditEventsAsync());
        Assert.DoesNotContain(EventType.CreditBalanceLow, await host.CreditEventsAsync());
        var subscription = (await SubscriptionsAsync(host)).Single();
        Assert.Null((await host.Get<SubscriptionUseCases>().CancelAsync(
            host.Scope(), subscription.Id, new() { Time = CancellationTime.EndOfBillingPeriod }, Cancellation)).Refusal);
        await AdvanceAsync(host, BillingPeriods.AddMonths(anchor, 3));
        await host.RunDueAsync();
        Assert.Single(await host.CreditEventsAsync(), type => type == EventType.CreditBalanceDepleted);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Every_change_of_a_balance_is_in_the_log(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await PlanAsync(host, "pro", 10, Credits(100));
        await ProvisionAsync(host, "pro");
        await host.ConsumeAsync(Use(40, "k"));
        await host.ConsumeAsync(Use(40, "k"));

        // Granted: 100. Consumed: 60. The repetition changes nothing.
        var told = (await host.Get<ListEvents>().ExecuteAsync(
            host.Scope(), new() { Types = [EventType.CreditBalanceUpdated] }, new(100, null, null), Cancellation)).Value.Items;
        Assert.Equal(["60", "100"], told.Select(e => e.Facts!["currentBalance"]));
        Assert.All(told, e => Assert.Equal("c", e.CustomerId));
    }

    private static async Task SellingPlanAsync(ModuleHost host) => await PlanAsync(host, "pro", 10, null, new PricingModelInput(
        BillingModel.PerUnit,
        [
            new(BillingPeriod.Monthly) { Price = new(0.001m, "usd"), CreditGrantCadence = CreditGrantCadence.BeginningOfBillingPeriod },
            new(BillingPeriod.Annually) { Price = new(0.0008m, "usd"), CreditGrantCadence = CreditGrantCadence.Monthly },
        ])
    { TopUpCurrencyId = new("ai"), MinUnitQuantity = 1_000, MaxUnitQuantity = 500_000 });

    private static async Task<Subscription> BuyAsync(
        ModuleHost host, Subscription subscription, decimal quantity, ScheduleStrategy? when = ScheduleStrategy.Immediate)
    {
        var updated = await host.Get<SubscriptionUseCases>().UpdateAsync(
            host.Scope(),
            subscription.Id,
            new(new() { CreditQuantities = [new(new("ai"), quantity)], ScheduleStrategy = when }),
            Cancellation);
        Assert.Null(updated.Refusal);
        return updated.Value.Subscription;
    }

    private static async Task<IReadOnlyList<Invoice>> InvoicesAsync(ModuleHost host) =>
        (await host.Get<ListCustomerInvoices>().ExecuteAsync(
            host.Scope(), new("c"), new() { Descending = true }, Cancellation)).Value.Items;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_changed_quantity_is_billed_for_exactly_the_credits_it_grants(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await SellingPlanAsync(host);
        var subscription = await ProvisionAsync(host, "pro", BillingPeriod.Monthly, [new(new("ai"), 10_000)]);
        var anchor = subscription.BillingCycleAnchor!.Value;
        await AdvanceAsync(host, anchor + Duration.FromDays(20));

        // 25 000 x 0.001 - 10 000 x 0.001 = 15.00 for 15 000, whatever is left of the month; the base fee does not change.
        await BuyAsync(host, subscription, 25_000);
        var raise = (await InvoicesAsync(host))[0];
        Assert.Equal((15m, BillingReason.SubscriptionUpdate), (raise.Amounts.Total, raise.Reason));
        Assert.Equal([-10m, 25m], raise.Lines.Select(line => line.Amount));
        Assert.Equal([(15_000m, 15m), (10_000m, 10m)], (await host.GrantsAsync()).Select(g => (g.Amount, g.Cost.Amount)));

        // Down at once: nothing is given back, nothing taken; the next month is 4 000 for 4.00 and the base fee.
        await BuyAsync(host, subscription, 4_000);
        Assert.Equal(2, (await InvoicesAsync(host)).Count);
        Assert.Equal(25_000m, await host.BalanceAsync());
        await AdvanceAsync(host, BillingPeriods.AddMonths(anchor, 1));
        Assert.Equal(14m, (await InvoicesAsync(host))[0].Amounts.Total);
        Assert.Equal((4_000m, 4m), ((await host.GrantsAsync())[0].Amount, (await host.GrantsAsync())[0].Cost.Amount));
        Assert.Equal(4_000m, await host.BalanceAsync());

        // Revenue of the first month: sold 10.00 + 15.00, all of it expired unused; the second deferred.
        var books = (await host.Get<ReadRevenue>().ExecuteAsync(
            host.Scope(), anchor, BillingPeriods.AddMonths(anchor, 1) + Duration.FromDays(1), null, Cancellation)).Value.Rows;
        Assert.Equal((29m, 25m, 4m), (books.Sum(r => r.Sold), books.Sum(r => r.Breakage), books.Sum(r => r.DeferredAtEnd)));
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_scheduled_quantity_counts_from_the_next_period_on(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await SellingPlanAsync(host);
        var subscription = await ProvisionAsync(host, "pro", BillingPeriod.Monthly, [new(new("ai"), 10_000)]);
        var anchor = subscription.BillingCycleAnchor!.Value;
        await AdvanceAsync(host, anchor + Duration.FromDays(10));

        var waiting = await BuyAsync(host, subscription, 3_000, ScheduleStrategy.EndOfBillingPeriod);
        var update = Assert.Single(waiting.FutureUpdates);
        Assert.Equal(
            (ScheduleType.RecurringCredits, ScheduleStatus.Scheduled, BillingPeriods.AddMonths(anchor, 1)),
            (update.Type, update.Status, update.ExecuteAt));
        Assert.Equal(10_000m, await host.BalanceAsync());
        Assert.Single(await InvoicesAsync(host));

        await AdvanceAsync(host, BillingPeriods.AddMonths(anchor, 1));
        // One renewal: 10.00 and 3 000 x 0.001 = 3.00, one grant of it.
        Assert.Equal(2, (await InvoicesAsync(host)).Count);
        Assert.Equal(13m, (await InvoicesAsync(host))[0].Amounts.Total);
        var grants = await host.GrantsAsync();
        Assert.Equal(2, grants.Count);
        Assert.Equal((3_000m, 3m, BillingPeriods.AddMonths(anchor, 2)),
            (grants[0].Amount, grants[0].Cost.Amount, grants[0].ExpireAt!.Value));
        Assert.Equal(3_000m, await host.BalanceAsync());
        await host.AuditAsync();
    }

    private static Task<IReadOnlyList<Subscription>> SubscriptionsAsync(ModuleHost host) => host.Database.ReadAsync(
        (session, _) => host.Get<SubscriptionReader>().OpenOfCustomerAsync(session, host.EnvironmentId, new("c")), Cancellation);
}
