using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>Feature</c>.</summary>
public sealed record RestFeature
{
    public required string Id { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required string? Description { get; init; }
    public required string DisplayName { get; init; }
    public required IReadOnlyList<RestEnumValue>? EnumConfiguration { get; init; }
    public required string FeatureStatus { get; init; }
    public required string FeatureType { get; init; }
    public required string? FeatureUnits { get; init; }
    public required string? FeatureUnitsPlural { get; init; }
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }
    public required string MeterType { get; init; }
    public required RestUnitTransformation? UnitTransformation { get; init; }
    public required WireInstant UpdatedAt { get; init; }

    /// <summary>How raw events become usage. A field of our own operations; the compatible ones leave it out.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RestMeter? Meter { get; init; }
}

/// <summary>Schema <c>EnumConfigurationItem</c>.</summary>
public sealed record RestEnumValue(string DisplayName, string Value);

/// <summary>Schema <c>UnitTransformation</c>.</summary>
public sealed record RestUnitTransformation
{
    public required decimal Divide { get; init; }
    public required string? FeatureUnits { get; init; }
    public required string? FeatureUnitsPlural { get; init; }
    public required string Round { get; init; }
}
