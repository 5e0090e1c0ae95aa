using System.Text.Json;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Subscriptions;

namespace Tollgate.Server.Rest.Subscriptions;

/// <summary>
/// How a subscription is billed, as callers send it: money, coupons, terms, and what only a provider could do.
/// </summary>
internal static class BillingRequests
{
    public static BillingChoices BillingFromRest(JsonElement body)
    {
        var billing = body.Property("billingInformation");
        return new()
        {
            Proration = billing?.MemberOrNull<ProrationBehavior>("prorationBehavior"),
            IsBackdated = billing?.FlagOrNull("isBackdated") ?? false,
            IsInvoicePaid = billing?.FlagOrNull("isInvoicePaid") ?? false,
            AwaitsPayment = body.FlagOrNull("awaitPaymentConfirmation") ?? true,
        };
    }

    public static CheckoutOptions? CheckoutFromRest(JsonElement body) =>
        body.Property("checkoutOptions") is { } options
            ? new()
            {
                SuccessUrl = options.TextOrNull("successUrl"),
                CancelUrl = options.TextOrNull("cancelUrl"),
                AllowPromoCodes = options.FlagOrNull("allowPromoCodes") ?? false,
                AllowTaxIdCollection = options.FlagOrNull("allowTaxIdCollection") ?? false,
                CollectBillingAddress = options.FlagOrNull("collectBillingAddress") ?? false,
                CollectPhoneNumber = options.FlagOrNull("collectPhoneNumber") ?? false,
                ReferenceId = options.TextOrNull("referenceId"),
            }
            : null;

    public static InvoiceTerms? InvoiceTermsFromRest(JsonElement body) =>
        body.Property("billingInformation") is { } billing
            && new InvoiceTerms(
                billing.NumberOrNull("taxPercentage"), billing.NumberOrNull("invoiceDaysUntilDue")) is var terms
            && terms is not { TaxPercentage: null, DaysUntilDue: null }
            ? terms
            : null;

    public static bool RestartsCycle(JsonElement body) =>
        string.Equals(body.TextOrNull("billingCycleAnchor"), "NOW", StringComparison.Ordinal);

    public static Budget BudgetFromRest(JsonElement budget) =>
        new(budget.GetProperty("limit").GetDecimal(), budget.FlagOrNull("hasSoftLimit") ?? false);

    /// <summary>The contract leaves both halves optional; half an amount of money means nothing.</summary>
    public static Result<Optional<Money>> MinimumSpendFromRest(JsonElement body)
    {
        if (body.Property("minimumSpend") is not { } given)
            return body.TryGetProperty("minimumSpend", out _) ? new Optional<Money>(null) : default(Optional<Money>);
        var findings = new Findings();
        if (given.NumberOrNull("amount") is null)
        {
            findings.Bad("minimumSpend.amount", "minimumSpend.amount is missing; give amount and currency, or null to "
                + "remove.");
        }

        if (given.TextOrNull("currency") is null)
        {
            findings.Bad("minimumSpend.currency", "minimumSpend.currency is missing; "
                + "give amount and currency, or null to remove.");
        }

        return findings.ToRefusal() is { } refusal
            ? refusal
            : new Optional<Money>(new(given.NumberOrNull("amount")!.Value, given.Text("currency")));
    }

    /// <summary>
    /// Other billing information is for a billing provider alone; without one there is nobody to hand it to.
    /// </summary>
    public static UnservedFields UnservedFromRest(JsonElement body) => new()
    {
        ConnectedAccount = body.Property("billingInformation")?.TextOrNull("chargeOnBehalfOfAccount"),
    };

    public static string? IntegrationFromRest(JsonElement body) =>
        body.Property("billingInformation")?.TextOrNull("integrationId");

    public static IReadOnlyList<PriceOverrideInput>? PriceOverridesFromRest(JsonElement body) => body.ListOrNull(
        "priceOverrides",
        given => new PriceOverrideInput
        {
            AddonId = given.TextOrNull("addonId") is { } addon ? new PackageId(addon) : null,
            FeatureId = given.TextOrNull("featureId") is { } feature ? new FeatureId(feature) : null,
            CurrencyId = given.TextOrNull("currencyId") is { } currency ? new CurrencyId(currency) : null,
            BaseCharge = given.FlagOrNull("baseCharge") ?? false,
            Amount = given.NumberOrNull("amount"),
            Currency = given.TextOrNull("currency"),
            BlockSize = given.NumberOrNull("blockSize"),
            Tiers = given.ListOrNull("tiers", tier => new PriceTier(
                tier.NumberOrNull("upTo"),
                MoneyFromRest(tier.Property("unitPrice")),
                MoneyFromRest(tier.Property("flatPrice")))),
            CreditRate = given.Property("creditRate") is { } rate
                ? new(
                    rate.GetProperty("amount").GetDecimal(), new(rate.Text("currencyId")),
                    rate.TextOrNull("costFormula"))
                : null,
            CreditGrantCadence = given.MemberOrNull<CreditGrantCadence>("creditGrantCadence"),
        });

    private static Money? MoneyFromRest(JsonElement? money) => money is { } given
        ? new(given.GetProperty("amount").GetDecimal(), given.Text("currency"))
        : null;

    /// <summary>
    /// Every way to name a coupon, the older ones beside <c>appliedCoupon</c> included; absent when none is used.
    /// </summary>
    public static Optional<CouponRequest> CouponFromRest(JsonElement body)
    {
        var applied = body.Property("appliedCoupon");
        var references = new List<CouponReference>();
        Add(CouponForm.CouponId, applied, "couponId", "appliedCoupon.");
        Add(CouponForm.BillingCouponId, applied, "billingCouponId", "appliedCoupon.");
        Add(CouponForm.PromotionCode, applied, "promotionCode", "appliedCoupon.");
        Add(CouponForm.PromotionCode, body, "promotionCode", "");
        Add(CouponForm.CouponId, body.Property("billingInformation"), "couponId", "billingInformation.");
        if (applied is null && references.Count == 0)
            return body.TryGetProperty("appliedCoupon", out _) ? new(null) : default;
        return new(new CouponRequest
        {
            References = references,
            Discount = applied?.Property("discount") is { } discount ? DiscountFromRest(discount) : null,
            StartDate = applied?.Property("configuration")?.InstantOrNull("startDate"),
        });

        void Add(CouponForm form, JsonElement? from, string name, string at)
        {
            if (from?.TextOrNull(name) is { } id)
                references.Add(new(form, id, at + name));
        }
    }

    private static AdHocDiscount DiscountFromRest(JsonElement discount) => new()
    {
        Name = discount.TextOrNull("name"),
        Description = discount.TextOrNull("description"),
        PercentOff = discount.NumberOrNull("percentOff"),
        AmountsOff = discount.ListOrNull("amountsOff", money => MoneyFromRest(money)!),
        DurationInMonths = discount.NumberOrNull("durationInMonths"),
    };
}
