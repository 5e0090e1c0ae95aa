using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>The groups of add-ons that a plan takes (spec catalog 5.2 and 7).</summary>
public static class CompatibleGroupRules
{
    /// <param name="findings">Takes what is wrong.</param>
    /// <param name="plan">The plan's draft.</param>
    /// <param name="asked">The groups it is to take.</param>
    /// <param name="find">A group; null when there is none.</param>
    public static void Check(
        Findings findings, PackageVersion plan, IReadOnlyList<CompatiblePackageGroup> asked,
        Func<string, PackageGroup?> find)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < asked.Count; i++)
        {
            var path = $"packageGroups[{i}]";
            var id = asked[i].GroupId;
            CheckCount(findings, path + ".minItems", asked[i].MinItems);
            CheckCount(findings, path + ".freeItems", asked[i].FreeItems);
            if (!seen.Add(id))
            {
                findings.Add(ErrorCode.DuplicatedEntityNotAllowed, path,
                    $"The group '{id}' is listed twice; keep one.");
            }
            else if (find(id) is not { } group)
            {
                findings.Add(ErrorCode.PackageGroupNotFound, path,
                    $"There is no add-on group '{id}'; create it first.");
            }
            else if (group.IsArchived)
            {
                findings.Add(ErrorCode.EntityIsArchivedError, path, $"Group '{id}' is archived; choose another one.");
            }
            else if (group.ProductId != plan.ProductId)
            {
                findings.Add(ErrorCode.IncompatibleSubscriptionAddon, path,
                    $"Group '{id}' belongs to product '{group.ProductId}', not to '{plan.ProductId}'; a plan takes "
                    + "groups of "
                    + "its own product.");
            }
        }
    }

    private static void CheckCount(Findings findings, string path, int? count)
    {
        if (count is < 0)
            findings.Bad(path, $"{path} is {count}; give 0 or more, or leave it out.");
    }
}
