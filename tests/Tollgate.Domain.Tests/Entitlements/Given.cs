using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Entitlements;

/// <summary>Valid catalog facts with a default for everything a test does not talk about.</summary>
internal static class Given
{
    public static readonly Instant Start = Instant.FromUtc(2026, 3, 1, 10, 0);
    public static readonly Instant Now = Instant.FromUtc(2026, 3, 10, 12, 0);
    public static readonly ResetRule Monthly = ResetRule.Of(ResetPeriod.Month);
    public static readonly FeatureId F = new("f");

    public static Feature Metered(string id = "f", MeterType meter = MeterType.Fluctuating) =>
        AFeature(id, FeatureType.Number) with { MeterType = meter };

    public static Feature Number(string id = "f") => AFeature(id, FeatureType.Number);

    public static Feature Boolean(string id = "f") => AFeature(id, FeatureType.Boolean);

    public static Feature Enum(string id = "f") => AFeature(id, FeatureType.Enum) with
    {
        EnumConfiguration = [new("us", "US"), new("eu", "EU"), new("ap", "AP")],
    };

    public static PackageEntitlement Limit(decimal limit, bool soft = false, ResetRule? reset = null) =>
        Row() with { UsageLimit = limit, HasSoftLimit = soft, Reset = reset };

    public static PackageEntitlement Unlimited() => Row() with { HasUnlimitedUsage = true };

    public static PackageEntitlement Values(params string[] values) => Row() with { EnumValues = values };

    public static PackageEntitlement Revoke() => Row() with { IsGranted = false };

    public static PackageEntitlement Row(string feature = "f") =>
        new() { FeatureId = new(feature), CreatedAt = Start, UpdatedAt = Start };

    public static PackageEntitlement Replacing(this PackageEntitlement row) =>
        row with { Behavior = EntitlementBehavior.Override };

    public static PackageVersion Plan(string id, params PackageEntitlement[] rows) =>
        Package(PackageKind.Plan, id, rows);

    public static HeldAddon Addon(string id, PackageEntitlement row, int quantity = 1) =>
        new(Package(PackageKind.Addon, id, row), quantity);

    public static Charge ChargeOf(BillingModel model) => new()
    {
        Uid = Guid.Empty,
        Model = model,
        BillingPeriod = BillingPeriod.Monthly,
        FeatureId = F,
        CreatedAt = Start,
        Price = new(1, "usd"),
    };

    /// <summary>An ACTIVE subscription 's' to the plan, since Mar 1 10:00.</summary>
    public static SubscriptionContent On(PackageVersion plan, params HeldAddon[] addons) => new()
    {
        Subscription = new()
        {
            Uid = Guid.Empty,
            Id = new("s"),
            CustomerId = new("c"),
            ProductId = new("app"),
            PlanId = plan.Id,
            PlanVersion = plan.Version,
            PriceVersion = plan.Version,
            PricingType = PricingType.Paid,
            Status = SubscriptionStatus.Active,
            StartDate = Start,
            UsageAnchor = Start,
            CreatedAt = Start,
            UpdatedAt = Start,
            BillingPeriod = BillingPeriod.Monthly,
        },
        Plan = plan,
        Addons = addons,
    };

    public static SubscriptionContent With(
        this SubscriptionContent content, Func<Subscription, Subscription> change) =>
        content with { Subscription = change(content.Subscription) };

    public static SubscriptionContent Named(this SubscriptionContent content, string id) =>
        content.With(s => s with { Id = new(id) });

    public static SubscriptionContent Overriding(this SubscriptionContent content, EntitlementOverride given) =>
        content.With(s => s with { Overrides = [given] });

    /// <summary>A promotion of feature 'f', granted the day before <see cref="Now"/>, for life.</summary>
    public static PromotionalGrant Promotion(decimal? limit = null, bool soft = false) => new()
    {
        Uid = Guid.Empty,
        FeatureId = F,
        UsageLimit = limit,
        HasSoftLimit = soft,
        StartDate = Now - Duration.FromDays(1),
    };

    public static EntitlementInputs Inputs(Feature feature, params SubscriptionContent[] subscriptions) => new()
    {
        Features = new Dictionary<FeatureId, Feature> { [feature.Id] = feature },
        Subscriptions = subscriptions,
        Now = Now,
    };

    /// <summary>
    /// The effective entitlement of feature 'f', computed from these subscriptions; null = not in the set.
    /// </summary>
    public static EffectiveEntitlement? Effective(Feature feature, params SubscriptionContent[] subscriptions) =>
        EffectiveEntitlements.Compute(Inputs(feature, subscriptions)).Find(feature.Id);

    private static Feature AFeature(string id, FeatureType type) => new()
    {
        Uid = Guid.Empty,
        Id = new(id),
        DisplayName = id,
        Type = type,
        CreatedAt = Start,
        UpdatedAt = Start,
    };

    private static PackageVersion Package(PackageKind kind, string id, params PackageEntitlement[] rows) => new()
    {
        Uid = Guid.Empty,
        Kind = kind,
        Id = new(id),
        Version = 3,
        Status = PackageStatus.Published,
        IsLatest = true,
        ProductId = new("app"),
        DisplayName = id,
        Entitlements = rows,
        CreatedAt = Start,
        UpdatedAt = Start,
    };
}
