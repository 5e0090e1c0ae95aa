using System.Text.Json;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Subscriptions;

namespace Tollgate.Server.Rest.Subscriptions;

/// <summary>What callers send about subscriptions; shapes are checked already, what a shape cannot say is checked here.</summary>
internal static class SubscriptionRequests
{
    private const string Immediate = "IMMEDIATE";

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
            UnitQuantity = body.NumberOrNull("unitQuantity"),
            Overrides = OverridesFromRest(body),
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
            PaymentCollectionMethod = body.MemberOrNull<PaymentCollectionMethod>("paymentCollectionMethod"),
            BillingId = body.OptionalText("billingId"),
            SalesforceId = body.OptionalText("salesforceId"),
            Metadata = body.MetadataOrNull(),
        };
        return new ProvisionInput(request) { Unserved = UnservedFromRest(body) };
    }

    public static Result<UpdateInput> UpdateFromRest(JsonElement body)
    {
        if (!MinimumSpendFromRest(body).TryGet(out var minimumSpend, out var refusal))
            return refusal;
        var request = new UpdateRequest
        {
            BillingPeriod = body.MemberOrNull<BillingPeriod>("billingPeriod"),
            Quantities = QuantitiesFromRest(body),
            Overrides = OverridesFromRest(body),
            Metadata = body.OptionalMetadata(),
            CancellationDate = body.TryGetProperty("cancellationDate", out _)
                ? new(body.InstantOrNull("cancellationDate"))
                : default,
            TrialEndDate = body.InstantOrNull("trialEndDate"),
            Budget = body.Optional("budget", BudgetFromRest),
            MinimumSpend = minimumSpend,
            RestartsCycle = RestartsCycle(body),
            SalesforceId = body.OptionalText("salesforceId"),
        };
        return new UpdateInput(request) { Unserved = UnservedFromRest(body) };
    }

    public static CancelRequest CancelFromRest(JsonElement body) => new()
    {
        Time = body.MemberOrNull<CancellationTime>("cancellationTime"),
        EndDate = body.InstantOrNull("endDate"),
        Action = body.MemberOrNull<CancellationAction>("cancellationAction"),
    };

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
            : null;

    private static IReadOnlyList<OverrideInput>? OverridesFromRest(JsonElement body) =>
        body.Property("entitlements") is { } entitlements
            ? [.. entitlements.EnumerateArray().Where(e => !IsCredit(e)).Select(OverrideFromRest)]
            : null;

    private static OverrideInput OverrideFromRest(JsonElement given) => new(new(given.Text("id")))
    {
        UsageLimit = given.NumberOrNull("usageLimit"),
        HasUnlimitedUsage = given.FlagOrNull("hasUnlimitedUsage"),
        HasSoftLimit = given.FlagOrNull("hasSoftLimit"),
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
            AddonIds = body.ListOrNull("addons", addon => addon.Text("id")) ?? [],
            CreditCurrencyIds = [.. Ids(body, "charges"), .. Ids(body, "entitlements")],
            Coupons = [.. CouponsFromRest(body, billing)],
            HasPriceOverrides = body.Property("priceOverrides")?.GetArrayLength() > 0,
            IntegrationId = billing?.TextOrNull("integrationId"),
            ConnectedAccount = billing?.TextOrNull("chargeOnBehalfOfAccount"),
            HasCheckout = body.Property("checkoutOptions") is not null,
            ScheduleStrategy = body.TextOrNull("scheduleStrategy") is { } strategy && strategy != Immediate ? strategy : null,
        };

        static IEnumerable<string> Ids(JsonElement body, string name) =>
            body.Property(name)?.EnumerateArray().Where(IsCredit).Select(item => item.Text("id")) ?? [];
    }

    private static IEnumerable<CouponInput> CouponsFromRest(JsonElement body, JsonElement? billing)
    {
        if (body.Property("appliedCoupon") is { } applied)
        {
            if (applied.TextOrNull("couponId") is { } coupon)
                yield return new(CouponForm.CouponId, coupon);
            if (applied.TextOrNull("billingCouponId") is { } billingCoupon)
                yield return new(CouponForm.BillingCouponId, billingCoupon);
            if (applied.Property("discount") is not null)
                yield return new(CouponForm.Discount, "");
            if (applied.TextOrNull("promotionCode") is { } code)
                yield return new(CouponForm.PromotionCode, code);
        }

        if (body.TextOrNull("promotionCode") is { } promotion)
            yield return new(CouponForm.PromotionCode, promotion);
        if (billing?.TextOrNull("couponId") is { } legacy)
            yield return new(CouponForm.CouponId, legacy);
    }
}
