using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>The price that was agreed for a charge in place of the catalog's (spec subscriptions 3.6).</summary>
public static class OverriddenPrices
{
    /// <summary>
    /// The charge with its override, if it has one. A price takes the place of tiers and tiers that of a price; a block
    /// size, a tiers mode and a cadence that the override does not name stay the catalog's.
    /// </summary>
    public static Charge Apply(Charge charge, PackageId? addon, IReadOnlyList<PriceOverride> overrides)
    {
        var key = ChargeKey.Of(charge, addon);
        PriceOverride? agreed = null;
        foreach (var each in overrides)
        {
            if (each.Key == key)
                agreed = each;
        }

        if (agreed is null)
            return charge;
        var tiers = agreed.Tiers is { Count: > 0 } ? agreed.Tiers : agreed.Price is null ? charge.Tiers : null;
        return charge with
        {
            Price = agreed.Price ?? (tiers is null ? charge.Price : null),
            Tiers = tiers,
            TiersMode = tiers is null ? null : agreed.TiersMode ?? charge.TiersMode ?? TiersMode.Volume,
            BlockSize = agreed.BlockSize ?? charge.BlockSize,
            CreditRate = agreed.CreditRate ?? charge.CreditRate,
            CreditGrantCadence = agreed.CreditGrantCadence ?? charge.CreditGrantCadence,
        };
    }
}
