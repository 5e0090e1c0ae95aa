using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>Which plan another can inherit from (spec catalog 5).</summary>
internal static class BasePlanRules
{
    /// <param name="findings">Receives what is wrong.</param>
    /// <param name="draft">The plan that inherits.</param>
    /// <param name="asked">The base plan that is asked for.</param>
    /// <param name="bases">Facts about the base plan.</param>
    public static void Check(Findings findings, PackageVersion draft, PackageId asked, BasePlanFacts bases)
    {
        const string path = "parentPlanId";
        if (asked == draft.Id || HasCycle(draft.Id, asked, bases.BaseOf))
        {
            findings.Add(ErrorCode.PlansCircularDependencyError, path,
                $"Plan '{asked}' inherits from '{draft.Id}' itself; choose another base plan.");
        }
        else if (bases.BasePlan is not { } basePlan)
        {
            findings.Add(ErrorCode.PlanNotFound, path, $"There is no plan '{asked}' to inherit from.");
        }
        else if (basePlan.Status == PackageStatus.Archived)
        {
            findings.Add(ErrorCode.EntityIsArchivedError, path,
                $"Plan '{asked}' is archived; choose another base plan.");
        }
        else if (basePlan.ProductId != draft.ProductId)
        {
            findings.Add(ErrorCode.InvalidArgumentError, path,
                $"Plan '{asked}' belongs to product '{basePlan.ProductId}', not to '{draft.ProductId}'; a base plan "
                + "is of the same product.");
        }
    }

    /// <summary>
    /// True when following the base plans from <paramref name="basePlan"/> leads back to <paramref name="plan"/>.
    /// </summary>
    public static bool HasCycle(PackageId plan, PackageId basePlan, Func<PackageId, PackageId?> baseOf)
    {
        var seen = new HashSet<PackageId> { plan };
        for (PackageId? next = basePlan; next is { } current; next = baseOf(current))
        {
            if (!seen.Add(current))
                return true;
        }

        return false;
    }
}
