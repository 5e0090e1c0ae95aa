namespace Tollgate.Server.Tests.Contract;

/// <summary>What a subscription can hold beside its plan, what waits on it, and where it can go.</summary>
internal static class SubscriptionSteps
{
    private const string Nobody = "no-such-subscription";

    /// <summary>Before a plan gets its new version.</summary>
    public static async Task ChangesAsync(Walk walk)
    {
        await walk.DoesAsync("tollgate.customers.provision", [], new
        {
            customer = new { id = "mia", email = "mia@example.com" },
            subscription = new { customerId = "mia", planId = "free", id = "sub-mia" },
        });
        await walk.DoesAsync(
            "tollgate.customers.provision", [], new { customer = new { id = "noa" }, subscription = (object?)null });
        await walk.RefusesAsync(
            "tollgate.customers.provision",
            400,
            "EntityIdDifferentFromRefIdError",
            [],
            new { customer = new { id = "noa" }, subscription = new { customerId = "mia", planId = "free" } },
            keepsContract: true);

        await walk.DoesAsync("v1.subscriptions.provision", [], new
        {
            customerId = "noa",
            planId = "team",
            id = "sub-noa",
            billingPeriod = "MONTHLY",
            charges = new[] { new { id = "seats", quantity = 5, type = "FEATURE" } },
            addons = new[] { new { id = "seat-pack", quantity = 2 } },
            priceOverrides = new object[] { new { featureId = "seats", amount = 4.5 }, new { addonId = "seat-pack", amount = 8 } },
            appliedCoupon = new { discount = new { name = "Loyal", percentOff = 10, durationInMonths = 3 } },
        });
        // The provision operation declares no 404.
        await walk.RefusesAsync(
            "v1.subscriptions.provision",
            400,
            "AddonsNotFound",
            [],
            new
            {
                customerId = "mia",
                planId = "team",
                billingPeriod = "MONTHLY",
                addons = new[] { new { id = "x", quantity = 1 }, new { id = "y", quantity = 1 } },
            },
            keepsContract: true);
        await UsageAsync(walk);
        await WaitingAsync(walk);
        await MovesAsync(walk);
        await walk.DoesAsync("tollgate.subscriptions.setEntitlements", ["sub-noa"], new
        {
            entitlements = new object[] { new { id = "api-calls", usageLimit = 5, hasSoftLimit = true, resetPeriod = "MONTH" } },
        });
        await walk.RefusesAsync(
            "tollgate.subscriptions.setEntitlements", 404, "SubscriptionNotFound", [Nobody], new { entitlements = Array.Empty<object>() });
    }

    /// <summary>After a plan got its new version.</summary>
    public static async Task MigrationAsync(Walk walk)
    {
        var now = new { subscriptionMigrationTime = "IMMEDIATE" };
        await walk.DoesAsync("tollgate.subscriptions.previewMigration", ["sub-mia"], now);
        await walk.RefusesAsync("tollgate.subscriptions.previewMigration", 404, "SubscriptionNotFound", [Nobody], now);
        await walk.DoesAsync("v1.subscriptions.migrate", ["sub-mia"], now);
        await walk.RefusesAsync(
            "tollgate.subscriptions.previewMigration", 409, "SubscriptionAlreadyOnLatestPlanError", ["sub-mia"], now);
        await walk.RefusesAsync("v1.subscriptions.migrate", 409, "SubscriptionAlreadyOnLatestPlanError", ["sub-mia"], now);
        await walk.RefusesAsync("v1.subscriptions.migrate", 404, "SubscriptionNotFound", [Nobody], now);
    }

    private static async Task UsageAsync(Walk walk)
    {
        await walk.DoesAsync("v1.subscriptions.usage.chargeUsage", ["sub-noa"], new { });
        await walk.DoesAsync(
            "v1.subscriptions.usage.chargeUsage", ["sub-noa"], new { untilDate = "2020-01-01T00:00:00.000Z" });
        await walk.RefusesAsync(
            "v1.subscriptions.usage.chargeUsage", 400, "InvalidArgumentError", ["sub-noa"],
            new { untilDate = "2999-01-01T00:00:00.000Z" }, keepsContract: true);
        await walk.RefusesAsync(
            "v1.subscriptions.usage.chargeUsage", 400, "SubscriptionDoesNotHaveBillingPeriod", ["sub-mia"], new { },
            keepsContract: true);
        await walk.RefusesAsync("v1.subscriptions.usage.chargeUsage", 404, "SubscriptionNotFound", [Nobody], new { });
        await walk.DoesAsync("v1.subscriptions.usage.sync", ["sub-noa"]);
        await walk.RefusesAsync("v1.subscriptions.usage.sync", 404, "SubscriptionNotFound", [Nobody]);
        await walk.DoesAsync("tollgate.subscriptions.nextInvoice", ["sub-noa"]);
        await walk.DoesAsync("tollgate.subscriptions.nextInvoice", ["sub-mia"]);
        await walk.RefusesAsync("tollgate.subscriptions.nextInvoice", 404, "SubscriptionNotFound", [Nobody]);
        await walk.DoesAsync("tollgate.subscriptions.previewUpdate", ["sub-noa"], new { metadata = new { } });
        await walk.RefusesAsync(
            "tollgate.subscriptions.previewUpdate", 404, "SubscriptionNotFound", [Nobody], new { metadata = new { } });
        await walk.DoesAsync(
            "tollgate.subscriptions.previewCancellation", ["sub-noa"], new { cancellationTime = "IMMEDIATE" });
        await walk.RefusesAsync(
            "tollgate.subscriptions.previewCancellation", 404, "SubscriptionNotFound", [Nobody], new { });
    }

    private static async Task WaitingAsync(Walk walk)
    {
        await walk.DoesAsync("v1.subscriptions.update", ["sub-noa"], new
        {
            charges = new[] { new { id = "seats", quantity = 3, type = "FEATURE" } },
            addons = Array.Empty<object>(),
            scheduleStrategy = "END_OF_BILLING_PERIOD",
        });
        await walk.DoesAsync("v1.subscriptions.retrieve", ["sub-noa"]);
        await walk.DoesAsync("v1.subscriptions.futureUpdate.cancelSchedule", ["sub-noa"]);
        await walk.RefusesAsync("v1.subscriptions.futureUpdate.cancelSchedule", 404, "SubscriptionNotFound", [Nobody]);
        await walk.DoesAsync("v1.subscriptions.futureUpdate.cancelPendingPayment", ["sub-noa"]);
        await walk.RefusesAsync("v1.subscriptions.futureUpdate.cancelPendingPayment", 404, "SubscriptionNotFound", [Nobody]);
    }

    private static async Task MovesAsync(Walk walk)
    {
        foreach (var resource in (string[])["site-9", "site-1"])
            await walk.DoesAsync("v1.subscriptions.transfer", ["sub-site"], new { destinationResourceId = resource });
        await walk.RefusesAsync(
            "v1.subscriptions.transfer",
            400,
            "InvalidArgumentError",
            ["sub-noa"],
            new { destinationResourceId = "site-1" },
            keepsContract: true);
        await walk.DoesAsync("v1.subscriptions.delegate", ["sub-noa"], new { targetCustomerId = "bob" });
        await walk.RefusesAsync("v1.subscriptions.delegate", 404, "CustomerNotFound", ["sub-noa"], new { targetCustomerId = "x" });
        await walk.DoesAsync("v1.subscriptions.delegate", ["sub-noa"], new { targetCustomerId = "noa" });
        await walk.DoesAsync("v1.customers.provision", [], new { id = "zoe" });
        await walk.DoesAsync("tollgate.subscriptions.delegateManagement", ["sub-mia"], new { destinationCustomerId = "zoe" });
        await walk.RefusesAsync(
            "tollgate.subscriptions.delegateManagement", 404, "CustomerNotFound", ["sub-mia"], new { destinationCustomerId = "x" });
    }
}
