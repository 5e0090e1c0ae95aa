using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Catalog;

/// <summary>A partial change of a group's texts.</summary>
public sealed record PackageGroupEdit
{
    public Optional<string> DisplayName { get; init; }
    public Optional<string> Description { get; init; }
}

/// <summary>Groups of add-ons: every change is live at once (spec catalog 7).</summary>
public static class PackageGroupRules
{
    /// <param name="draft">The group as asked for, without add-ons.</param>
    /// <param name="product">The product named; null when unknown.</param>
    /// <param name="idIsTaken">A group has the id, an archived one too.</param>
    public static Result<Change<PackageGroup>> Create(PackageGroup draft, Product? product, bool idIsTaken)
    {
        var findings = new Findings();
        PublicId.Check(findings, "id", draft.Id);
        CheckTexts(findings, draft);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        if (ProductRules.CheckOpen(draft.ProductId, product) is { } closed)
            return closed;
        return idIsTaken
            ? new Refusal(ErrorCode.DuplicatedEntityNotAllowed,
                $"Add-on group '{draft.Id}' exists already (archived ones keep their id); choose another id.")
            : Changed(null, draft);
    }

    /// <summary>Sending what is stored changes nothing.</summary>
    public static Result<Change<PackageGroup>> Edit(PackageGroup group, PackageGroupEdit edit, Instant now)
    {
        if (Archived(group) is { } archived)
            return archived;
        var edited = group with
        {
            DisplayName = edit.DisplayName.Or(group.DisplayName) ?? "",
            Description = edit.Description.Or(group.Description),
        };
        var findings = new Findings();
        CheckTexts(findings, edited);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        return edited == group ? Change<PackageGroup>.None(group) : Changed(group, edited with { UpdatedAt = now });
    }

    /// <summary>
    /// Replaces the members; their order is display order. Where published plans take the group, a member must be
    /// something they can sell.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="asked">The add-ons it is to have; one listed twice counts once.</param>
    /// <param name="latest">The latest row of an add-on; null when there is none.</param>
    /// <param name="plans">The published plans that take the group.</param>
    /// <param name="now">The time of the call.</param>
    public static Result<Change<PackageGroup>> SetAddons(
        PackageGroup group, IReadOnlyList<PackageId> asked, Func<PackageId, PackageVersion?> latest,
        IReadOnlyList<PackageVersion> plans, Instant now)
    {
        if (Archived(group) is { } archived)
            return archived;
        var findings = new Findings();
        for (var i = 0; i < asked.Count; i++)
            CheckMember(findings, $"addons[{i}]", group, asked[i], latest(asked[i]), plans);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        List<PackageId> members = [.. asked.Distinct()];
        return members.SequenceEqual(group.AddonIds)
            ? Change<PackageGroup>.None(group)
            : Changed(group, group with { AddonIds = members, Version = group.Version + 1, UpdatedAt = now });
    }

    /// <summary>Archiving an archived group changes nothing.</summary>
    /// <param name="group">The group.</param>
    /// <param name="plans">Live plans whose latest version takes it.</param>
    /// <param name="now">The time of the call.</param>
    public static Result<Change<PackageGroup>> Archive(PackageGroup group, IReadOnlyList<PackageId> plans, Instant now)
    {
        if (group.IsArchived)
            return Change<PackageGroup>.None(group);
        return plans.Count > 0
            ? new Refusal(ErrorCode.IntegrityViolation,
                $"The plans '{string.Join("', '", plans)}' take add-ons of the group '{group.Id}'; take it off them "
                + "first.")
            : Changed(group, group with { IsArchived = true, UpdatedAt = now });
    }

    /// <summary>The event of a group that goes with its product; there is no type of its own for it.</summary>
    public static DomainEvent Deleted(PackageGroup group) =>
        new(EventType.PackageGroupUpdated, EntityKind.PackageGroup, group.Id, null, group, null);

    public static Refusal NotFound(string id) => new(
        ErrorCode.PackageGroupNotFound, $"There is no add-on group '{id}' in this environment; create it first.");

    private static void CheckMember(
        Findings findings, string path, PackageGroup group, PackageId id, PackageVersion? addon,
        IReadOnlyList<PackageVersion> plans)
    {
        if (addon is null)
        {
            findings.Add(ErrorCode.AddonNotFound, path, $"There is no add-on '{id}'; create it first.");
        }
        else if (addon.Status == PackageStatus.Archived)
        {
            findings.Add(ErrorCode.EntityIsArchivedError, path, $"Add-on '{id}' is archived; choose another one.");
        }
        else if (addon.ProductId != group.ProductId)
        {
            findings.Add(ErrorCode.IncompatibleSubscriptionAddon, path,
                $"Add-on '{id}' belongs to product '{addon.ProductId}', not to '{group.ProductId}'; a group holds "
                + "add-ons of "
                + "its own product.");
        }
        else if (plans.Count > 0 && addon.Status == PackageStatus.Draft)
        {
            findings.Add(ErrorCode.UnPublishedPackage, path,
                $"Add-on '{id}' has no published version, but published plans take the group; publish it first.");
        }
        else
        {
            foreach (var plan in plans)
                AddonFit.CheckPublished(findings, path, plan, addon);
        }
    }

    private static void CheckTexts(Findings findings, PackageGroup group)
    {
        TextLimits.CheckRequired(findings, "displayName", group.DisplayName);
        TextLimits.Check(findings, "description", group.Description);
    }

    private static Refusal? Archived(PackageGroup group) => group.IsArchived
        ? new(ErrorCode.EntityIsArchivedError, $"Add-on group '{group.Id}' is archived and cannot be changed.")
        : null;

    private static Change<PackageGroup> Changed(PackageGroup? before, PackageGroup after) => new(
        after,
        [
            new(before is null ? EventType.PackageGroupCreated : EventType.PackageGroupUpdated,
                EntityKind.PackageGroup, after.Id, null, before, after),
        ]);
}
