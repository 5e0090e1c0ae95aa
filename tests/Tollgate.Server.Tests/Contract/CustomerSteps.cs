namespace Tollgate.Server.Tests.Contract;

/// <summary>Customers, their subscriptions, and the end of both.</summary>
internal static class CustomerSteps
{
    private const string Nobody = "nobody@example.com";

    public static async Task CustomersAsync(Walk walk)
    {
        await walk.DoesAsync("v1.customers.provision", [], new
        {
            id = "ada@example.com",
            name = "Ada",
            email = "ada@example.com",
            language = "en",
            timezone = "Europe/London",
            billingCurrency = "gbp",
            metadata = new { source = "walk" },
        });
        await walk.DoesAsync("v1.customers.provision", [], new { id = "bob" });
        await walk.RefusesAsync("v1.customers.provision", 409, "DuplicatedEntityNotAllowed", [], new { id = "bob" });
        await walk.RefusesAsync("v1.customers.provision", 400, "BadUserInput", [], new { name = "No id", email = "no address" });

        await walk.DoesAsync("v1.customers.import", [], new
        {
            customers = new object[]
            {
                new { id = "carl", email = "carl@example.com", name = "Carl", metadata = new { batch = "1" } },
                new { id = "dora", email = (string?)null, name = (string?)null },
            },
        });
        await walk.RefusesAsync(
            "v1.customers.import", 400, "BadUserInput", [], new { customers = new object[] { new { id = "eve" } } });
        var eve = new { id = "eve", email = (string?)null, name = (string?)null };
        await walk.RefusesAsync(
            "v1.customers.import", 400, "FailedToImportCustomer", [], new { customers = new[] { eve, eve } }, keepsContract: true);
        await walk.RefusesAsync(
            "v1.customers.import",
            400,
            "IntegrationNotFound",
            [],
            new { customers = new[] { eve }, integrationId = "none" },
            keepsContract: true);
        await walk.RefusesAsync(
            "v1.customers.import",
            400,
            "BadUserInput",
            [],
            new { customers = Enumerable.Range(0, 1_001).Select(i => new { id = $"c{i}", email = (string?)null, name = "C" }) },
            keepsContract: true);

        await walk.DoesAsync("v1.customers.retrieve", ["ada@example.com"]);
        await walk.RefusesAsync("v1.customers.retrieve", 404, "CustomerNotFound", [Nobody]);
        await walk.DoesAsync("v1.customers.list", []);
        await walk.DoesAsync(
            "v1.customers.list", [], query: "email=ada%40example.com&name=Ada&createdAt%5Bgt%5D=2020-01-01T00:00:00Z&limit=100");
        await walk.RefusesAsync("v1.customers.list", 400, "BadUserInput", [], query: "limit=1000");
        await walk.DoesAsync("v1.customers.update", ["ada@example.com"], new
        {
            name = "Ada L.",
            timezone = (string?)null,
            metadata = new { source = "walk", vip = "yes" },
        });
        await walk.RefusesAsync("v1.customers.update", 404, "CustomerNotFound", [Nobody], new { name = "x" });

        await walk.DoesAsync("v1.customers.archive", ["dora"]);
        await walk.RefusesAsync("v1.customers.archive", 404, "CustomerNotFound", [Nobody]);
        await walk.RefusesAsync("v1.customers.update", 409, "EntityIsArchivedError", ["dora"], new { name = "x" });
        await walk.DoesAsync("v1.customers.unarchive", ["dora"]);
        await walk.RefusesAsync("v1.customers.unarchive", 404, "CustomerNotFound", [Nobody]);
    }

    public static async Task SubscriptionsAsync(Walk walk)
    {
        await walk.DoesAsync(
            "v1.subscriptions.provision", [], new { customerId = "bob", planId = "free", id = "sub-bob", metadata = new { k = "v" } });
        await walk.DoesAsync("v1.subscriptions.provision", [], new
        {
            customerId = "ada@example.com",
            planId = "team",
            id = "sub-ada",
            billingPeriod = "MONTHLY",
            charges = new[] { new { id = "seats", quantity = 5, type = "FEATURE" } },
        });
        await walk.DoesAsync("v1.subscriptions.provision", [], new
        {
            customerId = "carl",
            planId = "enterprise",
            id = "sub-carl",
            entitlements = new object[] { new { type = "FEATURE", id = "seats", usageLimit = 250, hasSoftLimit = true } },
        });
        await walk.DoesAsync(
            "v1.subscriptions.provision", [], new { customerId = "ada@example.com", planId = "site", id = "sub-site", resourceId = "site-1" });
        // The provision operation declares no 404.
        await walk.RefusesAsync(
            "v1.subscriptions.provision",
            400,
            "CustomerNotFound",
            [],
            new { customerId = Nobody, planId = "free" },
            keepsContract: true);
        await walk.RefusesAsync(
            "v1.subscriptions.provision",
            400,
            "PlanNotFound",
            [],
            new { customerId = "bob", planId = "no-such-plan" },
            keepsContract: true);
        await walk.RefusesAsync(
            "v1.subscriptions.provision",
            409,
            "DuplicatedEntityNotAllowed",
            [],
            new { customerId = "bob", planId = "free", id = "sub-ada" });

        await walk.DoesAsync("v1.subscriptions.retrieve", ["sub-ada"]);
        await walk.RefusesAsync("v1.subscriptions.retrieve", 404, "SubscriptionNotFound", ["no-such-subscription"]);
        await walk.DoesAsync("v1.subscriptions.list", []);
        await walk.DoesAsync(
            "v1.subscriptions.list",
            [],
            query: "customerId=ada%40example.com&planId=site&resourceId=site-1&status=ACTIVE,IN_TRIAL&pricingType=FREE&limit=1");
        await walk.RefusesAsync("v1.subscriptions.list", 400, "BadUserInput", [], query: "status=LIVE");
        await walk.DoesAsync("v1.subscriptions.update", ["sub-ada"], new
        {
            metadata = new { note = "grows" },
            charges = new[] { new { id = "seats", quantity = 8, type = "FEATURE" } },
        });
        await walk.RefusesAsync(
            "v1.subscriptions.update", 404, "SubscriptionNotFound", ["no-such-subscription"], new { metadata = new { a = "b" } });

        await PreviewsAsync(walk);
        await walk.DoesAsync("v1.customers.listResources", ["ada@example.com"]);
        await walk.DoesAsync("v1.customers.listResources", ["bob"], query: "limit=5");
        await walk.RefusesAsync("v1.customers.listResources", 404, "CustomerNotFound", [Nobody]);
    }

    private static async Task PreviewsAsync(Walk walk)
    {
        await walk.DoesAsync("v1.subscriptions.preview", [], new
        {
            customerId = "ada@example.com",
            planId = "team",
            billingPeriod = "MONTHLY",
            billableFeatures = new[] { new { featureId = "seats", quantity = 12 } },
            appliedCoupon = new { discount = new { percentOff = 20 } },
            billingInformation = new { taxPercentage = 10, prorationBehavior = "INVOICE_IMMEDIATELY" },
        });
        await walk.DoesAsync("v1.subscriptions.preview", [], new { customerId = "bob", planId = "free" });
        await walk.DoesAsync("v1.subscriptions.preview", [], new
        {
            customerId = "bob",
            planId = "team",
            billingPeriod = "MONTHLY",
            trialOverrideConfiguration = new { isTrial = true, trialEndDate = "2099-01-01T00:00:00Z" },
        });
        await walk.RefusesAsync(
            "v1.subscriptions.preview", 400, "PlanNotFound", [], new { customerId = "bob", planId = "no-such-plan" },
            keepsContract: true);
        await walk.RefusesAsync(
            "v1.subscriptions.preview", 400, "PromotionCodeNotFound", [], new
            {
                customerId = "bob",
                planId = "team",
                billingPeriod = "MONTHLY",
                appliedCoupon = new { promotionCode = "SAVE" },
            },
            keepsContract: true);
        await walk.RefusesAsync("v1.subscriptions.preview", 400, "InvalidArgumentError", [], new
        {
            customerId = "bob",
            planId = "team",
            charges = new[] { new { id = "seats", quantity = 5, type = "FEATURE" } },
            billableFeatures = new[] { new { featureId = "seats", quantity = 12 } },
        });
        await walk.RefusesAsync("v1.subscriptions.preview", 400, "BadUserInput", [], new { planId = "team" });
    }

    public static async Task EndAsync(Walk walk)
    {
        await walk.DoesAsync(
            "v1.subscriptions.cancel", ["sub-bob"], new { cancellationTime = "IMMEDIATE", cancellationAction = "REVOKE_ENTITLEMENTS" });
        await walk.RefusesAsync(
            "v1.subscriptions.cancel",
            409,
            "SubscriptionAlreadyCanceledOrExpired",
            ["sub-bob"],
            new { cancellationTime = "IMMEDIATE" });
        await walk.RefusesAsync("v1.subscriptions.cancel", 404, "SubscriptionNotFound", ["no-such-subscription"], new { });
        await walk.DoesAsync("v1.subscriptions.cancel", ["sub-ada"], new { cancellationTime = "END_OF_BILLING_PERIOD" });
        await walk.DoesAsync("v1.subscriptions.retrieve", ["sub-ada"]);
        await walk.DoesAsync("v1.customers.archive", ["carl"]);
        await walk.DoesAsync("v1.subscriptions.retrieve", ["sub-carl"]);
    }
}
