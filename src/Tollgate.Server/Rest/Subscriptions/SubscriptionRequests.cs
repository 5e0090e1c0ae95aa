using System.Text.Json;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Subscriptions;
using static Tollgate.Server.Rest.Subscriptions.BillingRequests;
using static Tollgate.Server.Rest.Subscriptions.ContentRequests;

namespace Tollgate.Server.Rest.Subscriptions;

/// <summary>
/// What callers send about subscriptions; shapes are checked already, what a shape cannot say is checked here.
/// </summary>
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
            IntegrationId = IntegrationFromRest(body),
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
        return new UpdateInput(request)
        {
            Billing = BillingFromRest(body),
            IntegrationId = IntegrationFromRest(body),
            Unserved = UnservedFromRest(body),
        };
    }

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
                $"subscription.customerId is '{subscription.Text("customerId")}' and customer.id '{customer}'; "
                + "send one customer.");
        }

        return ProvisionFromRest(subscription).Map(input => new Optional<ProvisionInput>(input));
    }

    /// <summary>The overrides alone; unlike the compatible update, values of ENUM features too.</summary>
    public static UpdateInput EntitlementsFromRest(JsonElement body) =>
        new(new UpdateRequest
        {
            Overrides = OverridesFromRest(body),
            CreditOverrides = CreditOverridesFromRest(body),
        });

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
        EnumValues = given.ListOrNull("enumValues", value => value.GetString()!),
        ResetPeriod = given.MemberOrNull<ResetPeriod>("resetPeriod"),
        Yearly = AnchorFromRest(given, "yearlyResetPeriodConfiguration"),
        Monthly = AnchorFromRest(given, "monthlyResetPeriodConfiguration"),
        Weekly = AnchorFromRest(given, "weeklyResetPeriodConfiguration"),
    };

    public static CancelRequest CancelFromRest(JsonElement body) => new()
    {
        Time = body.MemberOrNull<CancellationTime>("cancellationTime"),
        EndDate = body.InstantOrNull("endDate"),
        Action = body.MemberOrNull<CancellationAction>("cancellationAction"),
        Prorate = body.FlagOrNull("prorate"),
    };
}
