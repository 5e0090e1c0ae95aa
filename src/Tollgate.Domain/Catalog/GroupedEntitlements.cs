using NodaTime;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>
/// Feature groups on the draft of a plan or an add-on (spec catalog 2). A group makes one entitlement a member, each
/// tagged with the group; the draft does not follow later versions of the group until it is migrated.
/// </summary>
public static class GroupedEntitlements
{
    /// <summary>
    /// Puts a group on the draft. A member that the draft has an entitlement for already may be left out of the rows:
    /// it keeps its value and gets the tag.
    /// </summary>
    /// <param name="draft">The draft.</param>
    /// <param name="group">The group at its latest version.</param>
    /// <param name="rows">Values for the members.</param>
    /// <param name="features">Every feature named that exists.</param>
    /// <param name="now">The time of the call.</param>
    public static Result<IReadOnlyList<PackageEntitlement>> Add(
        PackageVersion draft, FeatureGroup group, IReadOnlyList<EntitlementInput> rows,
        IReadOnlyDictionary<FeatureId, Feature> features, Instant now)
    {
        if (group.IsArchived)
        {
            return new Refusal(ErrorCode.EntityIsArchivedError,
                $"Feature group '{group.Id}' is archived and cannot be used; unarchive it first.");
        }

        if (draft.Entitlements.Any(e => e.FeatureGroupIds.Contains(group.Id)))
        {
            return new Refusal(ErrorCode.DuplicatedEntityNotAllowed,
                $"'{draft.Id}' uses feature group '{group.Id}' already; migrate it to take over new members.");
        }

        var findings = new Findings();
        var configured = Configure(findings, draft, [group], rows, features, now);
        return findings.ToRefusal() is { } refusal
            ? refusal
            : Ok(configured.Select(e => group.FeatureIds.Contains(e.FeatureId)
                ? Tagged(e, [.. e.FeatureGroupIds, group.Id], now)
                : e));
    }

    /// <summary>Takes the tag off; the entitlements stay as rows of their own.</summary>
    public static Result<IReadOnlyList<PackageEntitlement>> Unlink(PackageVersion draft, string groupId, Instant now) =>
        NotUsed(draft, groupId) is { } notUsed
            ? notUsed
            : Ok(draft.Entitlements.Select(e => Without(e, groupId, now))
                .Select(e => e.FeatureGroupIds.Count == 0 ? e with { IsFromGroups = false } : e));

    /// <summary>Takes the tag off, and the entitlements away that only this group provided.</summary>
    public static Result<IReadOnlyList<PackageEntitlement>> Remove(PackageVersion draft, string groupId, Instant now) =>
        NotUsed(draft, groupId) is { } notUsed
            ? notUsed
            : Ok(draft.Entitlements.Select(e => Without(e, groupId, now)).Where(IsProvided));

    /// <summary>
    /// Brings the draft to the latest version of every group it uses: new members get entitlements from the rows, and
    /// what a group dropped loses that group's tag and goes when nothing else keeps it.
    /// </summary>
    /// <param name="draft">The draft.</param>
    /// <param name="groups">The groups that the draft uses, at their latest versions.</param>
    /// <param name="rows">Values for members that are new; others may be changed with them.</param>
    /// <param name="features">Every feature named that exists.</param>
    /// <param name="now">The time of the call.</param>
    public static Result<IReadOnlyList<PackageEntitlement>> Migrate(
        PackageVersion draft, IReadOnlyList<FeatureGroup> groups, IReadOnlyList<EntitlementInput> rows,
        IReadOnlyDictionary<FeatureId, Feature> features, Instant now)
    {
        var findings = new Findings();
        var configured = Configure(findings, draft, groups, rows, features, now);
        return findings.ToRefusal() is { } refusal
            ? refusal
            : Ok(configured.Select(e => Tagged(e, TagsOf(e, groups), now)).Where(IsProvided));
    }

    /// <summary>The groups that a version uses, in the order in which they were put on it.</summary>
    public static IReadOnlyList<string> GroupsOf(PackageVersion package) =>
        [.. package.Entitlements.SelectMany(e => e.FeatureGroupIds).Distinct()];

    /// <summary>Null when the row may be taken off by itself.</summary>
    public static Refusal? CheckDeletable(PackageVersion draft, PackageEntitlement entitlement) =>
        entitlement.FeatureGroupIds.Count == 0
            ? null
            : new(ErrorCode.EntitlementBelongsToFeatureGroupError,
                $"The entitlement of '{draft.Id}' for '{entitlement.FeatureId}' belongs to feature group "
                + $"'{string.Join("', '", entitlement.FeatureGroupIds)}'; remove or unlink the group.");

    /// <summary>
    /// Which groups provide an entitlement follows from adding and removing groups, never from a row.
    /// </summary>
    internal static void CheckTags(
        Findings findings, string path, IReadOnlyList<string>? asked, PackageEntitlement stored)
    {
        if (!ContentEquality.SameInAnyOrder(asked ?? [], stored.FeatureGroupIds, static (x, y) => x == y))
        {
            findings.Add(ErrorCode.CanNotUpdateEntitlementsFeatureGroup, path + "featureGroupIds",
                $"The feature groups of the entitlement for '{stored.FeatureId}' are "
                + $"'{string.Join("', '", stored.FeatureGroupIds)}' and cannot be changed here; "
                + "add, unlink or remove a feature group.");
        }
    }

    /// <summary>The draft's entitlements with the rows applied and every member of the groups among them.</summary>
    private static IReadOnlyList<PackageEntitlement> Configure(
        Findings findings, PackageVersion draft, IReadOnlyList<FeatureGroup> groups,
        IReadOnlyList<EntitlementInput> rows, IReadOnlyDictionary<FeatureId, Feature> features, Instant now)
    {
        var after = draft;
        for (var i = 0; i < rows.Count; i++)
        {
            var id = rows[i].FeatureId;
            if (groups.All(group => !group.FeatureIds.Contains(id)))
            {
                findings.Add(ErrorCode.FeatureNotBelongToFeatureGroupError, $"entitlements[{i}].id",
                    $"Feature '{id}' is not a member of '{string.Join("', '", groups.Select(g => g.Id))}'; "
                    + "leave it out.");
            }
            else if (rows.Take(i).Any(row => row.FeatureId == id))
                findings.Bad($"entitlements[{i}].id", $"Feature '{id}' is listed twice; list it once.");
            else if (Applied(after, rows[i], features, now).TryGet(out var entitlements, out var refusal))
                after = after with { Entitlements = entitlements };
            else
                Include(findings, i, refusal);
        }

        var held = after.Entitlements.Select(e => e.FeatureId).Concat(rows.Select(row => row.FeatureId)).ToHashSet();
        var missing = groups.SelectMany(group => group.FeatureIds).Distinct().Where(id => !held.Contains(id)).ToList();
        if (missing.Count > 0)
        {
            findings.Add(ErrorCode.FeatureGroupMissingFeaturesError, "entitlements",
                $"'{draft.Id}' has no entitlement for the members '{string.Join("', '", missing)}'; "
                + "give their values.");
        }

        return after.Entitlements;
    }

    private static Result<IReadOnlyList<PackageEntitlement>> Applied(
        PackageVersion draft, EntitlementInput row, IReadOnlyDictionary<FeatureId, Feature> features, Instant now)
    {
        if (draft.Entitlements.FirstOrDefault(e => e.FeatureId == row.FeatureId) is not { } stored)
        {
            return EntitlementRules.Add(draft, [row], features, now).Map<IReadOnlyList<PackageEntitlement>>(
                all => [.. all.SkipLast(1), all[^1] with { IsFromGroups = true }]);
        }

        return EntitlementRules.Update(draft, stored, row, features[row.FeatureId], now)
            .Map<IReadOnlyList<PackageEntitlement>>(
                updated => [.. draft.Entitlements.Select(e => e == stored ? updated : e)]);
    }

    private static void Include(Findings findings, int index, Refusal refusal)
    {
        foreach (var fault in refusal.Fields)
            findings.Add(refusal.Code, $"entitlements[{index}].{fault.Path}", fault.Message);
    }

    /// <summary>The groups it had, as far as it is a member still, then those it came into.</summary>
    private static IReadOnlyList<string> TagsOf(PackageEntitlement entitlement, IReadOnlyList<FeatureGroup> groups)
    {
        var now =
            groups.Where(group => group.FeatureIds.Contains(entitlement.FeatureId)).Select(group => group.Id).ToList();
        return [.. entitlement.FeatureGroupIds.Where(now.Contains), .. now.Except(entitlement.FeatureGroupIds)];
    }

    private static PackageEntitlement Without(PackageEntitlement entitlement, string groupId, Instant now) =>
        Tagged(entitlement, [.. entitlement.FeatureGroupIds.Where(id => id != groupId)], now);

    private static PackageEntitlement Tagged(PackageEntitlement entitlement, IReadOnlyList<string> tags, Instant now) =>
        ContentEquality.Same(entitlement.FeatureGroupIds, tags)
            ? entitlement
            : entitlement with { FeatureGroupIds = tags, UpdatedAt = now };

    private static bool IsProvided(PackageEntitlement entitlement) =>
        !entitlement.IsFromGroups || entitlement.FeatureGroupIds.Count > 0;

    private static Refusal? NotUsed(PackageVersion draft, string groupId) =>
        draft.Entitlements.Any(e => e.FeatureGroupIds.Contains(groupId))
            ? null
            : new(ErrorCode.FeatureGroupNotFoundError,
                $"The draft of '{draft.Id}' does not use a feature group '{groupId}'; name one that it uses.");

    private static Result<IReadOnlyList<PackageEntitlement>> Ok(IEnumerable<PackageEntitlement> entitlements) =>
        Result<IReadOnlyList<PackageEntitlement>>.Ok([.. entitlements]);
}
