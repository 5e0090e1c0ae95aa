using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>
/// The add-ons that a draft names: those a plan takes, and those an add-on cannot be without (spec catalog 5.4 and 6).
/// </summary>
public static class AddonReferences
{
    /// <param name="findings">Takes what is wrong.</param>
    /// <param name="plan">The plan's draft with the pricing type it will have.</param>
    /// <param name="asked">The add-ons it is to take.</param>
    /// <param name="latest">The latest row of an add-on; null when there is none.</param>
    public static void CheckCompatible(
        Findings findings, PackageVersion plan, IReadOnlyList<PackageId> asked, Func<PackageId, PackageVersion?> latest)
    {
        for (var i = 0; i < asked.Count; i++)
        {
            var path = $"compatibleAddonIds[{i}]";
            if (Named(findings, path, asked[i], latest) is not { } addon)
                continue;
            if (addon.ProductId != plan.ProductId)
            {
                findings.Add(ErrorCode.IncompatibleSubscriptionAddon, path,
                    $"Add-on '{asked[i]}' belongs to product '{addon.ProductId}', not to '{plan.ProductId}'; a plan "
                    + "takes "
                    + "add-ons of its own product.");
            }
            else
            {
                AddonFit.CheckType(findings, path, plan, addon);
            }
        }
    }

    /// <param name="findings">Takes what is wrong.</param>
    /// <param name="addon">The add-on's draft.</param>
    /// <param name="asked">The add-ons it is to depend on.</param>
    /// <param name="latest">The latest row of an add-on; null when there is none.</param>
    /// <param name="dependenciesOf">What an add-on depends on at present (its draft's list, else its latest
    /// version's).</param>
    public static void CheckDependencies(
        Findings findings, PackageVersion addon, IReadOnlyList<PackageId> asked,
        Func<PackageId, PackageVersion?> latest,
        Func<PackageId, IReadOnlyList<PackageId>> dependenciesOf)
    {
        for (var i = 0; i < asked.Count; i++)
        {
            var path = $"dependencies[{i}]";
            if (asked[i] == addon.Id || Reaches(asked[i], addon.Id, dependenciesOf))
            {
                findings.Add(ErrorCode.PlansCircularDependencyError, path,
                    $"Add-on '{asked[i]}' depends on '{addon.Id}' itself; leave it out.");
            }
            else if (Named(findings, path, asked[i], latest) is { } needed && needed.ProductId != addon.ProductId)
            {
                findings.Add(ErrorCode.InvalidArgumentError, path,
                    $"Add-on '{asked[i]}' belongs to product '{needed.ProductId}', not to '{addon.ProductId}', so no "
                    + "subscription could have both; leave it out.");
            }
        }
    }

    /// <summary>True when the dependencies of <paramref name="from"/> lead to <paramref name="to"/>.</summary>
    internal static bool Reaches(
        PackageId from, PackageId to, Func<PackageId, IReadOnlyList<PackageId>> dependenciesOf)
    {
        var seen = new HashSet<PackageId> { from };
        var open = new Queue<PackageId>([from]);
        while (open.TryDequeue(out var next))
        {
            foreach (var needed in dependenciesOf(next))
            {
                if (needed == to)
                    return true;
                if (seen.Add(needed))
                    open.Enqueue(needed);
            }
        }

        return false;
    }

    private static PackageVersion? Named(
        Findings findings, string path, PackageId id, Func<PackageId, PackageVersion?> latest)
    {
        var addon = latest(id);
        if (addon is null)
            findings.Add(ErrorCode.AddonNotFound, path, $"There is no add-on '{id}'; create it first.");
        else if (addon.Status == PackageStatus.Archived)
            findings.Add(ErrorCode.EntityIsArchivedError, path, $"Add-on '{id}' is archived; choose another one.");
        else
            return addon;
        return null;
    }
}
