using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;

namespace Tollgate.Domain.Credits;

/// <summary>
/// What one source of a subscription gives of a currency in each cycle (spec credits 8.2): a row of its plan or of an
/// add-on, or a charge that sells credits. Every counted one has grants of its own.
/// </summary>
public sealed record CreditContribution
{
    public required CurrencyId CurrencyId { get; init; }
    public required CreditGrantSource Source { get; init; }

    /// <summary>The plan or add-on; of inherited rows the subscription's own plan.</summary>
    public required PackageId PackageId { get; init; }

    /// <summary>The plan or add-on version whose row or charge it is.</summary>
    public required PackageVersion Package { get; init; }

    /// <summary>Which anniversaries: of credits bought every billing period the period's, or the month's.</summary>
    public CreditCadence Cadence { get; init; }

    /// <summary>Credits per unit.</summary>
    public decimal BaseAmount { get; init; }

    /// <summary>How many times the add-on is held; 1 for everything else.</summary>
    public int AddonQuantity { get; init; } = 1;

    /// <summary>The feature whose entitled units multiply the amount.</summary>
    public FeatureId? DependencyFeatureId { get; init; }

    /// <summary>Add-on items times units of the feature it depends on.</summary>
    public decimal Units { get; init; } = 1;

    /// <summary>What is paid for the cycle's credits; 0 for what comes with a package.</summary>
    public Money Cost { get; init; } = new(0, Currencies.Default);
    public EntitlementBehavior Behavior { get; init; }
    public bool HasSoftLimit { get; init; }
    public required ContributionEffect Effect { get; init; }

    public bool IsCounted => Effect == ContributionEffect.Counted;

    /// <summary>Credits of a whole cycle.</summary>
    public decimal Amount => BaseAmount * Units;
}
