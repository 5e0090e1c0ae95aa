using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>An add-on as a request names it, by default once.</summary>
public sealed record AddonInput(PackageId Id, decimal Quantity = 1);

/// <summary>What the catalog says about add-ons at the time of a request.</summary>
public sealed record AddonFacts
{
    public static AddonFacts None { get; } = new();

    /// <summary>The latest row of every add-on that the request names and that exists.</summary>
    public IReadOnlyDictionary<PackageId, PackageVersion> Latest { get; init; } =
        new Dictionary<PackageId, PackageVersion>();

    /// <summary>The groups that the plan takes add-ons of.</summary>
    public IReadOnlyDictionary<string, PackageGroup> Groups { get; init; } = new Dictionary<string, PackageGroup>();
}

/// <summary>The versions of a package that a subscription is on: for its entitlements and for its charges.</summary>
public sealed record AddonVersions(PackageVersion Content, PackageVersion Prices);

/// <summary>The add-ons of a subscription after a request (spec subscriptions 3.6, catalog 5.4, 6 and 7).</summary>
internal static class Addons
{
    /// <summary>
    /// A given list replaces all add-ons, null keeps those held. An add-on that is held already keeps its versions and
    /// stays allowed, whatever the catalog says by now; a new one is on its latest version.
    /// </summary>
    public static AddonSelection Resolve(Findings findings, ContentBasis basis, IReadOnlyList<AddonInput>? asked)
    {
        if (asked is null && basis.Held is { } kept)
        {
            var same = new AddonSelection(kept.Subscription.Addons, kept.Addons);
            CheckPrices(findings, basis, same);
            return same;
        }

        var named = asked ?? [];
        CheckKnown(findings, basis, named);
        var selection = Select(findings, basis, named);
        if (!findings.Any)
            CheckTogether(findings, basis, selection);
        return selection;
    }

    private static void CheckKnown(Findings findings, ContentBasis basis, IReadOnlyList<AddonInput> named)
    {
        var unknown = named.Select((input, i) => (input.Id, Path: $"addons[{i}].id"))
            .Where(x => !basis.AddonFacts.Latest.ContainsKey(x.Id) && !basis.Holds(x.Id)).ToList();
        var code = unknown.Count == 1 ? ErrorCode.AddonNotFound : ErrorCode.AddonsNotFound;
        foreach (var (id, path) in unknown)
            findings.Add(code, path, $"There is no add-on with the id '{id}'; remove it.");
    }

    private static AddonSelection Select(Findings findings, ContentBasis basis, IReadOnlyList<AddonInput> named)
    {
        var chosen = new List<SubscriptionAddon>();
        var versions = new Dictionary<PackageId, AddonVersions>();
        var seen = new HashSet<PackageId>();
        for (var i = 0; i < named.Count; i++)
        {
            var (id, quantity) = named[i];
            var path = $"addons[{i}]";
            if (!seen.Add(id))
            {
                findings.Add(ErrorCode.DuplicateAddonProvisionedError, path + ".id",
                    $"Add-on '{id}' is listed twice; list it once with its whole quantity.");
                continue;
            }

            if (VersionsOf(findings, basis, id, path + ".id") is not { } of)
                continue;
            if (quantity < 1 || quantity != decimal.Truncate(quantity))
            {
                findings.Add(ErrorCode.InvalidQuantity, path + ".quantity",
                    $"The quantity {quantity} of add-on '{id}' is not possible; give a whole number of at least 1, or "
                    + "leave the add-on out.");
                continue;
            }

            if (quantity > (of.Content.MaxQuantity ?? int.MaxValue))
            {
                findings.Add(ErrorCode.AddonQuantityExceedsLimitError, path + ".quantity",
                    $"Add-on '{id}' can be held {of.Content.MaxQuantity ?? int.MaxValue} times at most; "
                    + $"the request asks for {quantity}.");
                continue;
            }

            chosen.Add(new(id, (int)quantity, of.Content.Version, of.Prices.Version));
            versions.Add(id, of);
        }

        return new(chosen, versions);
    }

    /// <summary>Null when the add-on is unknown, which is found already, or cannot be bought.</summary>
    private static AddonVersions? VersionsOf(Findings findings, ContentBasis basis, PackageId id, string path)
    {
        if (basis.Held is { } held && held.Addons.TryGetValue(id, out var pinned))
            return pinned;
        if (!basis.AddonFacts.Latest.TryGetValue(id, out var latest))
            return null;
        if (latest.Status == PackageStatus.Draft)
        {
            findings.Add(ErrorCode.UnPublishedPackage, path,
                $"Add-on '{id}' has no published version; publish it first.");
            return null;
        }

        if (latest.Status == PackageStatus.Archived)
        {
            findings.Add(ErrorCode.EntityIsArchivedError, path, $"Add-on '{id}' is archived; choose another add-on.");
            return null;
        }

        return new(latest, latest);
    }

    /// <summary>What the plan and the add-ons ask of one another.</summary>
    private static void CheckTogether(Findings findings, ContentBasis basis, AddonSelection selection)
    {
        var plan = basis.Plan.Version;
        var compatible = (plan.CompatibleAddonIds ?? []).Concat(plan.CompatibleGroups
            .SelectMany(g => basis.AddonFacts.Groups.GetValueOrDefault(g.GroupId)?.AddonIds ?? [])).ToHashSet();
        for (var i = 0; i < selection.Addons.Count; i++)
        {
            var id = selection.Addons[i].Id;
            var content = selection.Versions[id].Content;
            var path = $"addons[{i}].id";
            if (!compatible.Contains(id) && !basis.Holds(id))
            {
                findings.Add(ErrorCode.IncompatibleSubscriptionAddon, path,
                    $"Plan '{plan.Id}' ({plan.DisplayName}) does not take add-on '{id}'; "
                    + "remove it or make it compatible with the plan.");
            }
            else if (content.PricingType == PricingType.Custom && plan.PricingType != PricingType.Custom)
            {
                findings.Add(ErrorCode.IncompatibleSubscriptionAddon, path,
                    $"Add-on '{id}' is custom and goes with custom plans only; plan '{plan.Id}' is not custom.");
            }

            foreach (var missing in content.Dependencies.Where(d => !selection.Versions.ContainsKey(d)))
            {
                findings.Add(ErrorCode.AddonDependencyMissingError, path,
                    $"Add-on '{id}' needs add-on '{missing}' on the same subscription; add it too or remove '{id}'.");
            }
        }

        CheckPrices(findings, basis, selection);
        CheckGroups(findings, basis, selection);
    }

    private static void CheckPrices(Findings findings, ContentBasis basis, AddonSelection selection)
    {
        if (basis.Period is not { } period)
            return;
        var currency = PriceSelection.For(basis.Prices, period, basis.Country)
            .Select(PriceCalculator.CurrencyOf).FirstOrDefault(c => c is not null);
        for (var i = 0; i < selection.Addons.Count; i++)
        {
            var id = selection.Addons[i].Id;
            var prices = selection.Versions[id].Prices;
            if (prices.PricingType != PricingType.Paid)
                continue;
            var charges = SubscriptionCharges.Rows(
                prices, period, PriceSelection.ResolveCountry(prices, basis.Country, null)).ToList();
            if (charges.Count == 0)
            {
                findings.Add(ErrorCode.BillingPeriodMissingError, $"addons[{i}].id",
                    $"Add-on '{id}' has no {period.ToString().ToUpperInvariant()} price; "
                    + "choose another billing period or remove it.");
            }
            else if (charges.Select(PriceCalculator.CurrencyOf).FirstOrDefault(c => c is not null) is { } other
                && currency is not null && other != currency)
            {
                findings.Add(ErrorCode.InvalidArgumentError, $"addons[{i}].id",
                    $"Add-on '{id}' is priced in {other} and plan '{basis.Prices.Id}' in {currency}; "
                    + "a subscription has one currency.");
            }
        }
    }

    private static void CheckGroups(Findings findings, ContentBasis basis, AddonSelection selection)
    {
        foreach (var taken in basis.Plan.Version.CompatibleGroups)
        {
            if (taken.MinItems is not { } minimum
                || basis.AddonFacts.Groups.GetValueOrDefault(taken.GroupId) is not { } group)
            {
                continue;
            }

            var items = selection.Addons.Where(a => group.AddonIds.Contains(a.Id)).Sum(a => (long)a.Quantity);
            if (items < minimum)
            {
                findings.Add(ErrorCode.PackageGroupMinItemsError, "addons",
                    $"Plan '{basis.Plan.Version.Id}' needs at least {minimum} items of the group '{group.Id}' and the "
                    + $"request has {items}; add some of '{string.Join("', '", group.AddonIds)}'.");
            }
        }
    }
}

/// <summary>Add-ons in the order of the request, with the versions they are on.</summary>
internal sealed record AddonSelection(
    IReadOnlyList<SubscriptionAddon> Addons, IReadOnlyDictionary<PackageId, AddonVersions> Versions);
