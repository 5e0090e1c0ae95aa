using System.Text.Json;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Faults;

/// <summary>A charge that follows its call is neither lost nor doubled when the process ends in between.</summary>
public sealed class LostChargeTests
{
    private const int Customers = 12;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Killed_between_the_commit_and_the_charge_it_charges_each_once(DatabaseKind kind)
    {
        await using var server = await ServerProcess.StartAsync(kind, Cancellation);
        await SellAsync(server.Client);
        for (var i = 0; i < Customers; i++)
        {
            var answer = await OkAsync(server.Client, HttpMethod.Post, "/api/v1/subscriptions", new
            {
                customerId = $"c{i}",
                planId = "pro",
                id = $"s{i}",
                billingPeriod = "MONTHLY",
                awaitPaymentConfirmation = false,
            });
            Assert.Equal("PROCESSING", answer.GetProperty("subscription").GetProperty("paymentCollection").GetString());
        }

        server.Kill();
        await server.StartAgainAsync(Cancellation);

        await Eventually.TrueAsync(
            async () => (await OkAsync(server.Client, HttpMethod.Get, "/api/v1/subscriptions?limit=100&status=ACTIVE", null))
                .GetArrayLength() == Customers,
            cancellationToken: Cancellation);
        var invoices = await OkAsync(server.Client, HttpMethod.Get, "/tollgate/v1/invoices?limit=100", null);
        Assert.Equal(
            Enumerable.Range(0, Customers).Select(i => $"s{i} PAID 1").Order(StringComparer.Ordinal),
            invoices.EnumerateArray().Select(invoice => $"{invoice.GetProperty("subscriptionId").GetString()} "
                + $"{invoice.GetProperty("status").GetString()} {invoice.GetProperty("attemptCount").GetInt32()}")
                .Order(StringComparer.Ordinal));
    }

    private static async Task SellAsync(HttpClient client)
    {
        await OkAsync(
            client, HttpMethod.Post, "/api/v1/plans",
            new { id = "pro", displayName = "Pro", productId = "product-default", pricingType = "PAID" });
        var models = new[]
        {
            new
            {
                billingModel = "FLAT_FEE",
                pricePeriods = new[] { new { billingPeriod = "MONTHLY", price = new { amount = 49, currency = "usd" } } },
            },
        };
        await OkAsync(
            client, HttpMethod.Patch, "/api/v1/plans/pro",
            new { charges = new { pricingType = "PAID", pricingModels = models } });
        await OkAsync(client, HttpMethod.Post, "/api/v1/plans/pro/publish", new { migrationType = "NEW_CUSTOMERS" });
        for (var i = 0; i < Customers; i++)
        {
            await OkAsync(client, HttpMethod.Post, "/api/v1/customers", new { id = $"c{i}" });
            await OkAsync(
                client, HttpMethod.Post, $"/api/v1/customers/c{i}/payment-method",
                new { integrationId = "builtin", paymentMethodId = "pm_ok", vendorIdentifier = "STRIPE" });
        }
    }

    private static async Task<JsonElement> OkAsync(HttpClient client, HttpMethod method, string path, object? body)
    {
        var answer = await client.CallAsync(method, path, body, Cancellation);
        Assert.True(answer.Status is 200 or 201, $"{method} {path}: {answer.Text}");
        return answer.Data;
    }
}
