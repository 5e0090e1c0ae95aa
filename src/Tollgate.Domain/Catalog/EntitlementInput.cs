namespace Tollgate.Domain.Catalog;

/// <summary>One row of a request that creates or patches entitlements of a draft: absent fields stay as they
/// are.</summary>
public sealed record EntitlementInput(FeatureId FeatureId)
{
    public Optional<bool> IsGranted { get; init; }
    public Optional<decimal?> UsageLimit { get; init; }
    public Optional<bool> HasUnlimitedUsage { get; init; }
    public Optional<bool> HasSoftLimit { get; init; }
    public ResetInput Reset { get; init; } = new();
    public Optional<IReadOnlyList<string>> EnumValues { get; init; }
    public Optional<EntitlementBehavior> Behavior { get; init; }
    public Optional<bool> IsCustom { get; init; }
    public Optional<string> DisplayNameOverride { get; init; }
    public Optional<string> Description { get; init; }
    public Optional<IReadOnlyList<WidgetType>> HiddenFromWidgets { get; init; }
    public Optional<decimal?> Order { get; init; }

    /// <summary>Can only be what is stored: groups are put on packages and taken off as a whole.</summary>
    public Optional<IReadOnlyList<string>> FeatureGroupIds { get; init; }
}
