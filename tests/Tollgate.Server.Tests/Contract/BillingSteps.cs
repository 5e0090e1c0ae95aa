namespace Tollgate.Server.Tests.Contract;

/// <summary>Settings, payment methods, invoices written by hand, and what becomes of them.</summary>
internal static class BillingSteps
{
    private const string Payer = "pia";
    private const string Nobody = "nobody@example.com";
    private const string NoInvoice = "00000000-0000-0000-0000-0000000000ff";

    public static async Task BillingAsync(Walk walk, Walk anonymous)
    {
        await walk.DoesAsync("tollgate.billing.retrieve", []);
        await anonymous.RefusesAsync("tollgate.billing.retrieve", 401, "Unauthenticated", []);
        await walk.DoesAsync("tollgate.billing.update", [], new
        {
            taxPercentage = 8.25m,
            invoiceDueDays = 14,
            dunning = new { retryAfterDays = new[] { 1, 3 }, finalAction = "KEEP" },
        });
        await walk.RefusesAsync("tollgate.billing.update", 400, "BadUserInput", [], new { taxPercentage = 101 });
        await walk.RefusesAsync("tollgate.billing.update", 400, "BadUserInput", [], new { invoiceDueDays = 1.5m });

        await walk.DoesAsync("v1.customers.provision", [], new { id = Payer, name = "Pia", email = "pia@example.com" });
        await PaymentMethodsAsync(walk);
        await InvoicesAsync(walk);
        await SubscriptionInvoiceAsync(walk);
        await walk.DoesAsync("tollgate.billing.update", [], new { taxPercentage = 0 });
        // No provider is connected to this server: there is nothing to list.
        await walk.DoesAsync("tollgate.billing.sync.list", [], query: "status=ERROR,PENDING&entityType=CUSTOMER&limit=5");
        await walk.RefusesAsync("tollgate.billing.sync.list", 400, "BadUserInput", [], query: "status=LOST");
        await walk.DoesAsync("tollgate.billing.webhooks.list", [], query: "status=FAILED&limit=5");
        await walk.RefusesAsync("tollgate.billing.webhooks.list", 400, "BadUserInput", [], query: "status=LOST");
    }

    private static async Task PaymentMethodsAsync(Walk walk)
    {
        var method = new { integrationId = "builtin", paymentMethodId = "pm_ok", vendorIdentifier = "STRIPE" };
        await walk.RefusesAsync("v1.customers.paymentMethod.attach", 404, "CustomerNotFound", [Nobody], method);
        await walk.RefusesAsync(
            "v1.customers.paymentMethod.attach", 404, "IntegrationNotFound", [Payer], method with { integrationId = "stripe" });
        await walk.RefusesAsync(
            "v1.customers.paymentMethod.attach", 400, "InvalidArgumentError", [Payer], method with { paymentMethodId = "pm_x" },
            keepsContract: true);
        await walk.RefusesAsync("v1.customers.paymentMethod.attach", 400, "BadUserInput", [Payer], new { integrationId = "builtin" });
        await walk.RefusesAsync("v1.customers.paymentMethod.detach", 404, "PaymentMethodNotFoundError", [Payer]);
        await walk.DoesAsync("v1.customers.paymentMethod.attach", [Payer], method);
        await walk.DoesAsync("v1.customers.retrieve", [Payer]);
        await walk.DoesAsync("v1.customers.paymentMethod.detach", [Payer]);
        await walk.DoesAsync("v1.customers.paymentMethod.attach", [Payer], method with { paymentMethodId = "pm_decline" });
    }

    private static async Task InvoicesAsync(Walk walk)
    {
        await walk.RefusesAsync("tollgate.invoices.create", 404, "CustomerNotFound", [], Bill(Nobody));
        await walk.RefusesAsync("tollgate.invoices.create", 400, "BadUserInput", [], new { customerId = Payer });
        var (paid, voided, lost) = (await DraftAsync(walk), await DraftAsync(walk), await DraftAsync(walk));
        foreach (var id in new[] { paid, voided, lost })
            await walk.DoesAsync("tollgate.invoices.finalize", [id]);
        await walk.DoesAsync("tollgate.invoices.retrieve", [paid]);
        foreach (var operation in new[] { "retrieve", "finalize", "pay", "markAsPaid", "void", "markUncollectible" })
        {
            await walk.RefusesAsync(
                $"tollgate.invoices.{operation}", 404, "MissingSubscriptionInvoiceError", [NoInvoice]);
        }

        await walk.DoesAsync("tollgate.invoices.pay", [paid]);
        await walk.DoesAsync("tollgate.invoices.markAsPaid", [paid]);
        await walk.DoesAsync("tollgate.invoices.void", [voided]);
        await walk.DoesAsync("tollgate.invoices.markUncollectible", [lost]);
        foreach (var operation in new[] { "finalize", "pay", "markAsPaid", "void", "markUncollectible" })
            await walk.RefusesAsync($"tollgate.invoices.{operation}", 409, "SubscriptionInvoiceStatusError", [paid]);

        var credit = await DraftAsync(walk, unitPrice: -30);
        await walk.DoesAsync("tollgate.invoices.finalize", [credit]);
        await walk.DoesAsync("tollgate.creditNotes.list", [], query: $"customerId={Payer}&limit=5");
        await walk.RefusesAsync("tollgate.creditNotes.list", 400, "BadUserInput", [], query: "limit=0");
        await walk.DoesAsync("tollgate.customers.balance", [Payer]);
        await walk.RefusesAsync("tollgate.customers.balance", 404, "CustomerNotFound", [Nobody]);
        await walk.DoesAsync("tollgate.invoices.list", [], query: $"customerId={Payer}&status=PAID,VOID");
        await walk.RefusesAsync("tollgate.invoices.list", 400, "BadUserInput", [], query: "status=LOST");

        await walk.DoesAsync("v1.customers.listInvoices", [Payer]);
        var page = await walk.DoesAsync(
            "v1.customers.listInvoices",
            [Payer],
            query: "orderBy=total&orderDir=DESC&stateIn=paid,CANCELED&issuedAfter=2020-01-01T00:00:00Z&limit=1");
        var next = page.GetProperty("pagination").GetProperty("next").GetString()!;
        await walk.DoesAsync("v1.customers.listInvoices", [Payer], query: $"orderBy=total&orderDir=DESC&after={next}");
        await walk.RefusesAsync("v1.customers.listInvoices", 404, "CustomerNotFound", [Nobody]);
        await walk.RefusesAsync(
            "v1.customers.listInvoices", 400, "BadUserInput", [Payer], query: "stateIn=lost", keepsContract: true);
        await walk.RefusesAsync(
            "v1.customers.listInvoices", 400, "BadUserInput", [Payer], query: "after=nonsense", keepsContract: true);

        await walk.RefusesAsync("v1.subscriptions.invoice.markAsPaid", 404, "SubscriptionNotFound", ["no-such-subscription"]);
    }

    /// <summary>The first invoice of a subscription that is billed by invoice is sent, and marked as paid once.</summary>
    private static async Task SubscriptionInvoiceAsync(Walk walk)
    {
        await walk.DoesAsync("v1.plans.create", [], new
        {
            id = "billed",
            displayName = "Billed",
            productId = "product-default",
            pricingType = "PAID",
        });
        await walk.DoesAsync("v1.plans.update", ["billed"], new
        {
            charges = new
            {
                pricingType = "PAID",
                pricingModels = new[]
                {
                    new
                    {
                        billingModel = "FLAT_FEE",
                        pricePeriods = new[]
                        {
                            new { billingPeriod = "MONTHLY", price = new { amount = 30, currency = "usd" } },
                        },
                    },
                },
            },
        });
        await walk.DoesAsync("v1.plans.publish", ["billed"], new { migrationType = "NEW_CUSTOMERS" });
        await walk.DoesAsync("v1.customers.provision", [], new { id = "pat" });
        await walk.DoesAsync(
            "v1.customers.paymentMethod.attach", ["pat"],
            new { integrationId = "builtin", paymentMethodId = "pm_decline", vendorIdentifier = "STRIPE" });
        var later = new { customerId = "pat", planId = "billed", id = "sub-pat", billingPeriod = "MONTHLY" };
        var answer = await walk.DoesAsync(
            "v1.subscriptions.provision", [],
            new { later.customerId, later.planId, later.id, later.billingPeriod, awaitPaymentConfirmation = false });
        Assert.Equal(
            "PROCESSING", answer.GetProperty("data").GetProperty("subscription").GetProperty("paymentCollection").GetString());
        await walk.RefusesAsync(
            "v1.subscriptions.provision", 400, "BadUserInput", [],
            new { later.customerId, later.planId, awaitPaymentConfirmation = "no" });
        await walk.DoesAsync("v1.customers.provision", [], new { id = "ivo", email = "ivo@example.com" });
        await walk.DoesAsync("v1.subscriptions.provision", [], new
        {
            customerId = "ivo",
            planId = "billed",
            id = "sub-ivo",
            billingPeriod = "MONTHLY",
            paymentCollectionMethod = "INVOICE",
        });
        var sent = await walk.DoesAsync("v1.subscriptions.retrieve", ["sub-ivo"]);
        Assert.Equal("OPEN", sent.GetProperty("data").GetProperty("latestInvoice").GetProperty("status").GetString());
        await walk.DoesAsync("v1.subscriptions.invoice.markAsPaid", ["sub-ivo"]);
        await walk.RefusesAsync("v1.subscriptions.invoice.markAsPaid", 409, "SubscriptionInvoiceStatusError", ["sub-ivo"]);
        var paid = await walk.DoesAsync("v1.subscriptions.retrieve", ["sub-ivo"]);
        Assert.Equal("PAID", paid.GetProperty("data").GetProperty("latestInvoice").GetProperty("status").GetString());
        await walk.RefusesAsync(
            "v1.subscriptions.invoice.markAsPaid", 404, "MissingSubscriptionInvoiceError", ["sub-bob"]);
    }

    private static async Task<string> DraftAsync(Walk walk, decimal unitPrice = 20)
    {
        var draft = await walk.DoesAsync("tollgate.invoices.create", [], Bill(Payer, unitPrice));
        return draft.GetProperty("data").GetProperty("id").GetString()!;
    }

    private static object Bill(string customer, decimal unitPrice = 20) => new
    {
        customerId = customer,
        currency = "usd",
        lines = new[] { new { description = "Setup", quantity = 2, unitPrice } },
        daysUntilDue = 7,
    };
}
