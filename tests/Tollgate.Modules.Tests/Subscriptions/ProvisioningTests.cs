using Microsoft.Extensions.DependencyInjection;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Subscriptions;

public sealed class ProvisioningTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Free_to_paid_is_a_new_record_and_back_is_the_same(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.FreePlanAsync("free");
        await host.PaidPlanAsync("basic", 5);
        await host.CustomerAsync("c");

        var free = (await host.ProvisionAsync("c", "free")).Subscription();
        var paid = (await host.ProvisionAsync("c", "basic")).Subscription();
        var again = (await host.ProvisionAsync("c", "basic")).Subscription();
        var back = (await host.ProvisionAsync("c", "free")).Subscription();

        Assert.NotEqual(free.Id, paid.Id);
        Assert.Equal(paid.Id, again.Id);
        Assert.Equal(paid.Id, back.Id);
        Assert.Equal(PricingType.Free, back.PricingType);
        var stored = await host.StoredAsync("c");
        Assert.Equal([SubscriptionStatus.Canceled, SubscriptionStatus.Active], stored.Select(s => s.Status));
        Assert.Equal(CancelReason.UpgradeOrDowngrade, stored[0].CancelReason);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Refused_provisioning_names_its_code_and_leaves_only_a_note(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.PaidPlanAsync("basic", 5);
        await host.CustomerAsync("c");
        await host.CustomerAsync("d");
        await host.ProvisionAsync("d", "basic", r => r with { Id = new("taken") });
        var before = await host.EventsAsync(100);

        Assert.Equal(ErrorCode.CustomerNotFound, (await host.ProvisionAsync("nobody", "basic")).Refusal?.Code);
        Assert.Equal(ErrorCode.PlanNotFound, (await host.ProvisionAsync("c", "nothing")).Refusal?.Code);
        Assert.Equal(ErrorCode.CustomerNotFound, (await host.ProvisionAsync(
            "c", "basic", r => r with { PayingCustomerId = new("nobody") })).Refusal?.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await host.ProvisionAsync(
            "c", "basic", r => r with { ResourceId = new("site") })).Refusal?.Code);
        Assert.Equal(ErrorCode.BillingPeriodMissingError, (await host.ProvisionAsync(
            "c", "basic", r => r with { BillingPeriod = null })).Refusal?.Code);
        Assert.Equal(ErrorCode.CustomerHasNoEmailAddress, (await host.ProvisionAsync(
            "c", "basic", r => r with { PaymentCollectionMethod = PaymentCollectionMethod.Invoice })).Refusal?.Code);
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, (await host.ProvisionAsync(
            "c", "basic", r => r with { Id = new("taken") })).Refusal?.Code);

        Assert.Empty(await host.StoredAsync("c"));
        Assert.Equal(
            [
                .. before,
                .. new[] { "nobody", "c", "c", "c", "c", "c", "c" }
                    .Select(customer => $"2025-01-15T12:00:00Z CreateSubscriptionFailed {customer}"),
            ],
            await host.EventsAsync(100));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Calls_at_once_on_two_nodes_leave_one_live_subscription(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.FreePlanAsync("free");
        await host.PaidPlanAsync("basic", 5);
        await host.CustomerAsync("c");
        await using var otherNode = new ServiceCollection()
            .AddLogging().AddSingleton(host.Database).AddSingleton<TimeProvider>(host.Time).AddTollgateModules()
            .BuildServiceProvider();
        var nodes = new[] { host.Get<ProvisionWithEntitlements>(), otherNode.GetRequiredService<ProvisionWithEntitlements>() };

        var results = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => nodes[i % 2].ExecuteAsync(
            host.Scope(),
            new(new(new("c"), new(i % 3 == 0 ? "free" : "basic")) { BillingPeriod = BillingPeriod.Monthly }),
            Cancellation)));

        Assert.All(results, result => Assert.Null(result.Refusal));
        Assert.Single(await host.StoredAsync("c"), s => s.Status == SubscriptionStatus.Active);
    }
}
