namespace Tollgate.Server.Tests.Contract;

/// <summary>Credit currencies, grants, consumption and what follows from them.</summary>
internal static class CreditSteps
{
    private const string Nobody = "no-such-thing";

    public static async Task CurrenciesAsync(Walk walk)
    {
        await walk.DoesAsync("v1.credits.customCurrencies.create", [], new { id = "ai", displayName = "AI credits" });
        await walk.DoesAsync("v1.credits.customCurrencies.create", [], new
        {
            id = "gems",
            displayName = "Gems",
            description = "Shiny",
            symbol = "*",
            units = new { singular = "gem", plural = "gems" },
            metadata = new { game = "dig" },
        });
        await walk.RefusesAsync(
            "v1.credits.customCurrencies.create", 409, "DuplicatedEntityNotAllowed", [], new { id = "ai", displayName = "AI" });
        await walk.RefusesAsync(
            "v1.credits.customCurrencies.create", 400, "BadUserInput", [], new { id = "x", displayName = "X", units = new { singular = "x" } });
        await walk.DoesAsync("v1.credits.customCurrencies.update", ["gems"], new { description = "", symbol = (string?)null });
        await walk.RefusesAsync(
            "v1.credits.customCurrencies.update", 404, "CustomCurrencyNotFound", [Nobody], new { displayName = "x" });
        await walk.DoesAsync("v1.credits.customCurrencies.listAssociatedEntities", ["gems"]);
        await walk.RefusesAsync("v1.credits.customCurrencies.listAssociatedEntities", 404, "CustomCurrencyNotFound", [Nobody]);
        await walk.DoesAsync("v1.credits.customCurrencies.archive", ["gems"]);
        await walk.RefusesAsync("v1.credits.customCurrencies.archive", 404, "CustomCurrencyNotFound", [Nobody]);
        await walk.RefusesAsync(
            "v1.credits.customCurrencies.update", 409, "EntityIsArchivedError", ["gems"], new { displayName = "x" });
        await walk.DoesAsync("v1.credits.customCurrencies.list", []);
        await walk.DoesAsync("v1.credits.customCurrencies.list", [], query: "status=ACTIVE,ARCHIVED&limit=1");
        await walk.RefusesAsync("v1.credits.customCurrencies.list", 400, "BadUserInput", [], query: "status=GONE");
        await walk.DoesAsync("v1.credits.customCurrencies.unarchive", ["gems"]);
        await walk.RefusesAsync("v1.credits.customCurrencies.unarchive", 404, "CustomCurrencyNotFound", [Nobody]);
    }

    public static async Task CreditsAsync(Walk walk)
    {
        await walk.DoesAsync("v1.customers.provision", [], new { id = "cred", email = "cred@example.com" });
        await GrantsAsync(walk);
        await ConsumptionAsync(walk);
        await ReadsAsync(walk);
        await RechargeAsync(walk);
        await ReservationsAsync(walk);
        await RowsAsync(walk);
        await OverageAsync(walk);
        await PurchaseAsync(walk);
    }

    /// <summary>A plan that sells credits when they are wanted, and a purchase.</summary>
    private static async Task PurchaseAsync(Walk walk)
    {
        var purchase = new { customerId = "cred", currencyId = "ai", amount = 40, paymentCollectionMethod = "INVOICE" };
        await walk.RefusesAsync("tollgate.credits.purchase", 400, "PriceNotFound", [], purchase);
        await walk.DoesAsync("v1.products.createProduct", [], new { id = "creditshop", displayName = "Credit shop" });
        await walk.DoesAsync(
            "v1.plans.create", [],
            new { id = "credit-shop", displayName = "Shop", productId = "creditshop", pricingType = "PAID" });
        await walk.DoesAsync("v1.plans.update", ["credit-shop"], new
        {
            charges = new
            {
                pricingType = "PAID",
                pricingModels = new object[]
                {
                    new
                    {
                        billingModel = "PER_UNIT", billingCadence = "ONE_OFF", topUpCustomCurrencyId = "ai",
                        minUnitQuantity = 10, maxUnitQuantity = 100,
                        pricePeriods = new[] { new { billingPeriod = "MONTHLY", price = new { amount = 0.5, currency = "usd" } } },
                    },
                },
            },
        });
        await walk.DoesAsync("v1.plans.publish", ["credit-shop"], new { migrationType = "NEW_CUSTOMERS" });
        await walk.DoesAsync(
            "v1.subscriptions.provision", [],
            new { customerId = "cred", planId = "credit-shop", id = "sub-shop", billingPeriod = "MONTHLY" });
        var bought = await walk.DoesAsync("tollgate.credits.purchase", [], purchase);
        // 40 at half a dollar.
        Assert.Equal(20, bought.GetProperty("data").GetProperty("cost").GetProperty("amount").GetDecimal());
        await walk.RefusesAsync(
            "tollgate.credits.purchase", 400, "InvalidQuantity", [], new { customerId = "cred", currencyId = "ai", amount = 9 });
        await walk.RefusesAsync(
            "tollgate.credits.purchase", 404, "CustomerNotFound", [], new { customerId = Nobody, currencyId = "ai", amount = 10 });
    }

    /// <summary>A plan that charges for credits beyond those it grants.</summary>
    private static async Task OverageAsync(Walk walk)
    {
        static object At(string period, decimal amount) => new { billingPeriod = period, price = new { amount, currency = "usd" } };

        await walk.DoesAsync(
            "v1.plans.create", [],
            new { id = "credit-over", displayName = "Over", productId = "creditbox", pricingType = "PAID" });
        object Charges(object? included) => new
        {
            charges = new
            {
                pricingType = "PAID",
                pricingModels = new object[] { new { billingModel = "FLAT_FEE", pricePeriods = new[] { At("MONTHLY", 9m) } } },
                overageBillingPeriod = "MONTHLY",
                overagePricingModels = new object[]
                {
                    included is null
                        ? new { billingModel = "USAGE_BASED", currencyId = "ai", pricePeriods = new[] { At("MONTHLY", 0.02m) } }
                        : new
                        {
                            billingModel = "USAGE_BASED",
                            currencyId = "ai",
                            creditEntitlement = included,
                            pricePeriods = new[] { At("MONTHLY", 0.02m) },
                        },
                },
            },
        };
        await walk.RefusesAsync("v1.plans.update", 400, "BadUserInput", ["credit-over"], Charges(null));
        await walk.DoesAsync(
            "v1.plans.update", ["credit-over"], Charges(new { customCurrencyId = "ai", amount = 100, cadence = "MONTH" }));
        await walk.DoesAsync("v1.plans.listOverageCharges", ["credit-over"]);
        await walk.DoesAsync("v1.plans.entitlements.list", ["credit-over"]);
        await walk.DoesAsync("v1.plans.publish", ["credit-over"], new { migrationType = "NEW_CUSTOMERS" });
        await walk.DoesAsync("v1.customers.provision", [], new { id = "over", email = "over@example.com" });
        await walk.DoesAsync("v1.subscriptions.provision", [], new
        {
            customerId = "over",
            planId = "credit-over",
            id = "sub-over",
            billingPeriod = "MONTHLY",
        });
        await walk.DoesAsync(
            "v1.credits.consumption.consume", [], new { customerId = "over", currencyId = "ai", amount = 150, idempotencyKey = "over-1" });
        await walk.DoesAsync("tollgate.subscriptions.nextInvoice", ["sub-over"]);
        await walk.DoesAsync("v1.subscriptions.usage.chargeUsage", ["sub-over"], new { });
        await walk.DoesAsync("v1.credits.grants.list", [], query: "customerId=over");
        await walk.DoesAsync("v1.credits.listLedger", [], query: "customerId=over");
    }

    /// <summary>CREDIT rows of a plan, and what a subscription to it shows and estimates.</summary>
    private static async Task RowsAsync(Walk walk)
    {
        await walk.DoesAsync("v1.products.createProduct", [], new { id = "creditbox", displayName = "Credit box" });
        await walk.DoesAsync(
            "v1.plans.create", [],
            new { id = "credit-free", displayName = "Credits", productId = "creditbox", pricingType = "FREE" });
        await walk.DoesAsync("v1.plans.entitlements.create", ["credit-free"], new
        {
            entitlements = new object[]
            {
                new
                {
                    type = "CREDIT", id = "ai", amount = 50, cadence = "MONTH", hasSoftLimit = true, displayNameOverride = "AI",
                    hiddenFromWidgets = new[] { "PAYWALL" }, order = 1,
                },
                new { type = "CREDIT", id = "gems", amount = 5.5, cadence = "YEAR" },
            },
        });
        await walk.RefusesAsync("v1.plans.entitlements.create", 404, "CustomCurrencyNotFound", ["credit-free"], new
        {
            entitlements = new object[] { new { type = "CREDIT", id = Nobody, amount = 1, cadence = "MONTH" } },
        });
        await walk.DoesAsync("v1.plans.entitlements.update", ["credit-free", "ai"], new { type = "CREDIT", amount = 70 });
        await walk.DoesAsync("v1.plans.entitlements.list", ["credit-free"]);
        await walk.DoesAsync("v1.plans.entitlements.delete", ["credit-free", "gems"]);
        await walk.DoesAsync("v1.plans.publish", ["credit-free"], new { migrationType = "NEW_CUSTOMERS" });
        await walk.DoesAsync("v1.subscriptions.provision", [], new { customerId = "cred", planId = "credit-free", id = "sub-cred" });
        await walk.DoesAsync("v1.customers.retrieveEntitlements", ["cred"]);
        await walk.DoesAsync("v1.credits.grants.list", [], query: "customerId=cred");
        await walk.DoesAsync("tollgate.credits.listBalances", [], query: "customerId=cred&currencyId=ai");
        await walk.DoesAsync("v1.usage.estimate", [], new { customerId = "cred", featureId = "api-calls", value = 5 });
        await walk.RefusesAsync(
            "v1.usage.estimate", 400, "CustomerNotFound", [], new { customerId = Nobody, featureId = "api-calls", value = 5 },
            keepsContract: true);
    }

    private static async Task ReservationsAsync(Walk walk)
    {
        var outcome = await walk.DoesAsync(
            "tollgate.reservations.create", [], new { customerId = "cred", currencyId = "ai", amount = 10, expiresInSeconds = 600 });
        // 100.5 are usable, 203.5 consumed.
        Assert.Equal("InsufficientCredits", outcome.GetProperty("data").GetProperty("accessDeniedReason").GetString());
        await walk.DoesAsync("v1.credits.grants.create", [], new
        {
            customerId = "cred",
            currencyId = "ai",
            amount = 1_000,
            displayName = "More",
            grantType = "PROMOTIONAL",
        });
        var held = await walk.DoesAsync(
            "tollgate.reservations.create", [], new { customerId = "cred", currencyId = "ai", amount = 10 });
        var id = held.GetProperty("data").GetProperty("reservation").GetProperty("id").GetString()!;
        await walk.DoesAsync("tollgate.reservations.settle", [id], new { amount = 4.5, dimensions = new { model = "large" } });
        await walk.DoesAsync("tollgate.reservations.list", [], query: "currencyId=ai");
    }

    private static async Task GrantsAsync(Walk walk)
    {
        var granted = await walk.DoesAsync("v1.credits.grants.create", [], new
        {
            customerId = "cred",
            currencyId = "ai",
            amount = 100.5,
            displayName = "Welcome",
            grantType = "PROMOTIONAL",
            comment = "hello",
            priority = 1,
            expireAt = "2099-01-01T00:00:00Z",
            metadata = new { why = "launch" },
        });
        await walk.DoesAsync("v1.credits.grants.create", [], new
        {
            customerId = "cred",
            currencyId = "ai",
            amount = 10,
            displayName = "Bought",
            grantType = "PAID",
            cost = new { amount = 5, currency = "usd" },
            paymentCollectionMethod = "INVOICE",
            billingInformation = new { invoiceDaysUntilDue = 7 },
        });
        await RefusesGrantAsync(walk, 400, "InvalidArgumentError", new { amount = 0 });
        await RefusesGrantAsync(walk, 400, "ExpireAtMustBeLaterThanEffectiveAtError", new { amount = 1, expireAt = "2001-01-01T00:00:00Z" });
        var id = granted.GetProperty("data").GetProperty("id").GetString()!;
        await walk.DoesAsync("v1.credits.grants.list", [], query: "customerId=cred&currencyId=ai&limit=1");
        await walk.RefusesAsync("v1.credits.grants.list", 400, "BadUserInput", []);
        await walk.DoesAsync("tollgate.credits.updateGrant", [id], new { displayName = "Hello", expireAt = (string?)null, comment = "" });
        await walk.RefusesAsync("tollgate.credits.updateGrant", 404, "CreditGrantNotFound", [Nobody], new { displayName = "x" });
        await walk.DoesAsync("tollgate.credits.previewGrant", [], new
        {
            customerId = "cred",
            currencyId = "ai",
            amount = 10,
            cost = new { amount = 5, currency = "usd" },
        });
        await walk.RefusesAsync(
            "tollgate.credits.previewGrant",
            404,
            "CustomerNotFound",
            [],
            new { customerId = Nobody, currencyId = "ai", amount = 10, cost = new { amount = 5, currency = "usd" } });
        var spare = await walk.DoesAsync(
            "v1.credits.grants.create",
            [],
            new { customerId = "cred", currencyId = "gems", amount = 1, displayName = "Spare", grantType = "PROMOTIONAL" });
        var spareId = spare.GetProperty("data").GetProperty("id").GetString()!;
        await walk.DoesAsync("v1.credits.grants.void", [spareId]);
        await walk.RefusesAsync("v1.credits.grants.void", 409, "CreditGrantAlreadyVoided", [spareId]);
        await walk.RefusesAsync("v1.credits.grants.void", 404, "CreditGrantNotFound", [Nobody]);
    }

    private static async Task RefusesGrantAsync(Walk walk, int status, string code, object fields)
    {
        var body = System.Text.Json.JsonSerializer.SerializeToNode(fields)!.AsObject();
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["customerId"] = "cred",
            ["currencyId"] = "ai",
            ["displayName"] = "x",
            ["grantType"] = "PROMOTIONAL",
        })
        {
            body[name] = value;
        }

        await walk.RefusesAsync("v1.credits.grants.create", status, code, [], body, keepsContract: true);
    }

    private static async Task ConsumptionAsync(Walk walk)
    {
        var once = new
        {
            customerId = "cred",
            currencyId = "ai",
            amount = 2.5,
            idempotencyKey = "walk-1",
            dimensions = new { model = "large", tokens = 12, cached = false },
        };
        await walk.DoesAsync("v1.credits.consumption.consume", [], once);
        await walk.DoesAsync("v1.credits.consumption.consume", [], once);
        await walk.RefusesAsync(
            "v1.credits.consumption.consume",
            409,
            "DuplicatedEntityNotAllowed",
            [],
            new { customerId = "cred", currencyId = "ai", amount = 3, idempotencyKey = "walk-1" });
        await walk.RefusesAsync(
            "v1.credits.consumption.consume",
            400,
            "CustomCurrencyNotFound",
            [],
            new { customerId = "cred", currencyId = Nobody, amount = 3, idempotencyKey = "walk-2" },
            keepsContract: true);
        await walk.DoesAsync("v1.credits.consumption.consumeAsync", [], new
        {
            consumptions = new[]
            {
                new { customerId = "cred", currencyId = "ai", amount = 1, idempotencyKey = "many-1" },
                new { customerId = "cred", currencyId = "ai", amount = 200, idempotencyKey = "many-2" },
                new { customerId = "cred", currencyId = "ai", amount = 7, idempotencyKey = "walk-1" },
            },
        });
        await walk.RefusesAsync("v1.credits.consumption.consumeAsync", 400, "BadUserInput", [], new { consumptions = Array.Empty<object>() });
    }

    private static async Task ReadsAsync(Walk walk)
    {
        await walk.DoesAsync("v1.credits.listLedger", [], query: "customerId=cred&eventType=CREDITS_CONSUMED,CREDITS_GRANTED&limit=2");
        await walk.RefusesAsync("v1.credits.listLedger", 400, "BadUserInput", [], query: "customerId=cred&eventType=GONE", keepsContract: true);
        await walk.DoesAsync("v1.credits.getUsage", [], query: "customerId=cred&currencyId=ai&timeRange=LAST_DAY&groupBy=model,cached");
        await walk.DoesAsync("v1.credits.getUsage", [], query: "customerId=cred&currencyId=ai");
        await walk.RefusesAsync("v1.credits.getUsage", 400, "BadUserInput", [], query: "customerId=cred&groupBy=a,b,c,d");
        await walk.DoesAsync("tollgate.credits.listEventFields", [], query: "customerId=cred&search=mod");
        await walk.RefusesAsync("tollgate.credits.listEventFields", 404, "CustomerNotFound", [], query: $"customerId={Nobody}");
        await walk.DoesAsync("tollgate.credits.listBalances", [], query: "customerId=cred");
        await walk.RefusesAsync("tollgate.credits.listBalances", 404, "CustomerNotFound", [], query: $"customerId={Nobody}");
        await walk.DoesAsync("tollgate.credits.listConflicts", [], query: "customerId=cred&limit=1");
        await walk.RefusesAsync("tollgate.credits.listConflicts", 404, "CustomerNotFound", [], query: $"customerId={Nobody}");
        await walk.DoesAsync("tollgate.credits.audit", []);
        await walk.DoesAsync("tollgate.credits.revenue", [], query: "from=2020-01-01T00:00:00Z&to=2030-01-01T00:00:00Z");
        await walk.RefusesAsync(
            "tollgate.credits.revenue", 400, "BadUserInput", [], query: "from=2030-01-01T00:00:00Z&to=2020-01-01T00:00:00Z",
            keepsContract: true);
        await walk.DoesAsync("v1.customers.checkEntitlement", ["cred"], query: "currencyId=ai&requestedUsage=1");
        await walk.DoesAsync("v1.customers.checkEntitlement", ["cred"], query: $"currencyId={Nobody}");
        await walk.DoesAsync("v1.customers.retrieveEntitlements", ["cred"]);
    }

    private static async Task RechargeAsync(Walk walk)
    {
        await walk.DoesAsync("v1.credits.getAutoRecharge", [], query: "customerId=cred&currencyId=ai");
        await walk.RefusesAsync("v1.credits.getAutoRecharge", 400, "BadUserInput", [], query: "customerId=cred");
        await walk.DoesAsync("tollgate.credits.saveAutoRecharge", [], new
        {
            customerId = "cred",
            currencyId = "ai",
            isEnabled = false,
            thresholdType = "CREDIT_AMOUNT",
            thresholdValue = 5,
            targetBalance = 50,
            maxSpendLimit = 100,
            grantExpirationPeriod = "1_MONTH",
        });
        await walk.DoesAsync("v1.credits.getAutoRecharge", [], query: "customerId=cred&currencyId=ai");
        await walk.DoesAsync("tollgate.credits.retrieveAutoRecharge", [], query: "customerId=cred&currencyId=ai");
        await walk.RefusesAsync(
            "tollgate.credits.retrieveAutoRecharge", 404, "CustomerNotFound", [], query: $"customerId={Nobody}&currencyId=ai");
        await walk.RefusesAsync(
            "tollgate.credits.saveAutoRecharge", 404, "PaymentMethodNotFoundError", [],
            new { customerId = "cred", currencyId = "ai", isEnabled = true });
    }
}
