using Microsoft.Extensions.DependencyInjection;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Entitlements.Previews;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Subscriptions.Bills;
using Tollgate.Modules.Tests.Catalog;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Billing;

/// <summary>
/// What a connected provider cannot do is refused when somebody asks for it, and never holds up what falls due. Customer c has
/// a card at the provider; plan pro costs 90 dollars a month.
/// </summary>
public sealed class ProviderAbilityTests
{
    private const ScheduleStrategy AtEnd = ScheduleStrategy.EndOfBillingPeriod;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Packages_that_the_provider_cannot_bill_are_not_published(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        var catalog = new CatalogDriver(host);
        await catalog.MeteredFeatureAsync("seats");
        await catalog.DraftAsync("seated", PricingType.Paid);
        await catalog.AddonDraftAsync("extra");
        var perSeat = new PricingInput(PricingType.Paid)
        {
            Models =
            [
                new(BillingModel.PerUnit, [new(BillingPeriod.Monthly) { Price = new(5, "usd") }]) { FeatureId = new("seats") },
            ],
        };
        Assert.Null((await catalog.Plans.UpdateAsync(host.Scope(), new("seated"), new(new(), perSeat), Cancellation)).Refusal);
        Assert.Null((await catalog.Addons.UpdateAsync(host.Scope(), new("extra"), new(new(), perSeat), Cancellation)).Refusal);
        remote.Charges = new() { Models = [BillingModel.FlatFee] };

        Refusal?[] refusals =
        [
            (await catalog.TryPublishAsync("seated")).Refusal,
            (await catalog.TryPublishAddonAsync("extra")).Refusal,
            (await PreviewPublishAsync(host, PackageKind.Plan, "seated")).Refusal,
            (await PreviewPublishAsync(host, PackageKind.Addon, "extra")).Refusal,
        ];
        var draft = await catalog.LatestAsync("seated");
        remote.Environments = [];
        var unconnected = await PreviewPublishAsync(host, PackageKind.Plan, "seated");
        remote.Environments = ["development"];
        remote.Charges = BillableCharges.All;

        Assert.All(refusals, r => Assert.Equal(ErrorCode.PricingModelNotSupportedByBillingIntegration, r?.Code));
        Assert.Equal(
            ["seated PER_UNIT ACME", "extra PER_UNIT ACME", "seated PER_UNIT ACME", "extra PER_UNIT ACME"],
            refusals.Select(r => $"{r!.Details["planRefId"]} {r.Details["pricingModel"]} {r.Details["vendorIdentifier"]}"));
        Assert.Equal(PackageStatus.Draft, draft.Status);
        Assert.Null(unconnected.Refusal);
        await catalog.PublishAsync("seated");
        await catalog.PublishAddonAsync("extra");
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_payer_has_no_more_paid_subscriptions_than_the_provider_takes(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        await host.PaidPlanAsync("basic", 30);
        await host.FreePlanAsync("free");
        foreach (var id in (string[])["d1", "d2", "d3", "d4"])
            await host.CustomerAsync(id);
        remote.MostPaidSubscriptions = 2;
        Task<Result<EntitledSubscription>> BuyAsync(
            string customer, string plan = "pro", Func<ProvisionRequest, ProvisionRequest>? with = null) => host.ProvisionAsync(
            customer, plan, r => (with?.Invoke(r) ?? r) with { PayingCustomerId = new("c") });

        var first = (await BuyAsync("d1")).Subscription();
        // Of the two that are taken one is free when the trial is asked for, and none when it ends.
        var trialEnd = host.Scope().Now + NodaTime.Duration.FromDays(7);
        var trial = (await BuyAsync("d3", with: r => r with
        {
            Trial = new(true, trialEnd, TrialEndBehavior.ConvertToPaid),
        })).Subscription();
        Assert.Null((await BuyAsync("d2")).Refusal);

        Refusal?[] refusals =
        [
            (await BuyAsync("d4")).Refusal,
            (await BuyAsync("d4", with: r => r with { Trial = new(true, trialEnd) })).Refusal,
            (await BuyAsync("d4", with: r => r with { StartDate = trialEnd })).Refusal,
            (await host.Get<PreviewSubscription>().ExecuteAsync(
                host.Scope(),
                new(new(new("d4"), new("pro")) { BillingPeriod = BillingPeriod.Monthly, PayingCustomerId = new("c") }),
                Cancellation)).Refusal,
            (await host.Get<SubscriptionUseCases>().UpdateAsync(
                host.Scope(), trial.Id, new(new() { TrialEndDate = host.Scope().Now }), Cancellation)).Refusal,
        ];
        Assert.All(refusals, r => Assert.Equal(ErrorCode.TooManySubscriptionsPerCustomer, r?.Code));
        Assert.Empty(await host.StoredAsync("d4"));

        // A change of what there is takes no place, and neither does what no provider bills.
        Assert.Null((await BuyAsync("d1", "basic")).Refusal);
        Assert.Null((await BuyAsync("d4", "free")).Refusal);
        Assert.Null((await BuyAsync(
            "d4", with: r => r with { PaymentCollectionMethod = PaymentCollectionMethod.None })).Refusal);
        host.Time.Advance(TimeSpan.FromDays(8));
        await host.RunDueAsync();
        Assert.Equal(SubscriptionStatus.Active, Assert.Single(await host.StoredAsync("d3")).Status);

        // Three are active by now: one has to go before another comes.
        await host.CustomerAsync("e");
        Assert.Null((await host.AttachAsync("e", "card-2", RemoteBilling.Id)).Refusal);
        var own = (await host.ProvisionAsync("e", "pro")).Subscription();
        Task<Result<PricedSubscription>> DelegateAsync() => host.Get<SubscriptionUseCases>().DelegatePaymentAsync(
            host.Scope(), own.Id, new("c"), Cancellation);
        Assert.Equal(ErrorCode.TooManySubscriptionsPerCustomer, (await DelegateAsync()).Refusal?.Code);
        foreach (var ended in new[] { first.Id, trial.Id })
        {
            Assert.Null((await host.Get<SubscriptionUseCases>().CancelAsync(
                host.Scope(), ended, new() { Time = CancellationTime.Immediate }, Cancellation)).Refusal);
        }

        Assert.Null((await DelegateAsync()).Refusal);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_downgrade_to_another_period_waits_only_where_the_provider_can_schedule_it(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        await YearlyPlanAsync(host, "yearly");
        await host.PaidPlanAsync("basic", 30);
        var held = (await host.ProvisionAsync(
            "c", "yearly", r => r with { BillingPeriod = BillingPeriod.Annually })).Subscription();
        var use = host.Get<SubscriptionUseCases>();
        UpdateInput To(ScheduleStrategy when) => new(new() { BillingPeriod = BillingPeriod.Monthly, ScheduleStrategy = when });
        Task<Result<EntitledSubscription>> DownAsync(ScheduleStrategy when) =>
            host.ProvisionAsync("c", "basic", r => r with { ScheduleStrategy = when });
        remote.SchedulesPeriodDowngrades = false;

        Refusal?[] refusals =
        [
            (await use.UpdateAsync(host.Scope(), held.Id, To(AtEnd), Cancellation)).Refusal,
            (await use.PreviewUpdateAsync(host.Scope(), held.Id, To(AtEnd), Cancellation)).Refusal,
            (await DownAsync(AtEnd)).Refusal,
        ];
        var atOnce = await use.PreviewUpdateAsync(host.Scope(), held.Id, To(ScheduleStrategy.Immediate), Cancellation);
        remote.SchedulesPeriodDowngrades = true;
        var waiting = await use.UpdateAsync(host.Scope(), held.Id, To(AtEnd), Cancellation);
        remote.SchedulesPeriodDowngrades = false;
        // Not in the way of what was accepted: neither another change nor its own day.
        var renamed = await use.UpdateAsync(
            host.Scope(), held.Id, new(new() { Metadata = new(new Dictionary<string, string> { ["a"] = "b" }) }), Cancellation);
        host.Time.Advance(TimeSpan.FromDays(366));
        await host.RunDueAsync();

        Assert.All(refusals, r => Assert.Equal(ErrorCode.DowngradeBillingPeriodNotSupportedError, r?.Code));
        Assert.Null(atOnce.Refusal);
        Assert.Single(waiting.Value.Subscription.FutureUpdates);
        Assert.Null(renamed.Refusal);
        var after = Assert.Single(await host.StoredAsync("c"));
        Assert.Equal(
            (BillingPeriod.Monthly, ScheduleStatus.Done),
            (after.BillingPeriod, Assert.Single(after.FutureUpdates).Status));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_purchase_is_billed_by_the_integration_it_names_or_by_the_payers_own(DatabaseKind kind)
    {
        var (eu, us) = (new RemoteBilling(), new RemoteBilling { IntegrationId = "acme-us" });
        await using var host = await ModuleHost.StartAsync(kind, services => services
            .AddSingleton<IBillingProvider>(eu).AddSingleton<IBillingProvider>(us));
        await host.PaidPlanAsync("pro", 90);
        foreach (var id in (string[])["c", "d"])
        {
            await host.CustomerAsync(id);
            await host.EmailAsync(id, $"{id}@example.com");
        }

        Assert.Null((await host.AttachAsync("c", "card-1", RemoteBilling.Id)).Refusal);
        async Task<ErrorCode?> CodeAsync(string customer, string? integration) =>
            (await BuyAsync(customer, integration)).Refusal?.Code;
        Task<Result<EntitledSubscription>> BuyAsync(string customer, string? integration) =>
            host.Get<ProvisionWithEntitlements>().ExecuteAsync(
                host.Scope(),
                new(new(new(customer), new("pro"))
                {
                    BillingPeriod = BillingPeriod.Monthly,
                    PaymentCollectionMethod = PaymentCollectionMethod.Invoice,
                })
                { IntegrationId = integration },
                Cancellation);

        Assert.Equal(ErrorCode.IntegrationNotFound, await CodeAsync("c", "zuora"));
        Assert.Equal(ErrorCode.CannotChangeBillingIntegration, await CodeAsync("c", "acme-us"));
        Assert.Equal(ErrorCode.CannotChangeBillingIntegration, await CodeAsync("c", "builtin"));
        Assert.Null(await CodeAsync("d", "acme-us"));
        Assert.Equal(ErrorCode.CannotChangeBillingIntegration, await CodeAsync("d", RemoteBilling.Id));
        Assert.Null(await CodeAsync("d", null));
        // Its own provider is not connected any more: what runs goes on, nothing new is sold.
        eu.Environments = [];
        Assert.Equal(ErrorCode.FailedToResolveBillingIntegration, await CodeAsync("c", null));
        Assert.Equal(ErrorCode.IntegrationNotFound, await CodeAsync("c", RemoteBilling.Id));
        eu.Environments = ["development"];
        Assert.Null(await CodeAsync("c", RemoteBilling.Id));

        await host.SendAsync();
        await host.SendAsync();
        Assert.All(
            await host.StatesAsync(),
            state => Assert.Equal(state.CustomerId.Value == "c" ? RemoteBilling.Id : "acme-us", state.IntegrationId));
        Assert.Empty(us.Violations);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_billing_id_that_names_nobody_at_the_provider_resolves_to_none(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        remote.KnownCustomers = ["cus_1"];
        await host.CustomerAsync("d");
        async Task NameAsync(string billingId) => Assert.Null((await host.Get<CustomerUseCases>().UpdateAsync(
            host.Scope(), new("d"), new() { BillingId = billingId }, Cancellation)).Refusal);

        await NameAsync("cus_9");
        var refused = await host.AttachAsync("d", "card-1", RemoteBilling.Id);
        await NameAsync("cus_1");
        var taken = await host.AttachAsync("d", "card-1", RemoteBilling.Id);

        Assert.Equal(ErrorCode.FailedToResolveBillingIntegration, refused.Refusal?.Code);
        Assert.Null(taken.Refusal);
        Assert.Equal("card-1", taken.Value.DefaultPaymentMethod?.BillingId);
    }

    private static Task<Result<PublishPreview>> PreviewPublishAsync(ModuleHost host, PackageKind kind, string id) =>
        host.Get<PreviewPublish>().ExecuteAsync(
            host.Scope(), kind, new(id), MigrationType.NewCustomers, PageRequest.First, Cancellation);

    /// <summary>100 a month or 1,000 a year.</summary>
    private static async Task YearlyPlanAsync(ModuleHost host, string id)
    {
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync(id, PricingType.Paid);
        var pricing = new PricingInput(PricingType.Paid)
        {
            Models =
            [
                new(BillingModel.FlatFee,
                [
                    new(BillingPeriod.Monthly) { Price = new(100, "usd") },
                    new(BillingPeriod.Annually) { Price = new(1_000, "usd") },
                ]),
            ],
        };
        Assert.Null((await catalog.Plans.UpdateAsync(host.Scope(), new(id), new(new(), pricing), Cancellation)).Refusal);
        await catalog.PublishAsync(id);
    }
}
