using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Catalog;

/// <summary>What may hold a plan back from being archived (spec catalog 13).</summary>
public sealed record PlanUse
{
    /// <summary>Of a product, or of the variant of a running experiment.</summary>
    public bool IsStartPlan { get; init; }

    /// <summary>The same.</summary>
    public bool IsDowngradePlan { get; init; }

    /// <summary>A latest or draft version of another plan inherits from it.</summary>
    public bool HasChildren { get; init; }
    public bool HasOpenDraft { get; init; }
}

/// <summary>What may hold an add-on back from being archived (spec catalog 13).</summary>
public sealed record AddonUse
{
    public bool HasOpenDraft { get; init; }

    /// <summary>Live plans whose latest version lists it.</summary>
    public IReadOnlyList<PackageId> Plans { get; init; } = [];

    /// <summary>Live groups that it belongs to.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];
}

/// <summary>Archiving and restoring packages; subscriptions that exist go on either way (spec catalog 13).</summary>
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
                $"Customers of product '{latest.ProductId}' start on plan '{latest.Id}'; "
                + "change the product's start plan first, or stop the experiment that names it.");
        }

        if (use.IsDowngradePlan)
        {
            return new Refusal(ErrorCode.PlanIsUsedAsDowngradePlan,
                $"Product '{latest.ProductId}' downgrades to plan '{latest.Id}'; change its downgrade plan first, or "
                + "stop the experiment that names it.");
        }

        if (use.HasChildren)
        {
            return new Refusal(ErrorCode.PlanWithChildCantBeDeleted,
                $"Other plans inherit from plan '{latest.Id}'; give them another base plan first.");
        }

        return Archived(latest, now);
    }

    /// <summary>Archiving an archived add-on changes nothing.</summary>
    public static Result<Change<PackageVersion>> Addon(PackageVersion latest, AddonUse use, Instant now)
    {
        if (latest.Status == PackageStatus.Archived)
            return Change<PackageVersion>.None(latest);
        if (latest.Status == PackageStatus.Draft)
        {
            return new Refusal(ErrorCode.DraftAddonCantBeArchived,
                $"Add-on '{latest.Id}' was never published; discard its draft instead.");
        }

        if (use.HasOpenDraft)
        {
            return new Refusal(ErrorCode.AddonWithDraftCannotBeDeletedError,
                $"Add-on '{latest.Id}' has an open draft; discard it before archiving.");
        }

        return IsUsed(latest, use) is { } used ? used : Archived(latest, now);
    }

    /// <summary>The refusal of taking away an add-on that plans or groups name; null when none does.</summary>
    public static Refusal? IsUsed(PackageVersion addon, AddonUse use)
    {
        if (use.Plans.Count > 0)
        {
            return new(ErrorCode.AddonIsCompatibleWithPlan,
                $"The plans '{string.Join("', '", use.Plans)}' list add-on '{addon.Id}'; take it off them first.");
        }

        return use.Groups.Count > 0
            ? new(ErrorCode.AddonIsCompatibleWithGroup,
                $"The groups '{string.Join("', '", use.Groups)}' contain add-on '{addon.Id}'; "
                + "take it out of them first.")
            : null;
    }

    /// <summary>Restoring a live package changes nothing.</summary>
    public static Result<Change<PackageVersion>> Unarchive(PackageVersion latest, Product product, Instant now)
    {
        if (latest.Status != PackageStatus.Archived)
            return Change<PackageVersion>.None(latest);
        if (product.IsArchived)
        {
            return new Refusal(ErrorCode.ProductNotPublishedError,
                $"Product '{product.Id}' of '{latest.Id}' is archived; unarchive the product.");
        }

        var restored = latest with { Status = PackageStatus.Published, UpdatedAt = now };
        return new Change<PackageVersion>(
            restored, [PackageEvents.Of(PackageEvents.Updated(latest.Kind), latest, restored)]);
    }

    private static Change<PackageVersion> Archived(PackageVersion latest, Instant now)
    {
        var archived = latest with { Status = PackageStatus.Archived, UpdatedAt = now };
        return new(archived, [PackageEvents.Of(PackageEvents.Deleted(latest.Kind), latest, archived)]);
    }
}
