using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>CustomerEntitlementsState</c>.</summary>
public sealed record RestCustomerEntitlements
{
    public required string? AccessDeniedReason { get; init; }
    public required IReadOnlyList<RestEntitlement> Entitlements { get; init; }
}

/// <summary>
/// An effective entitlement, answer of a check too. Always serialize it as this type: the serializer then writes
/// <c>type</c>.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(RestFeatureEntitlement), "FEATURE")]
[JsonDerivedType(typeof(RestCreditEntitlement), "CREDIT")]
public abstract record RestEntitlement
{
    /// <summary>Why access is denied; null when granted.</summary>
    public required string? AccessDeniedReason { get; init; }
    public required bool IsGranted { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public WireInstant? EntitlementUpdatedAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public WireInstant? UsagePeriodEnd { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public WireInstant? ValidUntil { get; init; }
}

/// <summary>
/// Schema <c>FeatureEntitlement</c>. Whatever does not apply is left out: the usage fields of boolean features, the
/// limit of unlimited ones (entitlements-and-usage 3).
/// </summary>
public sealed record RestFeatureEntitlement : RestEntitlement
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RestEntitlementFeature? Feature { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? CurrentUsage { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? HasUnlimitedUsage { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ResetPeriod { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? UsageLimit { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public WireInstant? UsagePeriodAnchor { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public WireInstant? UsagePeriodStart { get; init; }
}

/// <summary>Schema <c>CreditEntitlement</c>.</summary>
public sealed record RestCreditEntitlement : RestEntitlement
{
    public required RestEntitlementCurrency Currency { get; init; }
    public required decimal CurrentUsage { get; init; }
    public required decimal UsageLimit { get; init; }
    public required WireInstant UsageUpdatedAt { get; init; }
}

/// <summary>Schema <c>EntitlementFeature</c>.</summary>
public sealed record RestEntitlementFeature
{
    public required string Id { get; init; }
    public required string DisplayName { get; init; }
    public required string FeatureStatus { get; init; }
    public required string FeatureType { get; init; }
}

/// <summary>Schema <c>EntitlementCurrency</c>.</summary>
public sealed record RestEntitlementCurrency
{
    public required string CurrencyId { get; init; }
    public required string DisplayName { get; init; }
    public string? Description { get; init; }
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
    public string? UnitPlural { get; init; }
    public string? UnitSingular { get; init; }
}
