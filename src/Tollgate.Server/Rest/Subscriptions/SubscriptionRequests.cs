using System.Text.Json;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Subscriptions;

namespace Tollgate.Server.Rest.Subscriptions;

/// <summary>What callers send about subscriptions; shapes are checked already, what a shape cannot say is checked here.</summary>
internal static class SubscriptionRequests
{
    public static Result<ProvisionInput> ProvisionFromRest(JsonElement body)
    {
        if (!MinimumSpendFromRest(body).TryGet(out var minimumSpend, out var refusal))
            return refusal;
        var request = new ProvisionRequest(new(body.Text("customerId")), new(body.Text("planId")))
        {
            Id = body.TextOrNull("id") is { } id ? new SubscriptionId(id) : null,
            ResourceId = body.TextOrNull("resourceId") is { } resource ? new ResourceId(resource) : null,
            PayingCustomerId = body.TextOrNull("payingCustomerId") is { } payer ? new CustomerId(payer) : null,
            BillingPeriod = body.MemberOrNull<BillingPeriod>("billingPeriod"),
            BillingCountryCode = body.TextOrNull("billingCountryCode"),
            Quantities = QuantitiesFromRest(body),
            CreditQuantities = CreditQuantitiesFromRest(body),
            UnitQuantity = body.NumberOrNull("unitQuantity"),
            Addons = AddonsFromRest(body),
            Overrides = OverridesFromRest(body),
            CreditOverrides = CreditOverridesFromRest(body),
            PriceOverrides = PriceOverridesFromRest(body),
            Coupon = CouponFromRest(body),
            StartDate = body.InstantOrNull("startDate"),
            CancellationDate = body.InstantOrNull("cancellationDate"),
            Trial = body.Property("trialOverrideConfiguration") is { } trial
                ? new(
                    trial.FlagOrNull("isTrial") ?? false,
                    trial.InstantOrNull("trialEndDate"),
                    trial.MemberOrNull<TrialEndBehavior>("trialEndBehavior"))
                : null,
            Budget = body.Optional("budget", BudgetFromRest),
            MinimumSpend = minimumSpend,
            RestartsCycle = RestartsCycle(body),
            ScheduleStrategy = body.MemberOrNull<ScheduleStrategy>("scheduleStrategy"),
            PaymentCollectionMethod = body.MemberOrNull<PaymentCollectionMethod>("paymentCollectionMethod"),
            InvoiceTerms = InvoiceTermsFromRest(body),
            BillingId = body.OptionalText("billingId"),
            SalesforceId = body.OptionalText("salesforceId"),
            Metadata = body.MetadataOrNull(),
        };
        return new ProvisionInput(request)
        {
            Billing = BillingFromRest(body),
            Checkout = CheckoutFromRest(body),
            Unserved = UnservedFromRest(body),
        };
    }

    /// <summary>A preview names what a provisioning names, and quantities also in their older form.</summary>
    public static Result<ProvisionInput> PreviewFromRest(JsonElement body) =>
        body.Property("charges") is not null && body.Property("billableFeatures") is not null
            ? new Refusal(ErrorCode.InvalidArgumentError,
                "The request has both charges and billableFeatures; give the quantities in one of them.")
            : ProvisionFromRest(body);

    public static Result<UpdateInput> UpdateFromRest(JsonElement body)
    {
        if (!MinimumSpendFromRest(body).TryGet(out var minimumSpend, out var refusal))
            return refusal;
        var request = new UpdateRequest
        {
            BillingPeriod = body.MemberOrNull<BillingPeriod>("billingPeriod"),
            Quantities = QuantitiesFromRest(body),
            CreditQuantities = CreditQuantitiesFromRest(body),
            Addons = AddonsFromRest(body),
            Overrides = OverridesFromRest(body),
            CreditOverrides = CreditOverridesFromRest(body),
            PriceOverrides = PriceOverridesFromRest(body),
            Coupon = CouponFromRest(body),
            Metadata = body.OptionalMetadata(),
            CancellationDate = body.TryGetProperty("cancellationDate", out _)
                ? new(body.InstantOrNull("cancellationDate"))
                : default,
            TrialEndDate = body.InstantOrNull("trialEndDate"),
            Budget = body.Optional("budget", BudgetFromRest),
            MinimumSpend = minimumSpend,
            RestartsCycle = RestartsCycle(body),
            ScheduleStrategy = body.MemberOrNull<ScheduleStrategy>("scheduleStrategy"),
            SalesforceId = body.OptionalText("salesforceId"),
            InvoiceTerms = InvoiceTermsFromRest(body),
        };
        return new UpdateInput(request) { Billing = BillingFromRest(body), Unserved = UnservedFromRest(body) };
    }

    public static SubscriptionImportRow ImportRowFromRest(JsonElement row) =>
        new(new(row.Text("id")), new(row.Text("customerId")), new(row.Text("planId")))
        {
            ResourceId = row.TextOrNull("resourceId") is { } resource ? new ResourceId(resource) : null,
            StartDate = row.InstantOrNull("startDate"),
            EndDate = row.InstantOrNull("endDate"),
            BillingPeriod = row.MemberOrNull<BillingPeriod>("billingPeriod"),
            Addons = AddonsFromRest(row),
            Quantities = QuantitiesFromRest(row),
            CreditQuantities = CreditQuantitiesFromRest(row),
            Entitlements = row.Property("entitlements") is { } values
                ? [.. values.EnumerateArray().Where(value => !IsCredit(value)).Select(ImportedValueFromRest)]
                : null,
            Credits = CreditOverridesFromRest(row),
            BillingId = row.TextOrNull("billingId"),
            Metadata = row.MetadataOrNull(),
            UpdatedAt = row.InstantOrNull("updatedAt"),
        };

    private static ImportedValue ImportedValueFromRest(JsonElement given) => new(new(given.Text("id")))
    {
        UsageLimit = given.NumberOrNull("usageLimit"),
        HasUnlimitedUsage = given.FlagOrNull("hasUnlimitedUsage"),
        HasSoftLimit = given.FlagOrNull("hasSoftLimit"),
        ResetPeriod = given.MemberOrNull<ResetPeriod>("resetPeriod"),
        Yearly = AnchorFromRest(given, "yearlyResetPeriodConfiguration"),
        Monthly = AnchorFromRest(given, "monthlyResetPeriodConfiguration"),
        Weekly = AnchorFromRest(given, "weeklyResetPeriodConfiguration"),
    };

    /// <summary>The first subscription of a provisioned customer, who must be the same in both halves.</summary>
    public static Result<Optional<ProvisionInput>> FirstFromRest(JsonElement body)
    {
        if (body.Property("subscription") is not { } subscription)
        {
            return body.TryGetProperty("subscription", out _)
                ? new Optional<ProvisionInput>(null)
                : default(Optional<ProvisionInput>);
        }

        var customer = body.GetProperty("customer").Text("id");
        if (subscription.Text("customerId") != customer)
        {
            return new Refusal(ErrorCode.EntityIdDifferentFromRefIdError,
                $"subscription.customerId is '{subscription.Text("customerId")}' and customer.id '{customer}'; send one customer.");
        }

        return ProvisionFromRest(subscription).Map(input => new Optional<ProvisionInput>(input));
    }

    /// <summary>The overrides alone; unlike the compatible routes, values of ENUM features too.</summary>
    public static UpdateInput EntitlementsFromRest(JsonElement body) =>
        new(new UpdateRequest
        {
            Overrides = OverridesFromRest(body),
            CreditOverrides = CreditOverridesFromRest(body),
        });

    public static CancelRequest CancelFromRest(JsonElement body) => new()
    {
        Time = body.MemberOrNull<CancellationTime>("cancellationTime"),
        EndDate = body.InstantOrNull("endDate"),
        Action = body.MemberOrNull<CancellationAction>("cancellationAction"),
        Prorate = body.FlagOrNull("prorate"),
    };

    private static BillingChoices BillingFromRest(JsonElement body) =>
        body.Property("billingInformation") is not { } billing ? BillingChoices.Default : new()
        {
            Proration = billing.MemberOrNull<ProrationBehavior>("prorationBehavior"),
            IsBackdated = billing.FlagOrNull("isBackdated") ?? false,
            IsInvoicePaid = billing.FlagOrNull("isInvoicePaid") ?? false,
        };

    private static CheckoutOptions? CheckoutFromRest(JsonElement body) =>
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

    private static InvoiceTerms? InvoiceTermsFromRest(JsonElement body) =>
        body.Property("billingInformation") is { } billing
            ? new InvoiceTerms(billing.NumberOrNull("taxPercentage"), billing.NumberOrNull("invoiceDaysUntilDue")) is var terms
                && terms is { TaxPercentage: null, DaysUntilDue: null } ? null : terms
            : null;

    private static bool RestartsCycle(JsonElement body) =>
        string.Equals(body.TextOrNull("billingCycleAnchor"), "NOW", StringComparison.Ordinal);

    private static Budget BudgetFromRest(JsonElement budget) =>
        new(budget.GetProperty("limit").GetDecimal(), budget.FlagOrNull("hasSoftLimit") ?? false);

    /// <summary>The contract leaves both halves optional; half an amount of money means nothing.</summary>
    private static Result<Optional<Money>> MinimumSpendFromRest(JsonElement body)
    {
        if (body.Property("minimumSpend") is not { } given)
            return body.TryGetProperty("minimumSpend", out _) ? new Optional<Money>(null) : default(Optional<Money>);
        var findings = new Findings();
        if (given.NumberOrNull("amount") is null)
            findings.Bad("minimumSpend.amount", "minimumSpend.amount is missing; give amount and currency, or null to remove.");
        if (given.TextOrNull("currency") is null)
            findings.Bad("minimumSpend.currency", "minimumSpend.currency is missing; give amount and currency, or null to remove.");
        return findings.ToRefusal() is { } refusal
            ? refusal
            : new Optional<Money>(new(given.NumberOrNull("amount")!.Value, given.Text("currency")));
    }

    private static bool IsCredit(JsonElement item) =>
        string.Equals(item.TextOrNull("type"), "CREDIT", StringComparison.Ordinal);

    private static IReadOnlyList<QuantityInput>? QuantitiesFromRest(JsonElement body) =>
        body.Property("charges") is { } charges
            ? [.. charges.EnumerateArray().Where(c => !IsCredit(c))
                .Select(c => new QuantityInput(new(c.Text("id")), c.GetProperty("quantity").GetDecimal()))]
            : body.ListOrNull("billableFeatures", given => new QuantityInput(
                new(given.Text("featureId")), given.GetProperty("quantity").GetDecimal()));

    private static IReadOnlyList<CreditQuantityInput>? CreditQuantitiesFromRest(JsonElement body) =>
        body.Property("charges") is { } charges
            ? [.. charges.EnumerateArray().Where(IsCredit)
                .Select(c => new CreditQuantityInput(new(c.Text("id")), c.GetProperty("quantity").GetDecimal()))]
            : null;

    /// <summary>Given with the overrides of features: one list has both, and replaces both.</summary>
    private static IReadOnlyList<CreditOverride>? CreditOverridesFromRest(JsonElement body) =>
        body.Property("entitlements") is { } entitlements
            ? [.. entitlements.EnumerateArray().Where(IsCredit).Select(given => new CreditOverride(
                new(given.Text("id")), given.GetProperty("amount").GetDecimal(), given.Member<CreditCadence>("cadence"))
                { HasSoftLimit = given.FlagOrNull("hasSoftLimit") })]
            : null;

    private static IReadOnlyList<AddonInput>? AddonsFromRest(JsonElement body) => body.ListOrNull(
        "addons", addon => new AddonInput(new(addon.Text("id")), addon.NumberOrNull("quantity") ?? 1));

    private static IReadOnlyList<OverrideInput>? OverridesFromRest(JsonElement body) =>
        body.Property("entitlements") is { } entitlements
            ? [.. entitlements.EnumerateArray().Where(e => !IsCredit(e)).Select(OverrideFromRest)]
            : null;

    private static OverrideInput OverrideFromRest(JsonElement given) => new(new(given.Text("id")))
    {
        UsageLimit = given.NumberOrNull("usageLimit"),
        HasUnlimitedUsage = given.FlagOrNull("hasUnlimitedUsage"),
        HasSoftLimit = given.FlagOrNull("hasSoftLimit"),
        EnumValues = given.ListOrNull("enumValues", value => value.GetString()!),
        Reset = new()
        {
            Period = given.MemberOrNull<ResetPeriod>("resetPeriod") is { } period
                ? new Optional<ResetPeriod?>(period)
                : default,
            Yearly = AnchorFromRest(given, "yearlyResetPeriodConfiguration"),
            Monthly = AnchorFromRest(given, "monthlyResetPeriodConfiguration"),
            Weekly = AnchorFromRest(given, "weeklyResetPeriodConfiguration"),
        },
    };

    private static ResetAnchor? AnchorFromRest(JsonElement given, string name) =>
        given.Property(name)?.MemberOrNull<ResetAnchor>("accordingTo");

    /// <summary>
    /// Other billing information is for a billing provider alone; without one there is nobody to hand it to.
    /// </summary>
    private static UnservedFields UnservedFromRest(JsonElement body)
    {
        var billing = body.Property("billingInformation");
        return new()
        {
            IntegrationId = billing?.TextOrNull("integrationId"),
            ConnectedAccount = billing?.TextOrNull("chargeOnBehalfOfAccount"),
        };
    }

    private static IReadOnlyList<PriceOverrideInput>? PriceOverridesFromRest(JsonElement body) => body.ListOrNull(
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
                ? new(rate.GetProperty("amount").GetDecimal(), new(rate.Text("currencyId")), rate.TextOrNull("costFormula"))
                : null,
            CreditGrantCadence = given.MemberOrNull<CreditGrantCadence>("creditGrantCadence"),
        });

    private static Money? MoneyFromRest(JsonElement? money) => money is { } given
        ? new(given.GetProperty("amount").GetDecimal(), given.Text("currency"))
        : null;

    /// <summary>
    /// Every way to name a coupon, the older ones beside <c>appliedCoupon</c> included; absent when none is used.
    /// </summary>
    internal static Optional<CouponRequest> CouponFromRest(JsonElement body)
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
