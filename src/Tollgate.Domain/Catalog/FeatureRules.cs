using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Catalog;

/// <summary>What a caller sends to create a feature; id, type and meter type are fixed from then on.</summary>
public sealed record FeatureDraft
{
    public required FeatureId Id { get; init; }
    public required string DisplayName { get; init; }
    public required FeatureType Type { get; init; }

    /// <summary>Null: NONE, which makes a NUMBER feature a plain configuration value.</summary>
    public MeterType? MeterType { get; init; }
    public FeatureStatus Status { get; init; } = FeatureStatus.Active;
    public string? Description { get; init; }
    public string? Units { get; init; }
    public string? UnitsPlural { get; init; }
    public IReadOnlyList<EnumValue>? EnumConfiguration { get; init; }
    public UnitTransformation? UnitTransformation { get; init; }
    public Meter? Meter { get; init; }
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

/// <summary>A partial update: absent = unchanged, null = cleared.</summary>
public sealed record FeatureEdit
{
    public Optional<string> DisplayName { get; init; }
    public Optional<string> Description { get; init; }
    public Optional<string> Units { get; init; }
    public Optional<string> UnitsPlural { get; init; }
    public Optional<IReadOnlyList<EnumValue>> EnumConfiguration { get; init; }
    public Optional<UnitTransformation> UnitTransformation { get; init; }
    public Optional<Meter> Meter { get; init; }
    public Optional<IReadOnlyDictionary<string, string>> Metadata { get; init; }
}

/// <summary>How the feature is used at present; loaded by the caller.</summary>
/// <param name="UsedEnumValues">Values that a plan, an add-on or a live promotional grant names.</param>
/// <param name="UsedByActiveSubscription">A live subscription holds the feature.</param>
/// <param name="InLatestPackage">A latest or draft plan or add-on, or a published feature group, contains it.</param>
public sealed record FeatureUse(
    IReadOnlySet<string> UsedEnumValues, bool UsedByActiveSubscription, bool InLatestPackage);

/// <summary>Creating, changing and archiving features (spec catalog 1.3 to 1.6 and 13).</summary>
public static class FeatureRules
{
    /// <summary>Of unit transformations: what comes of the largest usage can still be priced.</summary>
    private const decimal SmallestDivisor = 0.000001m;
    private const decimal LargestDivisor = 1_000_000_000_000m;

    public static Result<Change<Feature>> Create(FeatureDraft draft, bool idIsTaken, Guid uid, Instant now)
    {
        var feature = new Feature
        {
            Uid = uid,
            Id = draft.Id,
            DisplayName = draft.DisplayName,
            Description = draft.Description,
            Type = draft.Type,
            MeterType = draft.MeterType ?? MeterType.None,
            Status = draft.Status,
            StatusBeforeArchive = FeatureStatus.Active,
            Units = draft.Units,
            UnitsPlural = draft.UnitsPlural,
            EnumConfiguration = draft.Type == FeatureType.Enum ? draft.EnumConfiguration : null,
            UnitTransformation = draft.UnitTransformation,
            Meter = draft.Meter,
            Metadata = draft.Metadata ?? Metadata.Empty,
            CreatedAt = now,
            UpdatedAt = now,
        };
        var findings = new Findings();
        PublicId.Check(findings, "id", draft.Id.Value);
        if (draft.Type != FeatureType.Enum && draft.EnumConfiguration is not null)
        {
            findings.Bad("enumConfiguration", $"Only an ENUM feature has values, '{draft.Id}' is not one; "
                + "remove the list.");
        }

        CheckContent(findings, feature);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        if (idIsTaken)
        {
            return new Refusal(ErrorCode.DuplicatedEntityNotAllowed,
                $"A feature with the id '{draft.Id}' exists already (archived ones keep their id); choose another id.");
        }

        return Changed(EventType.FeatureCreated, null, feature);
    }

    public static Result<Change<Feature>> Update(Feature feature, FeatureEdit edit, FeatureUse use, Instant now)
    {
        if (feature.IsArchived)
        {
            return new Refusal(ErrorCode.EntityIsArchivedError,
                $"Feature '{feature.Id}' is archived; unarchive it before changing it.");
        }

        var findings = new Findings();
        if (edit.EnumConfiguration is { IsGiven: true, Value: not null } && feature.Type != FeatureType.Enum)
            findings.Bad("enumConfiguration", $"Only an ENUM feature has values, '{feature.Id}' is not one.");
        var updated = feature with
        {
            DisplayName = edit.DisplayName.Or(feature.DisplayName) ?? "",
            Description = edit.Description.Or(feature.Description),
            Units = edit.Units.Or(feature.Units),
            UnitsPlural = edit.UnitsPlural.Or(feature.UnitsPlural),
            EnumConfiguration = feature.Type == FeatureType.Enum
                ? edit.EnumConfiguration.Or(feature.EnumConfiguration)
                : null,
            UnitTransformation = edit.UnitTransformation.Or(feature.UnitTransformation),
            Meter = edit.Meter.Or(feature.Meter),
            Metadata = edit.Metadata.Or(feature.Metadata) ?? Metadata.Empty,
        };
        CheckContent(findings, updated);
        if (findings.ToRefusal() is { } refusal)
            return refusal;

        var kept = updated.EnumConfiguration?.Select(v => v.Value).ToHashSet() ?? [];
        var removedInUse = use.UsedEnumValues.Where(v => !kept.Contains(v)).Order().ToList();
        if (feature.Type == FeatureType.Enum && removedInUse.Count > 0)
        {
            return new Refusal(ErrorCode.IntegrityViolation,
                $"The values '{string.Join("', '", removedInUse)}' of feature '{feature.Id}' are used by plans, "
                + "add-ons or promotional grants; remove them there first.");
        }

        if (use.UsedByActiveSubscription && updated.UnitTransformation != feature.UnitTransformation)
        {
            return new Refusal(ErrorCode.CannotUpdateUnitTransformationError,
                $"Active subscriptions use feature '{feature.Id}', so its unit transformation is fixed; "
                + "create another feature with the new transformation.");
        }

        return Same(feature, updated)
            ? Change<Feature>.None(feature)
            : Changed(EventType.FeatureUpdated, feature, updated with { UpdatedAt = now });
    }

    /// <summary>Archiving an archived feature changes nothing.</summary>
    public static Result<Change<Feature>> Archive(Feature feature, FeatureUse use, Instant now)
    {
        if (feature.IsArchived)
            return Change<Feature>.None(feature);
        if (use.InLatestPackage)
        {
            return new Refusal(ErrorCode.CannotArchiveFeatureError,
                $"Feature '{feature.Id}' is part of a plan, an add-on or a feature group; "
                + "take it out there and publish first.");
        }

        return Changed(EventType.FeatureArchived, feature, feature with
        {
            Status = FeatureStatus.Suspended,
            StatusBeforeArchive = feature.Status,
            UpdatedAt = now,
        });
    }

    /// <summary>Returns the feature to the status it had; a live one stays as it is.</summary>
    public static Result<Change<Feature>> Unarchive(Feature feature, Instant now) => feature.IsArchived
        ? Changed(EventType.FeatureUnarchived, feature, feature with
        {
            Status = feature.StatusBeforeArchive,
            UpdatedAt = now,
        })
        : Change<Feature>.None(feature);

    /// <summary>A feature that nothing ever named goes for good and frees its id (spec catalog 13).</summary>
    /// <param name="feature">The feature, archived or not.</param>
    /// <param name="wasUsed">
    /// An entitlement, a price, a feature group, a grant or a report of usage named it at any time.
    /// </param>
    public static Result<Change<Feature>> Delete(Feature feature, bool wasUsed)
    {
        if (wasUsed)
        {
            return new Refusal(ErrorCode.CannotDeleteFeatureError,
                $"Feature '{feature.Id}' is or was used by plans, add-ons, groups, grants or usage and stays for "
                + "their history; archive it instead.")
            {
                Details = new Dictionary<string, string> { ["refId"] = feature.Id.Value },
            };
        }

        return new Change<Feature>(
            feature, [new(EventType.FeatureDeleted, EntityKind.Feature, feature.Id.Value, null, feature, null)]);
    }

    private static void CheckContent(Findings findings, Feature feature)
    {
        TextLimits.CheckRequired(findings, "displayName", feature.DisplayName);
        TextLimits.Check(findings, "description", feature.Description);
        TextLimits.Check(findings, "featureUnits", feature.Units);
        TextLimits.Check(findings, "featureUnitsPlural", feature.UnitsPlural);
        if (feature.Type == FeatureType.Enum)
            CheckEnumConfiguration(findings, feature.EnumConfiguration);
        findings.Include(Metadata.Check(feature.Metadata));
        MeterRules.Check(findings, feature);
        if (feature.UnitTransformation is { } transformation)
            CheckTransformation(findings, feature, transformation);
    }

    private static void CheckEnumConfiguration(Findings findings, IReadOnlyList<EnumValue>? values)
    {
        if (values is null || values.Count is 0 or > 255)
        {
            findings.Bad("enumConfiguration",
                $"An ENUM feature needs 1 to 255 values in enumConfiguration; {values?.Count ?? 0} were given.");
            return;
        }

        for (var i = 0; i < values.Count; i++)
        {
            TextLimits.CheckRequired(findings, $"enumConfiguration[{i}].value", values[i].Value);
            TextLimits.CheckRequired(findings, $"enumConfiguration[{i}].displayName", values[i].DisplayName);
        }

        foreach (var twice in values.GroupBy(v => v.Value).Where(g => g.Count() > 1))
        {
            findings.Bad("enumConfiguration", $"The value '{twice.Key}' is listed {twice.Count()} times; "
                + "list it once.");
        }
    }

    private static void CheckTransformation(Findings findings, Feature feature, UnitTransformation transformation)
    {
        const string path = "unitTransformation";
        if (!feature.IsMetered)
        {
            findings.Add(ErrorCode.InvalidArgumentError, path,
                $"Feature '{feature.Id}' is not metered, so it has no usage to transform; remove unitTransformation.");
        }

        if (transformation.Divide is < SmallestDivisor or > LargestDivisor)
        {
            findings.Add(ErrorCode.InvalidArgumentError, path + ".divide",
                $"unitTransformation.divide is {transformation.Divide}; give a number above 0, from {SmallestDivisor} "
                + $"to {LargestDivisor}.");
        }

        TextLimits.Check(findings, path + ".featureUnits", transformation.Units);
        TextLimits.Check(findings, path + ".featureUnitsPlural", transformation.UnitsPlural);
    }

    private static bool Same(Feature a, Feature b) =>
        ContentEquality.Same(a.EnumConfiguration, b.EnumConfiguration)
        && ContentEquality.Same(a.Metadata, b.Metadata)
        && MeterRules.Same(a.Meter, b.Meter)
        && a with { EnumConfiguration = b.EnumConfiguration, Metadata = b.Metadata, Meter = b.Meter } == b;

    private static Change<Feature> Changed(EventType type, Feature? before, Feature after) =>
        new(after, [new(type, EntityKind.Feature, after.Id.Value, null, before, after)]);
}
