using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Billing.Providers;
using Tollgate.Modules.Billing.Sync;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Billing;

/// <summary>What connected providers are told, after the change and in order (spec integrations 1.1).</summary>
public sealed class ProviderSyncTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Bought_subscription_is_told_after_its_payer_and_before_its_invoice(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;

        var bought = (await host.ProvisionAsync("c", "pro")).Subscription();
        var toldBeforeTheWorker = remote.Calls.Count;
        await host.SendAsync();

        Assert.Equal(0, toldBeforeTheWorker);
        Assert.Equal(
            [SyncedKind.Customer, SyncedKind.Subscription, SyncedKind.Invoice], remote.Calls.Select(call => call.Kind));
        var customer = remote.Calls[0].As<ProviderCustomer>().Customer;
        Assert.Equal(("c", "card-1"), (customer.Id.Value, customer.DefaultPaymentMethod?.BillingId));
        var told = remote.Calls[1].As<ProviderSubscription>();
        Assert.Equal(
            (bought.Id, new CustomerId("c"), SubscriptionStatus.Active, "usd"),
            (told.Id, told.PayerId, told.Status, told.Currency));
        var item = Assert.Single(told.Items);
        Assert.Equal((BillingModel.FlatFee, 1m, 90m), (item.Model, item.Quantity, item.Price?.Amount));
        var invoice = remote.Calls[2].As<Invoice>();
        Assert.Equal((InvoiceStatus.Paid, 90m), (invoice.Status, invoice.Amounts.AmountDue));
        Assert.Equal(90m, Assert.Single(remote.Collected).Value);
        Assert.Equal(remote.IdOf(SyncedKind.Subscription, bought.Id.Value), remote.Calls[2].Send.SubscriptionSyncedId);
        Assert.All(await host.StatesAsync(), state =>
        {
            Assert.Equal((SyncStatus.Success, state.Revision), (state.Status, state.SentRevision!.Value));
            Assert.Equal(remote.IdOf(state.Kind, state.EntityId), state.SyncedEntityId);
            Assert.Equal($"https://billing.example/{state.SyncedEntityId}", state.Link);
            Assert.Null(state.NextAttemptAt);
        });
        Assert.Empty(remote.Violations);
        Assert.Equal(0, await host.SendAsync());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Free_and_trial_subscriptions_and_their_customers_are_not_told(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        await host.SendAsync();
        await host.FreePlanAsync("free");
        await host.PaidPlanAsync("trial", 50, new(10, TrialUnits.Day, null, TrialEndBehavior.ConvertToPaid));
        await host.CustomerAsync("d");
        await host.ProvisionAsync("d", "free");
        await host.RenameAsync("d", "Dee");
        await host.ProvisionAsync("c", "trial");

        await host.SendAsync();
        var before = remote.Calls.Select(call => call.Name).ToList();
        host.Time.Advance(TimeSpan.FromDays(10));
        await host.RunDueAsync();
        await host.SendAsync();

        // The card made c known; its trial is told once it is paid for.
        Assert.Equal(["Customer/c"], before.Distinct());
        Assert.Equal(
            [SyncedKind.Subscription, SyncedKind.Invoice], remote.Calls.Skip(before.Count).Select(call => call.Kind));
        Assert.Empty(remote.Violations);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Method_none_makes_nothing_at_the_provider(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        await host.SendAsync();
        var before = remote.Calls.Count;

        await host.ProvisionAsync("c", "pro", r => r with { PaymentCollectionMethod = PaymentCollectionMethod.None });
        await host.SendAsync();

        Assert.Equal(before, remote.Calls.Count);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Only_the_newest_revision_is_sent(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;

        await host.RenameAsync("c", "One");
        await host.RenameAsync("c", "Two");
        await host.SendAsync();

        var call = Assert.Single(remote.Calls);
        Assert.Equal("Two", call.As<ProviderCustomer>().Customer.Name);
        // The card, then two names.
        Assert.EndsWith("/Customer/c/3", call.Send.Key, StringComparison.Ordinal);
        Assert.Equal(3, (await host.StateAsync(SyncedKind.Customer, "c")).SentRevision);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Change_during_a_call_is_sent_after_it(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        var renamed = false;
        remote.Before = async (call, _) =>
        {
            if (renamed)
                return;
            renamed = true;
            await host.RenameAsync("c", "Later");
            // Another worker comes by: the entity is on its way, so there is nothing for it to do.
            Assert.Equal(0, await host.SendAsync());
        };

        await host.SendAsync();

        Assert.Equal([null, "Later"], remote.Calls.Select(call => call.As<ProviderCustomer>().Customer.Name));
        Assert.Equal(SyncStatus.Success, (await host.StateAsync(SyncedKind.Customer, "c")).Status);
        Assert.Empty(remote.Violations);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Failure_of_an_old_revision_is_no_attempt_of_the_new_one(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        var calls = 0;
        remote.Before = async (_, _) =>
        {
            if (++calls == 1)
            {
                await host.RenameAsync("c", "Later");
                throw new HttpRequestException("connection reset");
            }
        };

        await host.SendAsync();

        Assert.Equal(2, calls);
        Assert.Equal("Later", Assert.Single(remote.Calls).As<ProviderCustomer>().Customer.Name);
        Assert.Equal(0, (await host.StateAsync(SyncedKind.Customer, "c")).Attempts);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Environment_of_the_built_in_billing_has_no_rows(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        await host.SendAsync();
        var before = remote.Calls.Count;

        // The provider is connected to development only.
        var production = await host.Get<ProvisionCustomer>().ExecuteAsync(
            host.Scope("production"), new("p"), new(), Cancellation);
        var states = await host.Get<SyncUseCases>().ListAsync(
            host.Scope("production"), new(), new(100, null, null), Cancellation);
        var attached = await host.AttachAsync("p", "card-1", RemoteBilling.Id, environment: "production");

        Assert.Null(production.Refusal);
        Assert.Empty(states.Value.Items);
        Assert.Equal(ErrorCode.IntegrationNotFound, attached.Refusal?.Code);
        Assert.Equal(before, remote.Calls.Count);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Without_a_connected_provider_nothing_is_asked_of_the_database(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var scope = host.Scope();

        // Both answer before anything could have been waited for.
        var followed = host.Get<SyncOutbox>().FollowAsync([], Cancellation);
        var due = host.Get<SendDueSyncs>().NextDueAsync(scope.EnvironmentId, Cancellation);

        Assert.True(followed.IsCompletedSuccessfully);
        Assert.True(due.IsCompletedSuccessfully);
        Assert.Null(await due);
        await host.PaidPlanAsync("pro", 90);
        await host.CustomerAsync("c");
        await host.AttachAsync("c", "pm_ok");
        await host.ProvisionAsync("c", "pro");
        Assert.Empty(await host.StatesAsync());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Refused_change_and_preview_are_not_told(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        await host.SendAsync();
        var id = (await host.ProvisionAsync("c", "pro")).Subscription().Id;
        await host.SendAsync();
        var before = remote.Calls.Count;

        await host.Get<SubscriptionUseCases>().PreviewCancelAsync(
            host.Scope(), id, new() { Time = CancellationTime.Immediate }, Cancellation);
        var refused = await host.RenameAsync("c", new string('x', 300));

        Assert.NotNull(refused.Refusal);
        Assert.Equal(0, await host.SendAsync());
        Assert.Equal(before, remote.Calls.Count);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Canceled_subscription_is_told_with_its_reason(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        var id = (await host.ProvisionAsync("c", "pro")).Subscription().Id;
        await host.SendAsync();

        await host.Get<SubscriptionUseCases>().CancelAsync(
            host.Scope(), id, new() { Time = CancellationTime.Immediate }, Cancellation);
        await host.SendAsync();

        var told = remote.Calls.Last(call => call.Kind == SyncedKind.Subscription).As<ProviderSubscription>();
        Assert.Equal((SubscriptionStatus.Canceled, CancelReason.Immediate), (told.Status, told.CancelReason));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Renewal_is_told_with_its_new_period(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        await host.ProvisionAsync("c", "pro");
        await host.SendAsync();

        host.Time.Advance(TimeSpan.FromDays(31));
        await host.RunDueAsync();
        await host.SendAsync();

        var told = remote.Calls.Last(call => call.Kind == SyncedKind.Subscription).As<ProviderSubscription>();
        Assert.Equal(Instant.FromUtc(2025, 2, 15, 12, 0), told.CurrentPeriodStart);
        Assert.Equal(2, remote.Collected.Count);
        Assert.Equal(2, remote.Calls.Count(call => call.Kind == SyncedKind.Invoice));
        Assert.Empty(remote.Violations);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Customer_charged_in_one_provider_does_not_move_to_another(DatabaseKind kind)
    {
        var (host, _) = await RemoteDriver.StartAsync(kind);
        await using var __ = host;
        var id = (await host.ProvisionAsync("c", "pro")).Subscription().Id;

        var bound = await host.AttachAsync("c", "pm_ok");
        await host.Get<SubscriptionUseCases>().CancelAsync(
            host.Scope(), id, new() { Time = CancellationTime.Immediate }, Cancellation);
        var free = await host.AttachAsync("c", "pm_ok");

        Assert.Equal(ErrorCode.CannotChangeBillingIntegration, bound.Refusal?.Code);
        Assert.Equal("pm_ok", free.Value.DefaultPaymentMethod?.BillingId);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Charge_without_a_method_at_a_connected_provider_is_not_bought(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        await host.CustomerAsync("d");

        var refused = await host.ProvisionAsync("d", "pro");

        // A payment is required, and this provider has no page to ask for it (spec subscriptions 5.4).
        Assert.Equal(ErrorCode.CheckoutIsNotSupported, refused.Refusal?.Code);
        Assert.Empty(await host.StoredAsync("d"));
        Assert.Empty(remote.Collected);
    }
}
