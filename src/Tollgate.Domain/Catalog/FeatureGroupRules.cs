using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Catalog;

/// <summary>What a caller sends to create a feature group; the id is fixed from then on.</summary>
public sealed record FeatureGroupDraft(string Id, string DisplayName, IReadOnlyList<FeatureId> FeatureIds)
{
    public string? Description { get; init; }
}

/// <summary>A partial update: absent = unchanged. The member list is replaced as a whole.</summary>
public sealed record FeatureGroupEdit
{
    public Optional<string> DisplayName { get; init; }
    public Optional<string> Description { get; init; }
    public IReadOnlyList<FeatureId>? FeatureIds { get; init; }
}

/// <summary>Creating, changing and archiving feature groups (spec catalog 2).</summary>
public static class FeatureGroupRules
{
    public const int MaxFeatures = 255;

    /// <param name="draft">The group as asked for.</param>
    /// <param name="features">The features that it names, as far as they exist.</param>
    /// <param name="idIsTaken">A group of that id exists, archived or not.</param>
    /// <param name="uid">The new row's.</param>
    /// <param name="now">The time of the call.</param>
    public static Result<Change<FeatureGroup>> Create(
        FeatureGroupDraft draft, IReadOnlyDictionary<FeatureId, Feature> features, bool idIsTaken, Guid uid,
        Instant now)
    {
        var group = new FeatureGroup
        {
            Uid = uid,
            Id = draft.Id,
            DisplayName = draft.DisplayName,
            Description = draft.Description,
            FeatureIds = draft.FeatureIds,
            Version = 1,
            CreatedAt = now,
            UpdatedAt = now,
        };
        var findings = new Findings();
        PublicId.Check(findings, "id", draft.Id);
        CheckTexts(findings, group);
        CheckMembers(findings, group.Id, group.FeatureIds, features);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        if (idIsTaken)
        {
            return new Refusal(ErrorCode.DuplicatedEntityNotAllowed,
                $"A feature group with the id '{draft.Id}' exists already (archived ones keep their id); "
                + "choose another id.");
        }

        return Changed(EventType.FeatureGroupCreated, null, group);
    }

    /// <summary>A change of the members is the next version; their order alone is none.</summary>
    public static Result<Change<FeatureGroup>> Update(
        FeatureGroup group, FeatureGroupEdit edit, IReadOnlyDictionary<FeatureId, Feature> features, Instant now)
    {
        if (group.IsArchived)
        {
            return new Refusal(ErrorCode.EntityIsArchivedError,
                $"Feature group '{group.Id}' is archived; unarchive it before changing it.");
        }

        var findings = new Findings();
        if (edit.FeatureIds is { } members)
            CheckMembers(findings, group.Id, members, features);
        var updated = group with
        {
            DisplayName = edit.DisplayName.Or(group.DisplayName) ?? "",
            Description = edit.Description.Or(group.Description),
            FeatureIds = edit.FeatureIds ?? group.FeatureIds,
        };
        CheckTexts(findings, updated);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        if (ContentEquality.Same(group.FeatureIds, updated.FeatureIds)
            && group == updated with { FeatureIds = group.FeatureIds })
        {
            return Change<FeatureGroup>.None(group);
        }

        var changesMembers = !group.FeatureIds.ToHashSet().SetEquals(updated.FeatureIds);
        return Changed(EventType.FeatureGroupUpdated, group, updated with
        {
            Version = changesMembers ? group.Version + 1 : group.Version,
            UpdatedAt = now,
        });
    }

    /// <summary>Archiving twice changes nothing.</summary>
    /// <param name="group">The group.</param>
    /// <param name="usedBy">The ids of plans and add-ons whose published version or draft uses it.</param>
    /// <param name="now">The time of the call.</param>
    public static Result<Change<FeatureGroup>> Archive(
        FeatureGroup group, IReadOnlyCollection<PackageId> usedBy, Instant now)
    {
        if (group.IsArchived)
            return Change<FeatureGroup>.None(group);
        if (usedBy.Count > 0)
        {
            return new Refusal(ErrorCode.CannotArchiveFeatureGroupError,
                $"Feature group '{group.Id}' is used by '{string.Join("', '", usedBy)}'; "
                + "remove it there and publish first.");
        }

        return Changed(
            EventType.FeatureGroupArchived, group, group with { IsArchived = true, UpdatedAt = now });
    }

    /// <summary>A live group stays as it is; one with archived members waits for them.</summary>
    public static Result<Change<FeatureGroup>> Unarchive(
        FeatureGroup group, IReadOnlyDictionary<FeatureId, Feature> features, Instant now)
    {
        if (!group.IsArchived)
            return Change<FeatureGroup>.None(group);
        var archived = group.FeatureIds.Where(id => features.GetValueOrDefault(id)?.IsArchived == true).ToList();
        if (archived.Count > 0)
        {
            return new Refusal(ErrorCode.EntityIsArchivedError,
                $"The features '{string.Join("', '", archived)}' of group '{group.Id}' are archived; "
                + "unarchive them first.");
        }

        return Changed(
            EventType.FeatureGroupUnArchived, group, group with { IsArchived = false, UpdatedAt = now });
    }

    private static void CheckTexts(Findings findings, FeatureGroup group)
    {
        TextLimits.CheckRequired(findings, "displayName", group.DisplayName);
        TextLimits.Check(findings, "description", group.Description);
    }

    private static void CheckMembers(
        Findings findings, string group, IReadOnlyList<FeatureId> members,
        IReadOnlyDictionary<FeatureId, Feature> features)
    {
        const string path = "featureIds";
        if (members.Count == 0)
        {
            findings.Add(ErrorCode.FeatureGroupMissingFeaturesError, path,
                $"Feature group '{group}' would have no features; name at least one.");
        }

        if (members.Count > MaxFeatures)
            findings.Bad(path, $"{path} names {members.Count} features; at most {MaxFeatures} are allowed.");
        for (var i = 0; i < members.Count; i++)
        {
            var id = members[i];
            if (members.Take(i).Contains(id))
                findings.Bad($"{path}[{i}]", $"Feature '{id}' is listed twice; list it once.");
            else if (!features.TryGetValue(id, out var feature))
            {
                findings.Add(ErrorCode.FeatureNotFound, $"{path}[{i}]",
                    $"There is no feature '{id}'; create it first.");
            }
            else if (feature.IsArchived)
            {
                findings.Add(ErrorCode.EntityIsArchivedError, $"{path}[{i}]",
                    $"Feature '{id}' is archived and cannot be grouped; unarchive it first.");
            }
        }
    }

    private static Change<FeatureGroup> Changed(EventType type, FeatureGroup? before, FeatureGroup after) =>
        new(after, [new(type, EntityKind.FeatureGroup, after.Id, null, before, after)]);
}
