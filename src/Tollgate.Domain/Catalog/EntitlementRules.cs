using NodaTime;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>What package entitlements may say, per feature type (spec catalog 8.1 to 8.4).</summary>
public static class EntitlementRules
{
    /// <summary>
    /// Adds entitlements to a draft, all or none; a row's feature must be live, known and not yet on the package. New
    /// rows go to
    /// the end. <paramref name="features"/> holds every feature named that exists, <paramref name="path"/> says where a
    /// single row stands in the request.
    /// </summary>
    public static Result<IReadOnlyList<PackageEntitlement>> Add(
        PackageVersion draft, IReadOnlyList<EntitlementInput> rows, IReadOnlyDictionary<FeatureId, Feature> features,
        Instant now, string? path = null)
    {
        var findings = new Findings();
        var held = draft.Entitlements.Select(e => e.FeatureId).ToHashSet();
        var order = EntitlementRow.NextOrder(draft);
        var added = new List<PackageEntitlement>();
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            var at = rows.Count == 1 ? path ?? "" : $"entitlements[{i}].";
            if (!features.TryGetValue(row.FeatureId, out var feature))
            {
                findings.Add(ErrorCode.FeatureNotFound, at + "id",
                    $"There is no feature '{row.FeatureId}'; create it first.");
                continue;
            }

            if (feature.IsArchived)
            {
                findings.Add(ErrorCode.EntityIsArchivedError, at + "id",
                    $"Feature '{row.FeatureId}' is archived and cannot be granted anew; unarchive it first.");
                continue;
            }

            if (!held.Add(row.FeatureId))
            {
                findings.Add(ErrorCode.DuplicatedEntityNotAllowed, at + "id",
                    $"'{draft.Id}' has an entitlement for feature '{row.FeatureId}' already; update that one.");
                continue;
            }

            var blank = new PackageEntitlement
            {
                FeatureId = row.FeatureId,
                Order = order++,
                CreatedAt = now,
                UpdatedAt = now,
            };
            added.Add(Merge(findings, at, blank, row, feature, draft));
        }

        return findings.ToRefusal() is { } refusal
            ? refusal
            : Result<IReadOnlyList<PackageEntitlement>>.Ok([.. draft.Entitlements, .. added]);
    }

    /// <summary>
    /// Patches one entitlement of a draft: absent fields stay, a limit clears "unlimited" and the reverse, a reset
    /// period brings
    /// its own configuration. Sending what is stored changes nothing, the time of the last change included.
    /// </summary>
    public static Result<PackageEntitlement> Update(
        PackageVersion draft, PackageEntitlement stored, EntitlementInput row, Feature feature, Instant now)
    {
        var findings = new Findings();
        var merged = Merge(findings, "", stored, row, feature, draft);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        return PackageContent.Same(stored, merged) ? stored : merged with { UpdatedAt = now };
    }

    private static PackageEntitlement Merge(
        Findings findings, string path, PackageEntitlement stored, EntitlementInput row, Feature feature,
        PackageVersion draft)
    {
        var limit = row.UsageLimit.Or(stored.UsageLimit);
        var unlimited = row.HasUnlimitedUsage.Or(stored.HasUnlimitedUsage);
        if (row.UsageLimit is { IsGiven: true, Value: not null } && !row.HasUnlimitedUsage.IsGiven)
            unlimited = false;
        if (row.HasUnlimitedUsage is { IsGiven: true, Value: true } && !row.UsageLimit.IsGiven)
            limit = null;
        var merged = stored with
        {
            IsGranted = row.IsGranted.Or(stored.IsGranted),
            UsageLimit = limit,
            HasUnlimitedUsage = unlimited,
            HasSoftLimit = row.HasSoftLimit.Or(stored.HasSoftLimit) && feature.IsMetered,
            Reset = row.Reset.Resolve(findings, path, stored.Reset),
            EnumValues = row.EnumValues.Or(stored.EnumValues),
            Behavior = row.Behavior.Or(stored.Behavior),
            IsCustom = row.IsCustom.Or(stored.IsCustom),
            DisplayNameOverride = row.DisplayNameOverride.Or(stored.DisplayNameOverride),
            Description = row.Description.Or(stored.Description),
            HiddenFromWidgets = row.HiddenFromWidgets.Or(stored.HiddenFromWidgets) ?? [],
            Order = row.Order.Or(stored.Order),
        };
        if (row.FeatureGroupIds.IsGiven)
            GroupedEntitlements.CheckTags(findings, path, row.FeatureGroupIds.Value, stored);
        Check(findings, path, merged, feature, draft);
        return merged;
    }

    private static void Check(
        Findings findings, string path, PackageEntitlement entitlement, Feature feature, PackageVersion draft)
    {
        if (entitlement.Behavior == EntitlementBehavior.Override && draft.Kind == PackageKind.Plan)
        {
            findings.Add(ErrorCode.CannotAddOverrideEntitlementToPlan, path + "behavior",
                $"'{draft.Id}' is a plan; Override is for add-ons. Use Increment or leave behavior out.");
        }

        if (entitlement.IsCustom && draft.PricingType != PricingType.Custom)
        {
            findings.Bad(path + "isCustom",
                $"'{draft.Id}' is not of the pricing type CUSTOM, so the value of '{feature.Id}' cannot be left to "
                + "each subscription; give the value.");
        }

        TextLimits.Check(findings, path + "displayNameOverride", entitlement.DisplayNameOverride);
        TextLimits.Check(findings, path + "description", entitlement.Description);
        if (entitlement is { IsGranted: true, IsCustom: false })
            CheckHasValue(findings, path, entitlement, feature);
        CheckValues(findings, path, feature, new(
            entitlement.UsageLimit, entitlement.HasUnlimitedUsage, entitlement.Reset, entitlement.EnumValues));
    }

    private static void CheckHasValue(Findings findings, string path, PackageEntitlement entitlement, Feature feature)
    {
        if (feature.Type == FeatureType.Number && entitlement is { UsageLimit: null, HasUnlimitedUsage: false })
        {
            findings.Bad(path + "usageLimit",
                $"The entitlement for '{feature.Id}' has no value; give usageLimit or hasUnlimitedUsage: true.");
        }

        if (feature.Type == FeatureType.Enum && entitlement.EnumValues is null)
        {
            findings.Bad(path + "enumValues",
                $"The entitlement for '{feature.Id}' has no value; list at least one of the feature's values.");
        }
    }

    /// <summary>The value part that package entitlements and subscription overrides share.</summary>
    internal readonly record struct Values(
        decimal? UsageLimit, bool HasUnlimitedUsage, ResetRule? Reset, IReadOnlyList<string>? EnumValues);

    /// <summary>Adds every value that the feature's type forbids (spec catalog 8.2).</summary>
    internal static void CheckValues(Findings findings, string path, Feature feature, Values values)
    {
        var isNumber = feature.Type == FeatureType.Number;
        var kind = feature.Type.ToString().ToUpperInvariant();
        if (!isNumber && values.UsageLimit is not null)
            findings.Bad(path + "usageLimit", $"'{feature.Id}' is {kind} and takes no limit; remove usageLimit.");
        if (!isNumber && values.HasUnlimitedUsage)
            findings.Bad(path + "hasUnlimitedUsage", $"'{feature.Id}' is {kind} and takes no limit; remove it.");
        if (!isNumber && values.Reset is not null)
            findings.Bad(path + "resetPeriod", $"'{feature.Id}' is {kind} and has no usage to reset; remove it.");
        if (isNumber && !feature.IsMetered && values.Reset is not null)
        {
            findings.Add(ErrorCode.InvalidEntitlementResetPeriod, path + "resetPeriod",
                $"'{feature.Id}' is a configuration value without usage, so nothing resets; remove resetPeriod.");
        }

        if (values.UsageLimit is < 0)
            findings.Bad(path + "usageLimit", $"usageLimit is {values.UsageLimit}; give 0 or more.");
        if (values is { UsageLimit: not null, HasUnlimitedUsage: true })
            findings.Bad(path + "hasUnlimitedUsage", "usageLimit and hasUnlimitedUsage exclude each other; send one.");
        CheckEnumValues(findings, path + "enumValues", feature, values.EnumValues);
    }

    private static void CheckEnumValues(
        Findings findings, string path, Feature feature, IReadOnlyList<string>? values)
    {
        if (values is null)
            return;
        if (feature.Type != FeatureType.Enum)
        {
            findings.Bad(path, $"'{feature.Id}' is not ENUM; remove enumValues.");
            return;
        }

        if (values.Count == 0)
            findings.Bad(path, $"enumValues is empty; list at least one value of '{feature.Id}'.");
        var known = feature.EnumConfiguration?.Select(v => v.Value).ToHashSet() ?? [];
        foreach (var unknown in values.Where(v => !known.Contains(v)))
        {
            findings.Bad(path, $"'{unknown}' is not a value of '{feature.Id}'; it has '{string.Join("', '", known)}'.");
        }
    }
}
