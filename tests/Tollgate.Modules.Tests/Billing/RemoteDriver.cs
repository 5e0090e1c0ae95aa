using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Billing.Sync;
using Tollgate.Modules.Billing.Webhooks;
using Tollgate.Modules.Customers;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Billing;

/// <summary>Environments whose default provider is somewhere else.</summary>
internal static class RemoteDriver
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A customer <c>c</c> with a card at the provider, and a plan <c>pro</c> of 90 dollars a month.</summary>
    public static async Task<(ModuleHost Host, RemoteBilling Remote)> StartAsync(DatabaseKind kind)
    {
        var remote = new RemoteBilling();
        var host = await ModuleHost.StartAsync(kind, services => services.AddSingleton<IBillingProvider>(remote));
        await host.PaidPlanAsync("pro", 90);
        await host.CustomerAsync("c");
        Assert.Null((await host.AttachAsync("c", "card-1", RemoteBilling.Id)).Refusal);
        return (host, remote);
    }

    public static Task<Result<Customer>> RenameAsync(this ModuleHost host, string customer, string name) =>
        host.Get<CustomerUseCases>().UpdateAsync(host.Scope(), new(customer), new() { Name = name }, Cancellation);

    public static Task<Result<Customer>> EmailAsync(this ModuleHost host, string customer, string email) =>
        host.Get<CustomerUseCases>().UpdateAsync(host.Scope(), new(customer), new() { Email = email }, Cancellation);

    /// <summary>Another node of the same database, which calls the same provider.</summary>
    public static Task<ModuleHost> JoinAsync(this ModuleHost host, RemoteBilling remote) =>
        host.JoinAsync(services => services.AddSingleton<IBillingProvider>(remote));

    /// <summary>Sends what is due now, as one worker does; the number of attempts.</summary>
    public static Task<int> SendAsync(this ModuleHost host)
    {
        var scope = host.Scope();
        return host.Get<SendDueSyncs>().RunDueAsync(scope.Environment, scope.Now, Cancellation);
    }

    /// <summary>The states, oldest first.</summary>
    public static async Task<IReadOnlyList<SyncState>> StatesAsync(this ModuleHost host, SyncFilter? filter = null)
    {
        var page = await host.Get<SyncUseCases>().ListAsync(
            host.Scope(), filter ?? new(), new(100, null, null), Cancellation);
        return [.. page.Value.Items.Reverse()];
    }

    public static async Task<SyncState> StateAsync(this ModuleHost host, SyncedKind kind, string entity) =>
        Assert.Single(await host.StatesAsync(new() { Kind = kind, EntityId = entity }));

    /// <summary>The provider sends a message.</summary>
    public static Task<Result<StoredMessage>> TellAsync(this ModuleHost host, string body, string? signature = null)
    {
        var environment = host.Scope().Environment;
        return host.Get<ProviderWebhooks>().ReceiveAsync(
            environment.Uid.ToString(), RemoteBilling.Id, RemoteWebhooks.Request(body, host.Real(), signature), Cancellation);
    }

    public static Instant Real(this ModuleHost host) => Instant.FromDateTimeOffset(host.Time.GetUtcNow());

    public static async Task<IReadOnlyList<StoredMessage>> MessagesAsync(this ModuleHost host)
    {
        var page = await host.Get<ProviderWebhooks>().ListAsync(host.Scope(), new(), new(100, null, null), Cancellation);
        return [.. page.Value.Items.Reverse()];
    }

    /// <summary>The events of a type, oldest first.</summary>
    public static async Task<IReadOnlyList<EventRecord>> EventsOfAsync(this ModuleHost host, EventType type)
    {
        var page = await host.Get<ListEvents>().ExecuteAsync(
            host.Scope(), new() { Types = [type] }, new(100, null, null), Cancellation);
        return [.. page.Value.Items.Reverse()];
    }
}
