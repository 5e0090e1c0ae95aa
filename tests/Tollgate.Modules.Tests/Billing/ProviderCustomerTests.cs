using Tollgate.Domain.Billing.Sync;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Billing;

/// <summary>What providers tell of customers and their payment methods, in any order (spec integrations 2.7).</summary>
public sealed class ProviderCustomerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Method_that_is_attached_at_the_provider_is_charged(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        await host.SendAsync();
        var synced = remote.IdOf(SyncedKind.Customer, "c");

        var attached = await host.TellAsync(RemoteWebhooks.Message("method.attached", synced: synced, method: "card-2"));
        var detached = await host.TellAsync(RemoteWebhooks.Message(
            "method.detached", synced: synced, method: "card-1", at: 2));
        var now = (await host.FindCustomerAsync("c")).DefaultPaymentMethod;
        var removed = await host.TellAsync(RemoteWebhooks.Message(
            "method.detached", synced: synced, method: "card-2", at: 3));

        Assert.Equal(ProviderMessageStatus.Applied, attached.Value.Status);
        // The old one is no longer the customer's.
        Assert.Equal(ProviderMessageStatus.Ignored, detached.Value.Status);
        Assert.Equal(("card-2", "4242"), (now?.BillingId, now?.CardLast4Digits));
        Assert.Equal(ProviderMessageStatus.Applied, removed.Value.Status);
        Assert.Null((await host.FindCustomerAsync("c")).DefaultPaymentMethod);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Messages_about_a_method_may_come_in_any_order(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        await host.SendAsync();
        var synced = remote.IdOf(SyncedKind.Customer, "c");

        // What happened: card-2 attached (10), card-3 attached (20), card-3 detached (30), card-4 attached (40).
        var fourth = await host.TellAsync(RemoteWebhooks.Message(
            "method.attached", synced: synced, method: "card-4", at: 40));
        var detached = await host.TellAsync(RemoteWebhooks.Message(
            "method.detached", synced: synced, method: "card-3", at: 30));
        var second = await host.TellAsync(RemoteWebhooks.Message(
            "method.attached", synced: synced, method: "card-2", at: 10));
        var third = await host.TellAsync(RemoteWebhooks.Message(
            "method.attached", synced: synced, method: "card-3", at: 20));

        Assert.Equal(
            [ProviderMessageStatus.Applied, ProviderMessageStatus.Ignored, ProviderMessageStatus.Ignored,
                ProviderMessageStatus.Ignored],
            new[] { fourth, detached, second, third }.Select(answer => answer.Value.Status));
        Assert.Equal("card-4", (await host.FindCustomerAsync("c")).DefaultPaymentMethod?.BillingId);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Detaching_that_comes_before_its_attaching_wins(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        await host.SendAsync();
        var synced = remote.IdOf(SyncedKind.Customer, "c");

        await host.TellAsync(RemoteWebhooks.Message("method.detached", synced: synced, method: "card-2", at: 30));
        var late = await host.TellAsync(RemoteWebhooks.Message(
            "method.attached", synced: synced, method: "card-2", at: 20));

        Assert.Equal(ProviderMessageStatus.Ignored, late.Value.Status);
        Assert.Equal("card-1", (await host.FindCustomerAsync("c")).DefaultPaymentMethod?.BillingId);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Customer_without_a_row_gets_the_first_method_from_the_provider(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        await host.CustomerAsync("d");

        // The payer entered a card at the provider's own page; the provider knows our id.
        var nameless = await host.TellAsync(RemoteWebhooks.Message("method.attached", entity: "d", method: "card-9"));
        var attached = await host.TellAsync(RemoteWebhooks.Message(
            "method.attached", entity: "d", synced: "cus_of_d", method: "card-9"));
        var bought = await host.ProvisionAsync("d", "pro");

        Assert.Equal(ProviderMessageStatus.Ignored, nameless.Value.Status);
        Assert.Equal(ProviderMessageStatus.Applied, attached.Value.Status);
        Assert.Null(bought.Refusal);
        Assert.Equal(90m, Assert.Single(remote.Collected).Value);
        Assert.Equal("cus_of_d", (await host.StateAsync(SyncedKind.Customer, "d")).SyncedEntityId);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Customer_deleted_at_the_provider_is_made_anew_by_the_next_bill(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        await host.SendAsync();
        var deleted = remote.Forget("c");

        var told = await host.TellAsync(RemoteWebhooks.Message("customer.deleted", synced: deleted));
        var state = await host.StateAsync(SyncedKind.Customer, "c");
        var calls = remote.Calls.Count;
        await host.RenameAsync("c", "Still here");
        await host.SendAsync();
        var unasked = remote.Calls.Count - calls;
        var method = (await host.FindCustomerAsync("c")).DefaultPaymentMethod;
        await host.AttachAsync("c", "card-2", RemoteBilling.Id);
        await host.SendAsync();
        var late = await host.TellAsync(RemoteWebhooks.Message("customer.deleted", entity: "c", synced: deleted));

        Assert.Equal(ProviderMessageStatus.Applied, told.Value.Status);
        Assert.Equal((SyncStatus.NoSyncRequired, null), (state.Status, state.SyncedEntityId));
        Assert.Null(method);
        Assert.Equal(0, unasked);
        var anew = await host.StateAsync(SyncedKind.Customer, "c");
        Assert.Equal(SyncStatus.Success, anew.Status);
        Assert.Equal(remote.IdOf(SyncedKind.Customer, "c"), anew.SyncedEntityId);
        Assert.NotEqual(deleted, anew.SyncedEntityId);
        // The customer is another one there by now.
        Assert.Equal(ProviderMessageStatus.Ignored, late.Value.Status);
        Assert.Equal("card-2", (await host.FindCustomerAsync("c")).DefaultPaymentMethod?.BillingId);
        Assert.Empty(remote.Violations);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Customer_that_is_archived_or_lives_elsewhere_takes_no_method(DatabaseKind kind)
    {
        var (host, _) = await RemoteDriver.StartAsync(kind);
        await using var __ = host;
        await host.CustomerAsync("gone");
        await host.Get<ArchiveCustomer>().ExecuteAsync(host.Scope(), new("gone"), Cancellation);
        await host.CustomerAsync("local");
        await host.AttachAsync("local", "pm_ok");

        var gone = await host.TellAsync(RemoteWebhooks.Message(
            "method.attached", entity: "gone", synced: "cus_1", method: "card-9"));
        var local = await host.TellAsync(RemoteWebhooks.Message(
            "method.attached", entity: "local", synced: "cus_2", method: "card-9"));
        var forgotten = await host.TellAsync(RemoteWebhooks.Message("customer.deleted", entity: "local", synced: "cus_2"));

        Assert.Equal(ProviderMessageStatus.Ignored, gone.Value.Status);
        Assert.Equal(ProviderMessageStatus.Ignored, local.Value.Status);
        Assert.Equal(ProviderMessageStatus.Ignored, forgotten.Value.Status);
        Assert.Equal("pm_ok", (await host.FindCustomerAsync("local")).DefaultPaymentMethod?.BillingId);
        Assert.Single(await host.EventsOfAsync(EventType.CustomerDeleted));
    }
}
