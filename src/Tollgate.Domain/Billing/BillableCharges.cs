using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Billing;

/// <summary>
/// Which charges a billing provider can bill; null = whatever there is. Mappings of usage to credits cost no money, so
/// no provider ever sees them.
/// </summary>
public sealed record BillableCharges
{
    public static BillableCharges All { get; } = new();

    public IReadOnlyCollection<BillingModel>? Models { get; init; }

    /// <summary>Of charges that have tiers.</summary>
    public IReadOnlyCollection<TiersMode>? TiersModes { get; init; }
    public IReadOnlyCollection<BillingCadence>? Cadences { get; init; }

    /// <summary>What about the charge the provider cannot bill, in words; null when it can.</summary>
    public string? FaultOf(BillingModel model, TiersMode? tiers, BillingCadence cadence)
    {
        if (model == BillingModel.CreditBased)
            return null;
        if (Models?.Contains(model) == false)
            return $"{Symbol(model)} charges";
        if (tiers is { } mode && TiersModes?.Contains(mode) == false)
            return $"{Symbol(model)} charges with {mode.ToString().ToUpperInvariant()} tiers";
        return Cadences?.Contains(cadence) == false
            ? $"{Symbol(model)} charges that are {(cadence == BillingCadence.OneOff ? "ONE_OFF" : "RECURRING")}"
            : null;
    }

    /// <summary>The model as requests spell it.</summary>
    public static string Symbol(BillingModel model) => model switch
    {
        BillingModel.FlatFee => "FLAT_FEE",
        BillingModel.MinimumSpend => "MINIMUM_SPEND",
        BillingModel.PerUnit => "PER_UNIT",
        BillingModel.UsageBased => "USAGE_BASED",
        BillingModel.CreditBased => "CREDIT_BASED",
        _ => throw new ArgumentOutOfRangeException(nameof(model), model, "Not a billing model."),
    };
}
