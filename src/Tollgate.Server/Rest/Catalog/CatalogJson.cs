using System.Text.Json.Serialization;
using Tollgate.Contracts;
using Tollgate.Contracts.Rest.Responses;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>Schema <c>TollgateProduct</c>: a product with what the compatible answer leaves out.</summary>
public sealed record RestProductDetails
{
    public required string Id { get; init; }
    public required string DisplayName { get; init; }
    public required string? Description { get; init; }
    public required string Status { get; init; }
    public required bool IsDefaultProduct { get; init; }
    public required bool MultipleSubscriptions { get; init; }
    public required bool HasSubscriptions { get; init; }
    public required RestProductSettings ProductSettings { get; init; }
    public required bool DowngradeAtEndOfBillingPeriod { get; init; }
    public required bool TruesUpAddedUnits { get; init; }
    public required RestUsageResetCutoffRule UsageResetCutoffRule { get; init; }
    public required IReadOnlyList<RestAutoCancellationRule> AutoCancellationRules { get; init; }
    public required IReadOnlyList<string> PlanIds { get; init; }
    public required IReadOnlyList<string> AddonIds { get; init; }
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required WireInstant UpdatedAt { get; init; }
}

/// <summary>Schema <c>TollgateAutoCancellationRule</c>.</summary>
public sealed record RestAutoCancellationRule(string SourcePlanId, string TargetPlanId);

/// <summary>Schema <c>UsageResetCutoffRule</c>.</summary>
public sealed record RestUsageResetCutoffRule(string Behavior);

/// <summary>Schema <c>TollgateFeatureGroup</c>.</summary>
public sealed record RestFeatureGroup
{
    public required string Id { get; init; }
    public required string DisplayName { get; init; }
    public required string? Description { get; init; }
    public required IReadOnlyList<string> FeatureIds { get; init; }
    public required string Status { get; init; }
    public required int VersionNumber { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required WireInstant UpdatedAt { get; init; }
}

/// <summary>Source-generated JSON of our own operations on the catalog. Use <see cref="Wire"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RestData<RestProductDetails>))]
[JsonSerializable(typeof(RestData<RestFeatureGroup>))]
[JsonSerializable(typeof(RestPage<RestFeatureGroup>))]
internal sealed partial class CatalogJson : JsonSerializerContext
{
    public static CatalogJson Wire => field ??= new(WireOptions.Of(Default.Options));
}
