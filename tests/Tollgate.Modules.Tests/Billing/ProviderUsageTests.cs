using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing.Providers;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Subscriptions.Bills;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Tests.Usage;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Billing;

/// <summary>
/// What providers are told of usage (spec integrations 2.8, subscriptions 22). Customer c subscribed on 2025-01-15 at 12:00 to
/// a plan of 49 a month and 0.50 a call.
/// </summary>
public sealed class ProviderUsageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Usage_so_far_is_set_not_added_and_closed_by_its_invoice(DatabaseKind kind)
    {
        var (host, remote, id) = await SubscribedAsync(kind);
        await using var _ = host;
        host.Time.Advance(TimeSpan.FromDays(4));
        await host.ReportAsync(Delta("c", "calls", 30));
        host.Time.Advance(TimeSpan.FromDays(1));

        var first = await SyncAsync(host, id);
        await host.SendAsync();
        host.Time.Advance(TimeSpan.FromDays(4));
        await host.ReportAsync(Delta("c", "calls", 12));
        host.Time.Advance(TimeSpan.FromDays(1));
        var second = await SyncAsync(host, id);
        await host.SendAsync();
        host.Time.Advance(TimeSpan.FromDays(21));
        await host.RunDueAsync();
        await host.SendAsync();

        Assert.True(first.Value);
        Assert.True(second.Value);
        var told = remote.Calls.Where(call => call.Kind == SyncedKind.UsageCharge).ToList();
        // One stretch, told three times: 30 calls, 42 calls, and again with the invoice that bills them.
        Assert.Single(told.Select(call => call.Entity).Distinct());
        Assert.Equal([30m, 42m, 42m], told.Select(call => Assert.Single(call.As<ProviderUsage>().Lines).Quantity));
        Assert.Equal([15m, 21m, 21m], told.Select(call => Assert.Single(call.As<ProviderUsage>().Lines).Amount));
        Assert.Equal(
            [At("2025-01-20T12:00:00Z"), At("2025-01-25T12:00:00Z"), At("2025-02-15T12:00:00Z")],
            told.Select(call => call.As<ProviderUsage>().PeriodEnd));
        Assert.All(told, call =>
        {
            var usage = call.As<ProviderUsage>();
            Assert.Equal((id, At("2025-01-15T12:00:00Z"), "usd"), (usage.SubscriptionId, usage.PeriodStart, usage.Currency));
            Assert.Equal(remote.IdOf(SyncedKind.Subscription, id.Value), call.Send.SubscriptionSyncedId);
        });
        Assert.Equal(
            [null, null, remote.Calls.Last(call => call.Kind == SyncedKind.Invoice).As<Invoice>().Uid],
            told.Select(call => call.As<ProviderUsage>().InvoiceUid));
        Assert.Empty(remote.Violations);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Sync_of_usage_bills_nothing(DatabaseKind kind)
    {
        var (host, remote, id) = await SubscribedAsync(kind);
        await using var _ = host;
        host.Time.Advance(TimeSpan.FromDays(4));
        await host.ReportAsync(Delta("c", "calls", 30));
        host.Time.Advance(TimeSpan.FromDays(1));
        var before = await host.BillingEventsAsync();

        await SyncAsync(host, id);
        await SyncAsync(host, id);
        await host.SendAsync();

        Assert.Equal(before, await host.BillingEventsAsync());
        Assert.Equal(At("2025-01-15T12:00:00Z"), Assert.Single(await host.StoredAsync("c")).UsageBilledUntil);
        // Asked for twice before it was sent: the newest alone goes out.
        Assert.Single(remote.Calls, call => call.Kind == SyncedKind.UsageCharge);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Resync_of_usage_says_the_same_again(DatabaseKind kind)
    {
        var (host, remote, id) = await SubscribedAsync(kind);
        await using var _ = host;
        host.Time.Advance(TimeSpan.FromDays(4));
        await host.ReportAsync(Delta("c", "calls", 30));
        host.Time.Advance(TimeSpan.FromDays(1));
        await SyncAsync(host, id);
        await host.SendAsync();
        await host.ReportAsync(Delta("c", "calls", 1));

        var state = Assert.Single(await host.StatesAsync(new() { Kind = SyncedKind.UsageCharge }));
        await host.Get<Modules.Billing.Sync.SyncUseCases>().ResyncAsync(host.Scope(), state.Uid, Cancellation);
        await host.SendAsync();

        var told = remote.Calls.Where(call => call.Kind == SyncedKind.UsageCharge).ToList();
        Assert.Equal([30m, 30m], told.Select(call => Assert.Single(call.As<ProviderUsage>().Lines).Quantity));
        Assert.Equal(2, told.Select(call => call.Send.Key).Distinct().Count());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Nobody_is_told_where_the_provider_takes_no_usage_or_nothing_is_charged(DatabaseKind kind)
    {
        var (host, remote, id) = await SubscribedAsync(kind);
        await using var _ = host;
        await host.FreePlanAsync("free");
        await host.CustomerAsync("d");
        var free = (await host.ProvisionAsync("d", "free")).Subscription().Id;

        var ofFree = await SyncAsync(host, free);
        remote.TakesUsage = false;
        var ofNone = await SyncAsync(host, id);
        await host.Get<SubscriptionUseCases>().CancelAsync(
            host.Scope(), id, new() { Time = CancellationTime.Immediate }, Cancellation);
        var ofEnded = await SyncAsync(host, id);
        var ofNobody = await SyncAsync(host, new("nobody"));

        Assert.False(ofFree.Value);
        Assert.False(ofNone.Value);
        Assert.Equal(ErrorCode.SubscriptionAlreadyCanceledOrExpired, ofEnded.Refusal?.Code);
        Assert.Equal(ErrorCode.SubscriptionNotFound, ofNobody.Refusal?.Code);
        Assert.DoesNotContain(remote.Calls, call => call.Kind == SyncedKind.UsageCharge);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Built_in_billing_is_told_nothing(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await PlanAsync(host);
        await host.CustomerAsync("c");
        var id = (await host.ProvisionAsync("c", "metered")).Subscription().Id;

        Assert.False((await SyncAsync(host, id)).Value);
    }

    private static Task<Result<bool>> SyncAsync(ModuleHost host, SubscriptionId id) =>
        host.Get<SubscriptionUsage>().SyncAsync(host.Scope(), id, Cancellation);

    private static async Task<(ModuleHost Host, RemoteBilling Remote, SubscriptionId Id)> SubscribedAsync(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await PlanAsync(host);
        var id = (await host.ProvisionAsync("c", "metered")).Subscription().Id;
        await host.SendAsync();
        return (host, remote, id);
    }

    private static async Task PlanAsync(ModuleHost host)
    {
        await host.FeatureAsync("calls", meter: MeterType.Incremental);
        var pricing = new PricingInput(PricingType.Paid)
        {
            Models =
            [
                new(BillingModel.FlatFee, [new(BillingPeriod.Monthly) { Price = new(49, "usd") }]),
                new(BillingModel.UsageBased, [new(BillingPeriod.Monthly) { Price = new(0.5m, "usd") }])
                {
                    FeatureId = new("calls"),
                    Reset = Monthly,
                },
            ],
        };
        var plans = host.Get<PlanUseCases>();
        var edit = new PackageEdit { DisplayName = "metered", PricingType = PricingType.Paid };
        Assert.Null((await plans.CreateAsync(
            host.Scope(), new(new("metered"), new("product-default"), edit), Cancellation)).Refusal);
        Assert.Null((await plans.UpdateAsync(host.Scope(), new("metered"), new(new(), pricing), Cancellation)).Refusal);
        await host.PublishAsync("metered");
    }
}
