using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Subscriptions;

/// <summary>Subscriptions that go to another customer, and customers provisioned with their first one.</summary>
public sealed class MoveTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_new_manager_holds_it_the_former_one_pays_and_both_can_go_on(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.PaidPlanAsync("basic", 5);
        await host.CustomerAsync("a");
        await host.CustomerAsync("b");
        var id = (await host.ProvisionAsync("a", "basic")).Subscription().Id;
        var subscriptions = host.Get<SubscriptionUseCases>();

        var moved = await subscriptions.DelegateManagementAsync(host.Scope(), id, new("b"), Cancellation);
        var again = await subscriptions.DelegateManagementAsync(host.Scope(), id, new("b"), Cancellation);
        var back = await subscriptions.DelegatePaymentAsync(host.Scope(), id, new("b"), Cancellation);
        var anew = await host.ProvisionAsync("a", "basic");
        var occupied = await subscriptions.DelegateManagementAsync(host.Scope(), id, new("a"), Cancellation);

        Assert.Equal((new CustomerId("b"), new CustomerId("a")),
            (moved.Value.Subscription.CustomerId, moved.Value.Subscription.PayingCustomerId!.Value));
        Assert.Equal(moved.Value.Subscription.UpdatedAt, again.Value.Subscription.UpdatedAt);
        Assert.Null(back.Value.Subscription.PayingCustomerId);
        Assert.NotEqual(id, anew.Subscription().Id);
        Assert.Equal(ErrorCode.InvalidArgumentError, occupied.Refusal?.Code);
        Assert.Equal(id, Assert.Single(await host.StoredAsync("b")).Id);
        Assert.Equal("basic", Assert.Single(await host.StoredAsync("a")).PlanId.Value);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_customer_is_provisioned_with_what_was_asked_or_what_its_product_starts(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.FreePlanAsync("free");
        await host.PaidPlanAsync("basic", 5);

        async Task<ProvisionedCustomer> ProvisionAsync(string customer, Optional<ProvisionInput> first) =>
            (await host.Get<ProvisionWithEntitlements>().CustomerAsync(
                host.Scope(), new(customer), new() { Name = new(customer) }, first, Cancellation)).Value.Provisioned;
        ProvisionInput Basic(string customer) =>
            new(new(new(customer), new("basic")) { BillingPeriod = BillingPeriod.Monthly });

        var asked = await ProvisionAsync("a", new(Basic("a")));
        var repeated = await ProvisionAsync("a", new(Basic("a")));
        var none = await ProvisionAsync("b", new(null));
        Assert.Null((await host.Get<ProductUseCases>().UpdateAsync(
            host.Scope(), new("product-default"),
            new() { Settings = new() { StartSetup = SubscriptionStartSetup.FreePlan, StartPlanId = new("free") } },
            Cancellation)).Refusal);
        var predefined = await ProvisionAsync("c", new(Basic("c")));
        var left = await ProvisionAsync("d", default);

        Assert.Equal((SubscriptionDecisionStrategy.RequestedPlan, "basic"),
            (asked.Strategy, asked.Subscription?.Subscription.PlanId.Value));
        Assert.Null(repeated.Subscription);
        Assert.Single(await host.StoredAsync("a"));
        Assert.Equal((SubscriptionDecisionStrategy.SkippedSubscriptionCreation, null), (none.Strategy, none.Subscription));
        Assert.Equal((SubscriptionDecisionStrategy.PredefinedFreePlan, "free"),
            (predefined.Strategy, predefined.Subscription?.Subscription.PlanId.Value));
        Assert.Equal((SubscriptionDecisionStrategy.PredefinedFreePlan, "free"),
            (left.Strategy, left.Subscription?.Subscription.PlanId.Value));
    }
}
