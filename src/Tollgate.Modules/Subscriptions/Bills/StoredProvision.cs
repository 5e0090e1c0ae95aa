using System.Text.Json;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Rows;

namespace Tollgate.Modules.Subscriptions.Bills;

/// <summary>
/// A provisioning that waits in a checkout, as JSON. What a request can give, clear or leave out is a pair here: the value,
/// and whether it was given.
/// </summary>
internal sealed record StoredProvision
{
    public required string CustomerId { get; init; }
    public required string PlanId { get; init; }
    public required string Id { get; init; }
    public string? ResourceId { get; init; }
    public string? PayingCustomerId { get; init; }
    public BillingPeriod? BillingPeriod { get; init; }
    public string? BillingCountryCode { get; init; }
    public IReadOnlyList<QuantityInput>? Quantities { get; init; }
    public decimal? UnitQuantity { get; init; }
    public IReadOnlyList<CreditQuantityInput>? CreditQuantities { get; init; }
    public IReadOnlyList<CreditOverride>? CreditOverrides { get; init; }
    public IReadOnlyList<AddonInput>? Addons { get; init; }
    public IReadOnlyList<PriceOverrideInput>? PriceOverrides { get; init; }
    public IReadOnlyList<StoredOverride>? Overrides { get; init; }
    public bool HasCoupon { get; init; }
    public CouponRequest? Coupon { get; init; }
    public Instant? CancellationDate { get; init; }
    public TrialOverride? Trial { get; init; }
    public bool SkipTrial { get; init; }
    public bool HasBudget { get; init; }
    public Budget? Budget { get; init; }
    public bool HasMinimumSpend { get; init; }
    public Money? MinimumSpend { get; init; }
    public bool RestartsCycle { get; init; }
    public PaymentCollectionMethod? Method { get; init; }
    public InvoiceTerms? InvoiceTerms { get; init; }
    public bool HasBillingId { get; init; }
    public string? BillingId { get; init; }
    public bool HasSalesforceId { get; init; }
    public string? SalesforceId { get; init; }
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
    public ProrationBehavior? Proration { get; init; }

    /// <param name="input">What was asked for, to start at once.</param>
    /// <param name="id">The id that is reserved for it.</param>
    public static string Write(ProvisionInput input, SubscriptionId id)
    {
        var request = input.Request;
        return JsonSerializer.Serialize(
            new StoredProvision
            {
                CustomerId = request.CustomerId.Value,
                PlanId = request.PlanId.Value,
                Id = id.Value,
                ResourceId = request.ResourceId?.Value,
                PayingCustomerId = request.PayingCustomerId?.Value,
                BillingPeriod = request.BillingPeriod,
                BillingCountryCode = request.BillingCountryCode,
                Quantities = request.Quantities,
                UnitQuantity = request.UnitQuantity,
                CreditQuantities = request.CreditQuantities,
                CreditOverrides = request.CreditOverrides,
                Addons = request.Addons,
                PriceOverrides = request.PriceOverrides,
                Overrides = request.Overrides is { } overrides ? [.. overrides.Select(StoredOverride.Of)] : null,
                HasCoupon = request.Coupon.IsGiven,
                Coupon = request.Coupon.Or(null),
                CancellationDate = request.CancellationDate,
                Trial = request.Trial,
                SkipTrial = request.SkipTrial,
                HasBudget = request.Budget.IsGiven,
                Budget = request.Budget.Or(null),
                HasMinimumSpend = request.MinimumSpend.IsGiven,
                MinimumSpend = request.MinimumSpend.Or(null),
                RestartsCycle = request.RestartsCycle,
                Method = request.PaymentCollectionMethod,
                InvoiceTerms = request.InvoiceTerms,
                HasBillingId = request.BillingId.IsGiven,
                BillingId = request.BillingId.Or(null),
                HasSalesforceId = request.SalesforceId.IsGiven,
                SalesforceId = request.SalesforceId.Or(null),
                Metadata = request.Metadata,
                Proration = input.Billing.Proration,
            },
            BodyJson.Default.StoredProvision);
    }

    public static ProvisionInput Read(string text)
    {
        var stored = JsonSerializer.Deserialize(text, BodyJson.Default.StoredProvision)!;
        return new(new ProvisionRequest(new(stored.CustomerId), new(stored.PlanId))
        {
            Id = new SubscriptionId(stored.Id),
            ResourceId = stored.ResourceId is { } resource ? new ResourceId(resource) : null,
            PayingCustomerId = stored.PayingCustomerId is { } payer ? new CustomerId(payer) : null,
            BillingPeriod = stored.BillingPeriod,
            BillingCountryCode = stored.BillingCountryCode,
            Quantities = stored.Quantities,
            UnitQuantity = stored.UnitQuantity,
            CreditQuantities = stored.CreditQuantities,
            CreditOverrides = stored.CreditOverrides,
            Addons = stored.Addons,
            PriceOverrides = stored.PriceOverrides,
            Overrides = stored.Overrides is { } overrides ? [.. overrides.Select(o => o.ToInput())] : null,
            Coupon = stored.HasCoupon ? new(stored.Coupon) : default,
            CancellationDate = stored.CancellationDate,
            Trial = stored.Trial,
            SkipTrial = stored.SkipTrial,
            Budget = stored.HasBudget ? new(stored.Budget) : default,
            MinimumSpend = stored.HasMinimumSpend ? new(stored.MinimumSpend) : default,
            RestartsCycle = stored.RestartsCycle,
            PaymentCollectionMethod = stored.Method,
            InvoiceTerms = stored.InvoiceTerms,
            BillingId = stored.HasBillingId ? new(stored.BillingId) : default,
            SalesforceId = stored.HasSalesforceId ? new(stored.SalesforceId) : default,
            Metadata = stored.Metadata,
        })
        {
            Billing = new() { Proration = stored.Proration },
        };
    }
}

/// <summary>A value of one feature, as it was asked for.</summary>
internal sealed record StoredOverride
{
    public required string FeatureId { get; init; }
    public decimal? UsageLimit { get; init; }
    public bool? HasUnlimitedUsage { get; init; }
    public bool? HasSoftLimit { get; init; }
    public IReadOnlyList<string>? EnumValues { get; init; }
    public bool HasPeriod { get; init; }
    public ResetPeriod? Period { get; init; }
    public ResetAnchor? Yearly { get; init; }
    public ResetAnchor? Monthly { get; init; }
    public ResetAnchor? Weekly { get; init; }

    public static StoredOverride Of(OverrideInput input) => new()
    {
        FeatureId = input.FeatureId.Value,
        UsageLimit = input.UsageLimit,
        HasUnlimitedUsage = input.HasUnlimitedUsage,
        HasSoftLimit = input.HasSoftLimit,
        EnumValues = input.EnumValues,
        HasPeriod = input.Reset.Period.IsGiven,
        Period = input.Reset.Period.Or(null),
        Yearly = input.Reset.Yearly,
        Monthly = input.Reset.Monthly,
        Weekly = input.Reset.Weekly,
    };

    public OverrideInput ToInput() => new(new FeatureId(FeatureId))
    {
        UsageLimit = UsageLimit,
        HasUnlimitedUsage = HasUnlimitedUsage,
        HasSoftLimit = HasSoftLimit,
        EnumValues = EnumValues,
        Reset = new()
        {
            Period = HasPeriod ? new Optional<ResetPeriod?>(Period) : default,
            Yearly = Yearly,
            Monthly = Monthly,
            Weekly = Weekly,
        },
    };
}
