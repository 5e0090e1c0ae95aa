using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>Upgrade or downgrade (spec subscriptions 6.2): inheritance, then starting price, then the kind of
/// pricing.</summary>
public static class PlanComparison
{
    /// <summary>
    /// The direction from the version subscribed to towards the target, priced in <paramref name="countryCode"/>.
    /// Custom plans have no price to compare; their order in the pricing table, earlier first, is
    /// <paramref name="tableOrder"/>, and without one they are neither.
    /// </summary>
    public static PlanDirection Direction(
        PlanFacts current, PlanFacts target, string? countryCode, IReadOnlyList<PackageId>? tableOrder = null)
    {
        if (current.Version.Id == target.Version.Id)
            return PlanDirection.None;
        if (target.InheritsFrom(current.Version.Id))
            return PlanDirection.Upgrade;
        if (current.InheritsFrom(target.Version.Id))
            return PlanDirection.Downgrade;
        return (current.Version.PricingType, target.Version.PricingType) switch
        {
            (PricingType.Paid, PricingType.Paid) => ByStartingPrice(current.Version, target.Version, countryCode),
            (PricingType.Custom, PricingType.Custom) => tableOrder is null
                ? PlanDirection.None
                : Compare(IndexOf(tableOrder, current.Version.Id), IndexOf(tableOrder, target.Version.Id)),
            ({ } from, { } to) => Compare(Rank(from), Rank(to)),
            _ => PlanDirection.None,
        };
    }

    /// <summary>The facts that created and updated events carry.</summary>
    internal static IReadOnlyDictionary<string, string> Facts(PlanDirection direction) => new Dictionary<string, string>
    {
        ["isUpgrade"] = direction == PlanDirection.Upgrade ? "true" : "false",
        ["isDowngrade"] = direction == PlanDirection.Downgrade ? "true" : "false",
    };

    private static PlanDirection ByStartingPrice(PackageVersion current, PackageVersion target, string? countryCode)
    {
        var from = StartingPriceIn(current, countryCode);
        var to = StartingPriceIn(target, countryCode);
        return from is null || to is null || from.Currency != to.Currency
            ? PlanDirection.None
            : Compare(from.ForTwelveMonths, to.ForTwelveMonths);
    }

    private static StartingPrice? StartingPriceIn(PackageVersion plan, string? countryCode) =>
        PriceCalculator.StartingPrice(plan, PriceSelection.ResolveCountry(plan, countryCode, null));

    private static PlanDirection Compare<T>(T from, T to)
        where T : IComparable<T> => to.CompareTo(from) switch
        {
            > 0 => PlanDirection.Upgrade,
            < 0 => PlanDirection.Downgrade,
            _ => PlanDirection.None,
        };

    private static int IndexOf(IReadOnlyList<PackageId> order, PackageId plan)
    {
        for (var i = 0; i < order.Count; i++)
        {
            if (order[i] == plan)
                return i;
        }

        return order.Count;
    }

    private static int Rank(PricingType type) => type switch
    {
        PricingType.Free => 0,
        PricingType.Paid => 1,
        PricingType.Custom => 2,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a pricing type."),
    };
}
