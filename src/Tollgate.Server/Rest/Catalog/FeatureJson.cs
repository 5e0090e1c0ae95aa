using System.Text.Json.Serialization;
using Tollgate.Contracts.Rest;
using Tollgate.Contracts.Rest.Responses;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>Whether something has an id.</summary>
public sealed record RestExistence(bool Exists);

/// <summary>Schema <c>TollgateFeatureImport</c>.</summary>
public sealed record RestFeatureImport(int Created, int Failed, IReadOnlyList<RestFeatureImportRow> Rows);

/// <summary>Schema <c>TollgateFeatureImportRow</c>.</summary>
public sealed record RestFeatureImportRow(int Row, string? Id, string Outcome, ErrorBody? Error);

/// <summary>Schema <c>TollgateFeaturePackage</c>.</summary>
public sealed record RestFeaturePackage
{
    public required string Id { get; init; }
    public required string DisplayName { get; init; }
    public required string Type { get; init; }
    public required string ProductId { get; init; }
    public required bool HasCharge { get; init; }
    public required bool IsCreditConsumption { get; init; }
    public required RestFeaturePackageEntitlement? Entitlement { get; init; }
    public required IReadOnlyList<RestFeaturePackageGroup> FeatureGroups { get; init; }
}

/// <summary>Schema <c>TollgateFeaturePackageEntitlement</c>.</summary>
public sealed record RestFeaturePackageEntitlement
{
    public required decimal? UsageLimit { get; init; }
    public required bool HasUnlimitedUsage { get; init; }
    public required bool HasSoftLimit { get; init; }
    public required string? ResetPeriod { get; init; }
    public required IReadOnlyList<string>? EnumValues { get; init; }
    public required bool IsCustom { get; init; }
}

/// <summary>Schema <c>TollgateFeaturePackageGroup</c>.</summary>
public sealed record RestFeaturePackageGroup(string Id, string DisplayName);

/// <summary>Source-generated JSON of our own operations on features. Use <see cref="Wire"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(ShortestDecimalConverter)])]
[JsonSerializable(typeof(RestData<RestExistence>))]
[JsonSerializable(typeof(RestData<RestFeatureImport>))]
[JsonSerializable(typeof(RestPage<RestFeaturePackage>))]
internal sealed partial class FeatureJson : JsonSerializerContext
{
    public static FeatureJson Wire => field ??= new(WireOptions.Of(Default.Options));
}
