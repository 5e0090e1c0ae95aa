using System.Text.Json.Serialization;
using Tollgate.Contracts;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Server.Rest.Accounts;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>Schema <c>TollgatePackageVersion</c>: everything one version of a plan or an add-on says.</summary>
public sealed record RestPackageVersion
{
    public required string Id { get; init; }
    public required string Kind { get; init; }
    public required long VersionNumber { get; init; }
    public required string Status { get; init; }
    public required bool IsLatest { get; init; }
    public required string ProductId { get; init; }
    public required string DisplayName { get; init; }
    public required string? Description { get; init; }
    public required string? PricingType { get; init; }
    public required RestBasePlan? BasePlan { get; init; }
    public required IReadOnlyList<RestPackageEntitlement> Entitlements { get; init; }
    public required IReadOnlyList<RestPackageCharge> Charges { get; init; }
    public required IReadOnlyList<RestPackageCharge> OverageCharges { get; init; }
    public required string OverageBillingPeriod { get; init; }
    public required IReadOnlyList<RestMinimumSpend> MinimumSpend { get; init; }
    public required RestPackageTrial? DefaultTrialConfig { get; init; }
    public required IReadOnlyList<string> CompatibleAddonIds { get; init; }
    public required IReadOnlyList<RestCompatibleGroup> CompatiblePackageGroups { get; init; }
    public required IReadOnlyList<string> Dependencies { get; init; }
    public required long? MaxQuantity { get; init; }
    public required IReadOnlyList<string> HiddenFromWidgets { get; init; }
    public required string? BillingId { get; init; }
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required WireInstant UpdatedAt { get; init; }
}

/// <summary>Schema <c>TollgateTrial</c>; without a duration only its budget bounds it.</summary>
public sealed record RestPackageTrial(decimal? Duration, string? Units, RestBudget? Budget, string? TrialEndBehavior);

/// <summary>Schema <c>TollgateBasePlan</c>; the version is null on drafts, which follow the latest one.</summary>
public sealed record RestBasePlan(string Id, long? VersionNumber);

/// <summary>Schema <c>TollgateMinimumSpend</c>.</summary>
public sealed record RestMinimumSpend(string BillingPeriod, RestMoney Minimum);

/// <summary>Schema <c>TollgateCompatiblePackageGroup</c>.</summary>
public sealed record RestCompatibleGroup(string PackageGroupId, long? MinItems, long? FreeItems);

/// <summary>Schema <c>TollgatePackage</c>: a version with what the catalog knows around it.</summary>
public sealed record RestPackageDetails
{
    public required RestPackageVersion Version { get; init; }
    public required IReadOnlyList<RestPackageEntitlement> InheritedEntitlements { get; init; }
    public required bool IsParent { get; init; }
    public required bool HasSubscriptions { get; init; }
    public required RestDraftSummary? DraftSummary { get; init; }
    public required RestDraftDetails? DraftDetails { get; init; }
}

/// <summary>Schema <c>TollgateDraftSummary</c>.</summary>
public sealed record RestDraftSummary(long Version, RestActor? UpdatedBy, WireInstant UpdatedAt);

/// <summary>Schema <c>TollgateDraftDetails</c>.</summary>
public sealed record RestDraftDetails
{
    public required long Version { get; init; }
    public required RestActor? UpdatedBy { get; init; }
    public required WireInstant UpdatedAt { get; init; }
    public required long CustomersAffected { get; init; }
    public required IReadOnlyList<string> AffectedChildPlans { get; init; }
    public required IReadOnlyList<string> ChildPlansWithDraft { get; init; }
    public required RestPackageChanges Changes { get; init; }
}

/// <summary>Schema <c>TollgatePackageVersionSummary</c>.</summary>
public sealed record RestPackageVersionSummary
{
    public required long VersionNumber { get; init; }
    public required string Status { get; init; }
    public required bool IsLatest { get; init; }
    public required string DisplayName { get; init; }
    public required string? PricingType { get; init; }
    public required long Subscriptions { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required WireInstant UpdatedAt { get; init; }
}

/// <summary>A change of one thing: ADDED, DELETED, MODIFIED or REORDERED.</summary>
public sealed record RestChange<T>(string ChangeType, T? Before, T? After);

/// <summary>Schema <c>TollgatePackageChanges</c>.</summary>
public sealed record RestPackageChanges
{
    public required RestChange<string>? DisplayName { get; init; }
    public required RestChange<string>? Description { get; init; }
    public required RestChange<string>? BillingId { get; init; }
    public required RestChange<IReadOnlyDictionary<string, string>>? AdditionalMetaData { get; init; }
    public required RestChange<IReadOnlyList<string>>? HiddenFromWidgets { get; init; }
    public required RestChange<string>? PricingType { get; init; }
    public required RestChange<string>? BasePlan { get; init; }
    public required IReadOnlyList<RestChange<string>> CompatibleAddons { get; init; }
    public required IReadOnlyList<RestChange<RestCompatibleGroup>> CompatiblePackageGroups { get; init; }
    public required IReadOnlyList<RestChange<string>> Dependencies { get; init; }
    public required RestChange<long?>? MaxQuantity { get; init; }
    public required RestChange<RestPackageTrial>? DefaultTrialConfig { get; init; }

    /// <summary>
    /// Those for features; <see cref="PackageEntitlements"/> has the rows for credits too.
    /// </summary>
    public required IReadOnlyList<RestChange<RestPackageEntitlement>> Entitlements { get; init; }
    public required IReadOnlyList<RestChange<RestPackageEntitlement>> PackageEntitlements { get; init; }
    public required IReadOnlyList<RestChange<RestPackageCharge>> Prices { get; init; }
    public required IReadOnlyList<RestChange<RestPackageCharge>> OveragePrices { get; init; }
    public required RestChange<string>? OverageBillingPeriod { get; init; }
    public required IReadOnlyList<RestChange<RestMinimumSpend>> MinimumSpend { get; init; }
    public required long TotalChanges { get; init; }
}

/// <summary>Schema <c>TollgatePackageGroup</c>.</summary>
public sealed record RestPackageGroup
{
    public required string Id { get; init; }
    public required string DisplayName { get; init; }
    public required string? Description { get; init; }
    public required string ProductId { get; init; }
    public required IReadOnlyList<string> AddonIds { get; init; }
    public required string Status { get; init; }
    public required bool IsLatest { get; init; }
    public required long VersionNumber { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required WireInstant UpdatedAt { get; init; }
}

/// <summary>Schema <c>TollgateAddonAssociations</c>: what stands in the way of archiving an add-on.</summary>
public sealed record RestAddonAssociations(
    IReadOnlyList<string> PlanIds, IReadOnlyList<string> PackageGroupIds, bool HasOpenDraft);

/// <summary>Source-generated JSON of our own operations on packages. Use <see cref="Wire"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(ShortestDecimalConverter)])]
[JsonSerializable(typeof(RestData<RestPackageVersion>))]
[JsonSerializable(typeof(RestData<RestPackageDetails>))]
[JsonSerializable(typeof(RestData<RestPackageChanges>))]
[JsonSerializable(typeof(RestPage<RestPackageVersionSummary>))]
[JsonSerializable(typeof(RestPage<RestPackageEntitlement>))]
[JsonSerializable(typeof(RestData<RestPackageGroup>))]
[JsonSerializable(typeof(RestPage<RestPackageGroup>))]
[JsonSerializable(typeof(RestData<RestAddonAssociations>))]
[JsonSerializable(typeof(RestPublishPreviewPage))]
internal sealed partial class PackageJson : JsonSerializerContext
{
    public static PackageJson Wire => field ??= new(WireOptions.Of(Default.Options));
}
