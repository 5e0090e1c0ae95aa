using NodaTime;

namespace Tollgate.Domain.Catalog;

/// <summary>
/// Credits that one package version grants again and again (spec credits 8): beside the entitlements for features, in
/// the same order of display. One row a currency.
/// </summary>
public sealed record PackageCreditEntitlement
{
    public required CurrencyId CurrencyId { get; init; }

    /// <summary>Credits per cycle and, with <see cref="DependencyFeatureId"/>, per unit of it; null only with
    /// <see cref="IsCustom"/>.</summary>
    public decimal? Amount { get; init; }
    public CreditCadence Cadence { get; init; }

    /// <summary>Whether an add-on's row adds to the plan's or replaces it.</summary>
    public EntitlementBehavior Behavior { get; init; } = EntitlementBehavior.Increment;

    /// <summary>Checks go on below zero.</summary>
    public bool HasSoftLimit { get; init; }

    /// <summary>A metered feature of the package whose limit multiplies the amount (spec credits 8.3).</summary>
    public FeatureId? DependencyFeatureId { get; init; }

    /// <summary>The amount is supplied per subscription; only on custom packages.</summary>
    public bool IsCustom { get; init; }

    /// <summary>False = explicit revoke (spec catalog 8.4).</summary>
    public bool IsGranted { get; init; } = true;
    public string? DisplayNameOverride { get; init; }
    public string? Description { get; init; }
    public IReadOnlyList<WidgetType> HiddenFromWidgets { get; init => field = value ?? []; } = [];
    public decimal? Order { get; init; }
    public required Instant CreatedAt { get; init; }
    public required Instant UpdatedAt { get; init; }
}

/// <summary>How often credits are granted: at the monthly or the yearly anniversaries (spec credits 8.1).</summary>
public enum CreditCadence
{
    Month,
    Year,
}
