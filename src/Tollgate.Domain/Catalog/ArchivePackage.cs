using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Catalog;

/// <summary>What may hold a plan back from being archived (spec catalog 13).</summary>
public sealed record PlanUse
{
    public bool IsStartPlan { get; init; }
    public bool IsDowngradePlan { get; init; }

    /// <summary>A latest or draft version of another plan inherits from it.</summary>
    public bool HasChildren { get; init; }
    public bool HasOpenDraft { get; init; }
}

/// <summary>Archiving and restoring plans; subscriptions that exist go on either way (spec catalog 13).</summary>
public static class ArchivePackage
{
    /// <summary>Archiving an archived plan changes nothing.</summary>
    public static Result<Change<PackageVersion>> Plan(PackageVersion latest, PlanUse use, Instant now)
    {
        if (latest.Status == PackageStatus.Archived)
            return Change<PackageVersion>.None(latest);
        if (latest.Status == PackageStatus.Draft || use.HasOpenDraft)
        {
            return new Refusal(ErrorCode.DraftPlanCantBeArchived,
                $"Plan '{latest.Id}' has an open draft; discard it before archiving.");
        }

        if (use.IsStartPlan)
        {
            return new Refusal(ErrorCode.PlanIsUsedAsDefaultStartPlan,
                $"Customers of product '{latest.ProductId}' start on plan '{latest.Id}'; change the product's start plan first.");
        }

        if (use.IsDowngradePlan)
        {
            return new Refusal(ErrorCode.PlanIsUsedAsDowngradePlan,
                $"Product '{latest.ProductId}' downgrades to plan '{latest.Id}'; change its downgrade plan first.");
        }

        if (use.HasChildren)
        {
            return new Refusal(ErrorCode.PlanWithChildCantBeDeleted,
                $"Other plans inherit from plan '{latest.Id}'; give them another base plan first.");
        }

        var archived = latest with { Status = PackageStatus.Archived, UpdatedAt = now };
        return new Change<PackageVersion>(archived, [PackageRules.Event(EventType.PlanDeleted, latest, archived)]);
    }

    /// <summary>Restoring a live plan changes nothing.</summary>
    public static Result<Change<PackageVersion>> Unarchive(PackageVersion latest, Product product, Instant now)
    {
        if (latest.Status != PackageStatus.Archived)
            return Change<PackageVersion>.None(latest);
        if (product.IsArchived)
        {
            return new Refusal(ErrorCode.ProductNotPublishedError,
                $"Product '{product.Id}' of plan '{latest.Id}' is archived; unarchive the product.");
        }

        var restored = latest with { Status = PackageStatus.Published, UpdatedAt = now };
        return new Change<PackageVersion>(restored, [PackageRules.Event(EventType.PlanUpdated, latest, restored)]);
    }
}
