using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>Whether an add-on can be sold together with a plan (spec catalog 5.4, 6 and 10).</summary>
internal static class AddonFit
{
    /// <summary>What is known while the plan is edited: a custom add-on is for custom plans.</summary>
    public static void CheckType(Findings findings, string path, PackageVersion plan, PackageVersion addon)
    {
        if (addon.PricingType == PricingType.Custom && plan.PricingType is PricingType.Paid)
        {
            findings.Add(ErrorCode.IncompatibleSubscriptionAddon, path,
                $"Add-on '{addon.Id}' is CUSTOM and plan '{plan.Id}' is PAID; custom add-ons go with custom plans "
                + "only.");
        }
    }

    /// <summary>
    /// What must hold once either of them is published: also, the add-on has a price wherever the plan has one.
    /// </summary>
    public static void CheckPublished(Findings findings, string path, PackageVersion plan, PackageVersion addon)
    {
        CheckType(findings, path, plan, addon);
        if (plan.PricingType != PricingType.Paid || addon.PricingType != PricingType.Paid)
            return;
        var missing = Countries(plan).Except(Countries(addon)).Order(StringComparer.Ordinal).ToList();
        if (missing.Count > 0)
        {
            findings.Add(ErrorCode.InvalidArgumentError, path,
                $"Add-on '{addon.Id}' has no prices for {string.Join(", ", missing)}, where plan '{plan.Id}' has some; "
                + "localize and publish the add-on first.");
        }
    }

    private static IEnumerable<string> Countries(PackageVersion package) =>
        package.Charges.Select(charge => charge.CountryCode).OfType<string>().Distinct();
}
