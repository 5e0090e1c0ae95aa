using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Billing;

/// <summary>An add-on of which <paramref name="Quantity"/> items are not charged.</summary>
public sealed record FreeItem(PackageId AddonId, int Quantity);

/// <summary>
/// Which items of a group of add-ons are free: the dearest of the subscription's period first, the earlier in the
/// request first where they cost the same; items count with their quantity (spec catalog 7).
/// </summary>
public static class FreeItemWaiver
{
    /// <summary>The add-ons with free items, in the order of the request. An item is waived once at most.</summary>
    public static IReadOnlyList<FreeItem> Of(BilledContent content)
    {
        var free = new int[content.Addons.Count];
        foreach (var group in content.FreeItems)
        {
            var left = group.Count;
            foreach (var i in DearestFirst(content, group))
            {
                var waived = Math.Min(left, content.Addons[i].Quantity - free[i]);
                free[i] += waived;
                left -= waived;
            }
        }

        return [.. content.Addons.Zip(free, (addon, count) => new FreeItem(addon.Prices.Id, count))
            .Where(item => item.Quantity > 0)];
    }

    /// <summary>How many items of an add-on are charged.</summary>
    internal static int Charged(BilledAddon addon, IReadOnlyList<FreeItem> free) =>
        addon.Quantity - (free.FirstOrDefault(item => item.AddonId == addon.Prices.Id)?.Quantity ?? 0);

    private static List<int> DearestFirst(BilledContent content, FreeItems group) =>
    [
        .. Enumerable.Range(0, content.Addons.Count)
            .Where(i => group.AddonIds.Contains(content.Addons[i].Prices.Id))
            .OrderByDescending(i => PriceOf(content, content.Addons[i].Prices)),
    ];

    /// <summary>What one item costs each period; one that is only paid once costs that.</summary>
    private static decimal PriceOf(BilledContent content, PackageVersion addon)
    {
        var recurring = BilledCharge.InAdvance(content, addon).ToList();
        var charges = recurring.Count > 0 ? recurring : BilledCharge.OneOff(content, addon);
        return charges.Sum(c => PriceCalculator.Amount(c.Charge, c.Charge.MinUnitQuantity ?? 1).Amount);
    }
}
