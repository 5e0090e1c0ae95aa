namespace Tollgate.Domain.Catalog;

/// <summary>One row of a request that creates or patches credit entitlements of a draft: absent fields stay as they
/// are.</summary>
public sealed record CreditEntitlementInput(CurrencyId CurrencyId)
{
    /// <summary>Null leaves the amount to each subscription.</summary>
    public Optional<decimal?> Amount { get; init; }
    public Optional<CreditCadence> Cadence { get; init; }
    public Optional<EntitlementBehavior> Behavior { get; init; }
    public Optional<bool> HasSoftLimit { get; init; }

    /// <summary>Null: the amount depends on no feature any more.</summary>
    public Optional<FeatureId?> DependencyFeatureId { get; init; }
    public Optional<bool> IsCustom { get; init; }
    public Optional<bool> IsGranted { get; init; }
    public Optional<string> DisplayNameOverride { get; init; }
    public Optional<string> Description { get; init; }
    public Optional<IReadOnlyList<WidgetType>> HiddenFromWidgets { get; init; }
    public Optional<decimal?> Order { get; init; }
}
