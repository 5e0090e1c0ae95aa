namespace Tollgate.Server.Tests.Contract;

/// <summary>Contracts over the custom-priced subscription of carl and one made with the contract.</summary>
internal static class ContractSteps
{
    private const string Nobody = "no-such-contract";

    public static async Task ContractsAsync(Walk walk)
    {
        await walk.DoesAsync("v1.customers.provision", [], new { id = "gil", email = "gil@example.com" });
        var subscription = new
        {
            customerId = "gil",
            planId = "enterprise",
            id = "sub-gil",
            entitlements = new object[] { new { type = "FEATURE", id = "seats", usageLimit = 40 } },
        };
        var made = await walk.DoesAsync("v1.contracts.create", [], new
        {
            customerId = "gil",
            name = "Enterprise deal",
            poNumber = "PO-2026-1",
            activationStartDate = "2026-01-01T00:00:00.000Z",
            activationEndDate = "2099-01-01T00:00:00.000Z",
            setupBilling = false,
            subscriptions = new object[] { new { newSubscription = subscription } },
        });
        var id = made.GetProperty("data").GetProperty("contractId").GetString()!;
        var linked = await walk.DoesAsync("v1.subscriptions.retrieve", ["sub-gil"]);
        Assert.Equal(id, linked.GetProperty("data").GetProperty("contractId").GetString());

        await walk.RefusesAsync(
            "v1.contracts.create",
            400,
            "InvalidArgumentError",
            [],
            new { customerId = "carl", subscriptions = new[] { new { existingSubscriptionId = "sub-gil" } } },
            keepsContract: true);
        // The create operation declares no 404.
        await walk.RefusesAsync(
            "v1.contracts.create",
            400,
            "SubscriptionNotFound",
            [],
            new { customerId = "carl", subscriptions = new[] { new { existingSubscriptionId = "none" } } },
            keepsContract: true);
        await walk.RefusesAsync(
            "v1.contracts.create",
            400,
            "BadUserInput",
            [],
            new { customerId = "carl", subscriptions = new object[] { new { } } },
            keepsContract: true);

        await walk.DoesAsync("v1.contracts.list", []);
        await walk.DoesAsync(
            "v1.contracts.list", [], query: "customerExternalId=gil&name=Enterprise%20deal&state=DRAFT,ACTIVE&limit=1");
        await walk.RefusesAsync("v1.contracts.list", 400, "BadUserInput", [], query: "state=LIVE");
        await walk.RefusesAsync("v1.contracts.list", 400, "BadUserInput", [], query: "after=not-a-cursor", keepsContract: true);
        await walk.DoesAsync("v1.contracts.retrieve", [id]);
        // The list of error codes has none for contracts.
        await walk.RefusesAsync("v1.contracts.retrieve", 400, "InvalidArgumentError", [Nobody], keepsContract: true);
        await walk.RefusesAsync("tollgate.contracts.nextInvoice", 400, "InvoicePreviewNotAvailableForDraftContract", [id]);
        await walk.DoesAsync("v1.contracts.update", [id], new { setupBilling = true, name = (string?)null });
        await walk.DoesAsync("tollgate.contracts.setBilling", [id], new
        {
            billingPeriod = "ANNUALLY",
            currency = "usd",
            daysUntilDue = 10,
            lines = new object[]
            {
                new { description = "Platform fee", unitPrice = 1000, quantity = 2 },
                new { description = "Seats used", unitPrice = 0.5, featureId = "seats", subscriptionId = "sub-gil" },
            },
        });
        await walk.RefusesAsync(
            "tollgate.contracts.setBilling",
            400,
            "BadUserInput",
            [id],
            new { currency = "gold", lines = new[] { new { description = "Fee", unitPrice = 1 } } },
            keepsContract: true);
        await walk.DoesAsync("tollgate.contracts.retrieveBilling", [id]);
        await walk.RefusesAsync("tollgate.contracts.retrieveBilling", 400, "InvalidArgumentError", [Nobody], keepsContract: true);
        await walk.DoesAsync("tollgate.contracts.nextInvoice", [id]);
        await walk.RefusesAsync(
            "v1.contracts.update",
            400,
            "InvalidArgumentError",
            [id],
            new { activationEndDate = "2025-01-01T00:00:00.000Z" },
            keepsContract: true);
        await walk.RefusesAsync(
            "v1.contracts.update", 404, "SubscriptionNotFound", [id], new { subscriptionIds = new[] { "none" } });
        await walk.DoesAsync("v1.customers.listContracts", ["gil"]);
        await walk.DoesAsync("v1.customers.listContracts", ["bob"]);
        await walk.RefusesAsync("v1.customers.listContracts", 404, "CustomerNotFound", ["nobody"]);
        await walk.DoesAsync("v1.contracts.delete", [id]);
        await walk.RefusesAsync("v1.contracts.delete", 400, "InvalidArgumentError", [Nobody], keepsContract: true);
        await walk.RefusesAsync("v1.contracts.update", 409, "EntityIsArchivedError", [id], new { name = "x" });
    }
}
