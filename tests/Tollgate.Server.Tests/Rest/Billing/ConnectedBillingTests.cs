using System.Text.Json;
using NodaTime;
using Tollgate.Contracts.Rest;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Server.Tests.Contract;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Rest.Billing;

/// <summary>What a connected billing provider is told and tells, over HTTP with the server's own workers.</summary>
public sealed class ConnectedBillingTests
{
    /// <summary>Our operations that can only be walked with success where a provider is connected.</summary>
    public static IReadOnlyList<string> Operations { get; } =
    [
        "tollgate.billing.sync.retrieve", "tollgate.billing.sync.resync", "tollgate.billing.webhooks.receive",
    ];

    private static readonly RestContract Contract = RestContract.Load();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Provider_is_told_and_tells_over_the_contract(DatabaseKind kind)
    {
        await using var server = await ConnectedServer.StartAsync(kind);
        var walk = new Walk(Contract, server.Client, [], []);
        await GivenPlanAsync(walk);
        server.Remote.Charging = _ => new(PaymentOutcome.ActionRequired, "authentication_required", "Please confirm.");
        var provisioned = await walk.DoesAsync(
            "v1.subscriptions.provision", [], new { id = "s", customerId = "c", planId = "pro", billingPeriod = "MONTHLY" });
        await Eventually.TrueAsync(
            () => server.Remote.Calls.Any(call => call.Kind == SyncedKind.Invoice), cancellationToken: Cancellation);

        var invoice = server.Remote.Calls.Single(call => call.Kind == SyncedKind.Invoice).As<Invoice>();
        var paid = RemoteWebhooks.Message(
            "invoice.paid", synced: server.Remote.IdOf(SyncedKind.Invoice, invoice.Uid.ToString()));
        var first = await ReceiveAsync(server, walk, paid);
        var again = await ReceiveAsync(server, walk, paid);
        var subscription = await walk.DoesAsync("v1.subscriptions.retrieve", ["s"]);

        Assert.Equal("PAYMENT_PENDING", Text(
            provisioned.GetProperty("data").GetProperty("subscription").GetProperty("status")));
        Assert.Equal("APPLIED", Text(first.GetProperty("status")));
        Assert.Equal(first.GetRawText(), again.GetRawText());
        Assert.Equal("ACTIVE", Text(subscription.GetProperty("data").GetProperty("status")));
        await SyncAsync(server, walk);
        await MessagesAsync(server, walk, paid);
        Assert.True(walk.Faults.Count == 0, string.Join('\n', walk.Faults));
        Assert.Empty(server.Remote.Violations);
        await IndependentValidation.CheckAsync(walk.Exchanges, Cancellation);
    }

    /// <summary>States, usage on demand, and what is sent again.</summary>
    private static async Task SyncAsync(ConnectedServer server, Walk walk)
    {
        await Eventually.TrueAsync(
            async () => (await ListAsync(walk, "status=PENDING")).Count == 0, cancellationToken: Cancellation);
        Assert.True((await walk.DoesAsync("v1.subscriptions.usage.sync", ["s"]))
            .GetProperty("data").GetProperty("triggered").GetBoolean());
        var states = await ListAsync(walk, "status=SUCCESS&limit=50");
        Assert.Equal(
            ["CUSTOMER", "INVOICE", "SUBSCRIPTION"],
            states.Select(state => Text(state.GetProperty("entityType"))).Order(StringComparer.Ordinal));
        var subscription = Assert.Single(await ListAsync(
            walk, $"entityType=SUBSCRIPTION&entityId=s&customerId=c&integrationId={RemoteBilling.Id}"));
        Assert.Equal(
            server.Remote.IdOf(SyncedKind.Subscription, "s"), Text(subscription.GetProperty("syncedEntityId")));
        var id = Text(subscription.GetProperty("id"))!;

        var before = server.Remote.Calls.Count(call => call.Kind == SyncedKind.Subscription);
        var resync = await walk.DoesAsync("tollgate.billing.sync.resync", [id]);
        await Eventually.TrueAsync(
            () => server.Remote.Calls.Count(call => call.Kind == SyncedKind.Subscription) == before + 1,
            cancellationToken: Cancellation);
        Assert.Equal("PENDING", Text(resync.GetProperty("data").GetProperty("status")));
        await walk.DoesAsync("tollgate.billing.sync.retrieve", [id]);

        server.Remote.Fault = _ => new SyncAnswer.Busy(Duration.FromHours(1));
        await walk.DoesAsync("tollgate.billing.sync.resync", [id]);
        await walk.RefusesAsync("tollgate.billing.sync.resync", 400, "ResyncAlreadyInProgress", [id], keepsContract: true);
        foreach (var operation in new[] { "tollgate.billing.sync.retrieve", "tollgate.billing.sync.resync" })
        {
            await walk.RefusesAsync(operation, 400, "BadUserInput", ["no-uuid"], keepsContract: true);
            // The list of error codes has none for sync states.
            await walk.RefusesAsync(operation, 400, "InvalidArgumentError", [Guid.Empty.ToString()], keepsContract: true);
        }
    }

    /// <summary>Messages: what is not signed, not known, or not for this provider.</summary>
    private static async Task MessagesAsync(ConnectedServer server, Walk walk, string paid)
    {
        var unknown = await ReceiveAsync(server, walk, RemoteWebhooks.Message("tax_rate.created"));
        var waiting = await ReceiveAsync(server, walk, RemoteWebhooks.Message("invoice.paid", entity: Guid.Empty.ToString()));
        Assert.Equal("IGNORED", Text(unknown.GetProperty("status")));
        Assert.Equal("PENDING", Text(waiting.GetProperty("status")));
        var listed = await walk.DoesAsync("tollgate.billing.webhooks.list", []);
        Assert.Equal(3, listed.GetProperty("data").GetArrayLength());
        await walk.DoesAsync(
            "tollgate.billing.webhooks.list", [], query: $"status=PENDING,FAILED&integrationId={RemoteBilling.Id}&limit=5");

        var body = JsonDocument.Parse(paid).RootElement;
        using var forged = server.Signing("t=1,v1=00");
        await walk.With(forged).RefusesAsync(
            "tollgate.billing.webhooks.receive", 400, "InvalidArgumentError", [server.EnvironmentId, RemoteBilling.Id], body,
            keepsContract: true);
        await walk.With(forged).RefusesAsync(
            "tollgate.billing.webhooks.receive", 404, "EnvironmentMissing", ["nowhere", RemoteBilling.Id], body);
        foreach (var integration in new[] { "builtin", "stripe" })
        {
            await walk.With(forged).RefusesAsync(
                "tollgate.billing.webhooks.receive", 404, "IntegrationNotFound", [server.EnvironmentId, integration], body);
        }

        Assert.Equal(3, (await walk.DoesAsync("tollgate.billing.webhooks.list", [])).GetProperty("data").GetArrayLength());
    }

    private static async Task<JsonElement> ReceiveAsync(ConnectedServer server, Walk walk, string message)
    {
        var signature = RemoteWebhooks.Sign(message, Instant.FromDateTimeOffset(TimeProvider.System.GetUtcNow()));
        using var client = server.Signing(signature);
        return (await walk.With(client).DoesAsync(
            "tollgate.billing.webhooks.receive",
            [server.EnvironmentId, RemoteBilling.Id],
            JsonDocument.Parse(message).RootElement)).GetProperty("data");
    }

    private static async Task<IReadOnlyList<JsonElement>> ListAsync(Walk walk, string query) =>
        [.. (await walk.DoesAsync("tollgate.billing.sync.list", [], query: query)).GetProperty("data").EnumerateArray()];

    private static async Task GivenPlanAsync(Walk walk)
    {
        await walk.DoesAsync("v1.products.createProduct", [], new { id = "workspace", displayName = "Workspace" });
        await walk.DoesAsync(
            "v1.plans.create", [], new { id = "pro", displayName = "Pro", productId = "workspace", pricingType = "PAID" });
        await walk.DoesAsync("v1.plans.update", ["pro"], new
        {
            charges = new
            {
                pricingType = "PAID",
                pricingModels = new object[]
                {
                    new
                    {
                        billingModel = "FLAT_FEE",
                        pricePeriods = new[]
                        {
                            new { billingPeriod = "MONTHLY", price = new { amount = 90, currency = "usd" } },
                        },
                    },
                },
            },
        });
        await walk.DoesAsync("v1.plans.publish", ["pro"], new { migrationType = "NEW_CUSTOMERS" });
        await walk.DoesAsync("v1.customers.provision", [], new { id = "c", name = "Cleo", email = "cleo@example.com" });
        await walk.DoesAsync(
            "v1.customers.paymentMethod.attach",
            ["c"],
            new { integrationId = RemoteBilling.Id, paymentMethodId = "card-1", vendorIdentifier = "STRIPE" });
    }

    private static string? Text(JsonElement element) => element.GetString();
}
