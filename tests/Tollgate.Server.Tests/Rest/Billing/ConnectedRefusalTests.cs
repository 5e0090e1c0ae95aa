using System.Text.Json;
using Tollgate.Contracts.Rest;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Server.Tests.Contract;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Rest.Billing;

/// <summary>What a connected billing provider cannot do, as it is answered over HTTP.</summary>
public sealed class ConnectedRefusalTests
{
    private static readonly RestContract Contract = RestContract.Load();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_the_provider_cannot_do_is_refused_in_the_shape_of_the_contract()
    {
        await using var server = await ConnectedServer.StartAsync(DatabaseKind.Sqlite);
        var walk = new Walk(Contract, server.Client, [], []);
        await CatalogAsync(server, walk);
        await CodesAsync(server, walk);
        await PurchasesAsync(server, walk);

        Assert.True(walk.Faults.Count == 0, string.Join('\n', walk.Faults));
        await IndependentValidation.CheckAsync(walk.Exchanges, Cancellation);
    }

    /// <summary>Plan pro of 90 a month or 900 a year; what cannot be billed stays a draft.</summary>
    private static async Task CatalogAsync(ConnectedServer server, Walk walk)
    {
        var publish = new { migrationType = "NEW_CUSTOMERS" };
        object flat = new { billingModel = "FLAT_FEE", pricePeriods = new[] { Price("MONTHLY", 90), Price("ANNUALLY", 900) } };
        object once = new { billingModel = "FLAT_FEE", billingCadence = "ONE_OFF", pricePeriods = new[] { Price("MONTHLY", 5) } };
        await walk.DoesAsync("v1.products.createProduct", [], new { id = "workspace", displayName = "Workspace" });
        await DraftAsync(walk, "plans", "pro", flat);
        await DraftAsync(walk, "addons", "setup", once);
        server.Remote.Charges = new() { Cadences = [BillingCadence.Recurring] };
        await walk.DoesAsync("v1.plans.publish", ["pro"], publish);
        var addon = await walk.RefusesAsync(
            "v1.addons.publish", 400, "PricingModelNotSupportedByBillingIntegration", ["setup"], publish, keepsContract: true);
        server.Remote.Charges = new() { Models = [BillingModel.PerUnit] };
        await DraftAsync(walk, "plans", "team", flat);
        var plan = await walk.RefusesAsync(
            "v1.plans.publish", 400, "PricingModelNotSupportedByBillingIntegration", ["team"], publish, keepsContract: true);
        var preview = await walk.RefusesAsync(
            "tollgate.plans.previewPublish", 400, "PricingModelNotSupportedByBillingIntegration", ["team"], publish,
            keepsContract: true);
        server.Remote.Charges = BillableCharges.All;

        Assert.Equal(("FLAT_FEE", "ACME", "setup"), Extensions(addon.Json));
        Assert.Equal(("FLAT_FEE", "ACME", "team"), Extensions(plan.Json));
        Assert.Equal(("FLAT_FEE", "ACME", "team"), Extensions(preview.Json));
    }

    /// <summary>Every answer of a provider about a code, from the preview and from the call.</summary>
    private static async Task CodesAsync(ConnectedServer server, Walk walk)
    {
        await walk.DoesAsync("v1.customers.provision", [], new { id = "c", name = "Cleo", email = "cleo@example.com" });
        await walk.DoesAsync(
            "v1.customers.paymentMethod.attach",
            ["c"],
            new { integrationId = RemoteBilling.Id, paymentMethodId = "card-1", vendorIdentifier = "STRIPE" });
        var coupon = new { promotionCode = "SAVE" };
        object body = new { customerId = "c", planId = "pro", billingPeriod = "ANNUALLY", appliedCoupon = coupon };
        var save = new PromotionCode { Code = "SAVE", Name = "Save", PercentOff = 10 };
        (string Code, PromotionCodeAnswer Answer)[] refused =
        [
            ("PromotionCodeNotFound", new PromotionCodeAnswer.Refused(PromotionCodeRefusal.NotFound)),
            ("PromotionCodeNotActive", new PromotionCodeAnswer.Refused(PromotionCodeRefusal.NotActive)),
            ("PromotionCodeNotForCustomer", new PromotionCodeAnswer.Refused(PromotionCodeRefusal.NotForCustomer)),
            ("PromotionCodeMaxRedemptionsReached",
                new PromotionCodeAnswer.Refused(PromotionCodeRefusal.MaxRedemptionsReached)),
            ("PromotionCodeCustomerNotFirstPurchase",
                new PromotionCodeAnswer.Refused(PromotionCodeRefusal.CustomerNotFirstPurchase)),
            ("PromotionCodeMinimumAmountNotReached",
                new PromotionCodeAnswer.StandsFor(save with { MinimumAmounts = [new(901, "usd")] })),
        ];
        foreach (var (code, answer) in refused)
        {
            server.Remote.Codes = (_, _) => Task.FromResult(answer);
            foreach (var operation in (string[])["v1.subscriptions.preview", "v1.subscriptions.provision"])
            {
                var answered = await walk.RefusesAsync(operation, 400, code, [], body, keepsContract: true);
                Assert.Equal(["appliedCoupon.promotionCode"], answered.FaultyFields);
                Assert.True(answered.Json.GetProperty("isValidationError").GetBoolean());
            }
        }

        server.Remote.Codes = (_, _) => throw new HttpRequestException("connection refused");
        var unavailable = await server.Client.CallAsync(
            HttpMethod.Post, "/api/v1/subscriptions/preview", JsonSerializer.SerializeToElement(body), Cancellation);
        Assert.Equal((503, "ServiceUnavailable"), (unavailable.Status, unavailable.Code));
        Assert.NotNull(unavailable.Header("Retry-After"));
        server.Remote.Codes = (_, _) => Task.FromResult<PromotionCodeAnswer>(new PromotionCodeAnswer.StandsFor(save));
        var preview = await walk.DoesAsync("v1.subscriptions.preview", [], body);
        // 900 less 10 %.
        var immediate = preview.GetProperty("data").GetProperty("immediateInvoice");
        Assert.Equal(810, immediate.GetProperty("total").GetDecimal());
        Assert.Equal("SAVE", immediate.GetProperty("discountDetails").GetProperty("code").GetString());
        await walk.DoesAsync("v1.subscriptions.provision", [], new
        {
            id = "s-c",
            customerId = "c",
            planId = "pro",
            billingPeriod = "ANNUALLY",
            appliedCoupon = coupon,
        });
    }

    private static async Task PurchasesAsync(ConnectedServer server, Walk walk)
    {
        server.Remote.SchedulesPeriodDowngrades = false;
        await walk.RefusesAsync(
            "v1.subscriptions.update", 400, "DowngradeBillingPeriodNotSupportedError", ["s-c"],
            new { billingPeriod = "MONTHLY", scheduleStrategy = "END_OF_BILLING_PERIOD" }, keepsContract: true);
        server.Remote.MostPaidSubscriptions = 1;
        await walk.DoesAsync("v1.customers.provision", [], new { id = "d", name = "Dora", email = "dora@example.com" });
        object paidByOther = new { customerId = "d", planId = "pro", billingPeriod = "MONTHLY", payingCustomerId = "c" };
        foreach (var operation in (string[])["v1.subscriptions.preview", "v1.subscriptions.provision"])
        {
            await walk.RefusesAsync(
                operation, 400, "TooManySubscriptionsPerCustomer", [], paidByOther, keepsContract: true);
        }

        server.Remote.MostPaidSubscriptions = null;
        await walk.RefusesAsync(
            "v1.subscriptions.provision", 409, "CannotChangeBillingIntegration", [],
            Other(new { integrationId = "builtin" }));
        await walk.RefusesAsync(
            "v1.subscriptions.provision", 400, "IntegrationNotFound", [], Other(new { integrationId = "zuora" }),
            keepsContract: true);
        server.Remote.Environments = [];
        await walk.RefusesAsync(
            "v1.subscriptions.provision", 400, "FailedToResolveBillingIntegration", [], paidByOther, keepsContract: true);

        static object Other(object billing) => new
        {
            customerId = "d",
            planId = "pro",
            billingPeriod = "MONTHLY",
            payingCustomerId = "c",
            billingInformation = billing,
        };
    }

    private static (string?, string?, string?) Extensions(JsonElement body) => (
        body.GetProperty("pricingModel").GetString(), body.GetProperty("vendorIdentifier").GetString(),
        body.GetProperty("planRefId").GetString());

    private static object Price(string period, decimal amount) =>
        new { billingPeriod = period, price = new { amount, currency = "usd" } };

    private static async Task DraftAsync(Walk walk, string kind, string id, object model)
    {
        await walk.DoesAsync(
            $"v1.{kind}.create", [], new { id, displayName = id, productId = "workspace", pricingType = "PAID" });
        await walk.DoesAsync(
            $"v1.{kind}.update", [id], new { charges = new { pricingType = "PAID", pricingModels = new[] { model } } });
    }
}
