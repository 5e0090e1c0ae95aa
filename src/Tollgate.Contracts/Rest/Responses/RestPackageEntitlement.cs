using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Rest.Responses;

/// <summary>
/// An entitlement of a plan or an add-on. Always serialize it as this type: the serializer then writes <c>type</c>.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(RestPackageFeatureEntitlement), "FEATURE")]
[JsonDerivedType(typeof(RestPackageCreditEntitlement), "CREDIT")]
public abstract record RestPackageEntitlement
{
    /// <summary>The id of the feature or of the credit currency.</summary>
    public required string Id { get; init; }
    public required string Behavior { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required string? Description { get; init; }
    public required string? DisplayNameOverride { get; init; }
    public required bool? HasSoftLimit { get; init; }
    public required IReadOnlyList<string> HiddenFromWidgets { get; init; }
    public required bool? IsCustom { get; init; }
    public required bool IsGranted { get; init; }
    public required decimal? Order { get; init; }
    public required WireInstant UpdatedAt { get; init; }
}

/// <summary>Schema <c>PackageFeatureEntitlement</c>.</summary>
public sealed record RestPackageFeatureEntitlement : RestPackageEntitlement
{
    public required IReadOnlyList<string>? EnumValues { get; init; }
    public required bool? HasUnlimitedUsage { get; init; }
    public required string? ResetPeriod { get; init; }
    public required RestResetPeriodConfiguration? ResetPeriodConfiguration { get; init; }
    public required decimal? UsageLimit { get; init; }

    /// <summary>The feature groups that provide it; absent when none does. A field of our own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? FeatureGroupIds { get; init; }
}

/// <summary>Schema <c>PackageCreditEntitlement</c>.</summary>
public sealed record RestPackageCreditEntitlement : RestPackageEntitlement
{
    public required decimal? Amount { get; init; }
    public required string? Cadence { get; init; }
    public string? DependencyFeatureId { get; init; }
}

/// <summary>
/// Schemas <c>YearlyResetPeriodConfig</c>, <c>MonthlyResetPeriodConfig</c>, <c>WeeklyResetPeriodConfig</c>.
/// </summary>
/// <param name="AccordingTo">The anchor, such as SubscriptionStart, StartOfTheMonth or EveryMonday.</param>
public sealed record RestResetPeriodConfiguration(string AccordingTo);
