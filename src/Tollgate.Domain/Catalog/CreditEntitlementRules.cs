using NodaTime;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>What credit entitlements of packages may say (spec credits 8 and 8.3).</summary>
public static class CreditEntitlementRules
{
    /// <summary>
    /// Adds a row to the end of a draft; its currency must not be on the package yet. That the currency exists and is
    /// not archived is the caller's to check.
    /// </summary>
    /// <param name="draft">The draft.</param>
    /// <param name="row">What is asked for.</param>
    /// <param name="path">Where the row stands in the request, such as <c>entitlements[2].</c>.</param>
    /// <param name="features">Every feature named that exists.</param>
    /// <param name="now">The time of the call.</param>
    public static Result<IReadOnlyList<PackageCreditEntitlement>> Add(
        PackageVersion draft, CreditEntitlementInput row, string path, IReadOnlyDictionary<FeatureId, Feature> features,
        Instant now)
    {
        var findings = new Findings();
        if (draft.CreditEntitlements.Any(e => e.CurrencyId == row.CurrencyId))
        {
            findings.Add(ErrorCode.DuplicatedEntityNotAllowed, path + "id",
                $"'{draft.Id}' has an entitlement for credits '{row.CurrencyId}' already; update that one.");
        }

        var blank = new PackageCreditEntitlement
        {
            CurrencyId = row.CurrencyId,
            Order = EntitlementRow.NextOrder(draft),
            CreatedAt = now,
            UpdatedAt = now,
        };
        var added = Merge(findings, path, blank, row, features, draft);
        return findings.ToRefusal() is { } refusal
            ? refusal
            : Result<IReadOnlyList<PackageCreditEntitlement>>.Ok([.. draft.CreditEntitlements, added]);
    }

    /// <summary>Patches one row of a draft: absent fields stay. Sending what is stored changes nothing.</summary>
    public static Result<PackageCreditEntitlement> Update(
        PackageVersion draft, PackageCreditEntitlement stored, CreditEntitlementInput row,
        IReadOnlyDictionary<FeatureId, Feature> features, Instant now) =>
        Update(draft, stored, row, features, now, path: "");

    internal static Result<PackageCreditEntitlement> Update(
        PackageVersion draft, PackageCreditEntitlement stored, CreditEntitlementInput row,
        IReadOnlyDictionary<FeatureId, Feature> features, Instant now, string path)
    {
        var findings = new Findings();
        var merged = Merge(findings, path, stored, row, features, draft);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        return PackageContent.Same(stored, merged) ? stored : merged with { UpdatedAt = now };
    }

    /// <summary>
    /// What stands in the way of publishing: an amount per unit of a feature needs a finite number of units on the
    /// package itself, a limit or committed units (spec credits 8.3).
    /// </summary>
    public static Refusal? CheckPublished(PackageVersion draft)
    {
        var findings = new Findings();
        foreach (var row in draft.CreditEntitlements)
        {
            if (row is not { IsGranted: true, DependencyFeatureId: { } feature } || IsCounted(draft, feature))
                continue;
            findings.Add(ErrorCode.InvalidArgumentError, "dependencyFeatureId",
                $"'{draft.Id}' grants credits '{row.CurrencyId}' per unit of '{feature}', but says nothing finite "
                + "about it; give the package an entitlement with usageLimit or a PER_UNIT charge for the feature.");
        }

        return findings.ToRefusal();
    }

    private static bool IsCounted(PackageVersion draft, FeatureId feature) =>
        draft.Charges.Any(c => c.Model == BillingModel.PerUnit && c.FeatureId == feature)
        || draft.Entitlements.Any(e => e.FeatureId == feature
            && e is { IsGranted: true, HasUnlimitedUsage: false } && (e.UsageLimit is not null || e.IsCustom));

    private static PackageCreditEntitlement Merge(
        Findings findings, string path, PackageCreditEntitlement stored, CreditEntitlementInput row,
        IReadOnlyDictionary<FeatureId, Feature> features, PackageVersion draft)
    {
        var merged = stored with
        {
            Amount = row.Amount.Or(stored.Amount),
            Cadence = row.Cadence.Or(stored.Cadence),
            Behavior = row.Behavior.Or(stored.Behavior),
            HasSoftLimit = row.HasSoftLimit.Or(stored.HasSoftLimit),
            DependencyFeatureId = row.DependencyFeatureId.Or(stored.DependencyFeatureId),
            IsCustom = row.IsCustom.Or(stored.IsCustom),
            IsGranted = row.IsGranted.Or(stored.IsGranted),
            DisplayNameOverride = row.DisplayNameOverride.Or(stored.DisplayNameOverride),
            Description = row.Description.Or(stored.Description),
            HiddenFromWidgets = row.HiddenFromWidgets.Or(stored.HiddenFromWidgets) ?? [],
            Order = row.Order.Or(stored.Order),
        };
        Check(findings, path, merged, draft);
        if (row.DependencyFeatureId is { IsGiven: true, Value: { } dependency })
            CheckDependency(findings, path + "dependencyFeatureId", dependency, features);
        return merged;
    }

    private static void Check(
        Findings findings, string path, PackageCreditEntitlement row, PackageVersion draft)
    {
        if (row.Behavior == EntitlementBehavior.Override && draft.Kind == PackageKind.Plan)
        {
            findings.Add(ErrorCode.CannotAddOverrideEntitlementToPlan, path + "behavior",
                $"'{draft.Id}' is a plan; Override is for add-ons. Use Increment or leave behavior out.");
        }

        if (row.IsCustom && draft.PricingType != PricingType.Custom)
        {
            findings.Bad(path + "isCustom",
                $"'{draft.Id}' is not of the pricing type CUSTOM, so the amount of '{row.CurrencyId}' cannot be left "
                + "to each subscription; give the amount.");
        }

        if (row is { Amount: null, IsCustom: false, IsGranted: true })
        {
            findings.Bad(path + "amount",
                $"The entitlement for credits '{row.CurrencyId}' has no amount; give one.");
        }

        if (row.Amount is { } amount)
            CreditAmounts.Check(findings, path + "amount", amount);
        TextLimits.Check(findings, path + "displayNameOverride", row.DisplayNameOverride);
        TextLimits.Check(findings, path + "description", row.Description);
    }

    private static void CheckDependency(
        Findings findings, string path, FeatureId id, IReadOnlyDictionary<FeatureId, Feature> features)
    {
        if (!features.TryGetValue(id, out var feature))
        {
            findings.Add(ErrorCode.FeatureNotFound, path, $"There is no feature '{id}'; create it first.");
        }
        else if (feature.IsArchived)
        {
            findings.Add(ErrorCode.EntityIsArchivedError, path,
                $"Feature '{id}' is archived and cannot be depended on anew; unarchive it first.");
        }
        else if (!feature.IsMetered)
        {
            findings.Add(ErrorCode.InvalidArgumentError, path,
                $"Feature '{id}' is not metered; name a metered feature whose units the amount is for.");
        }
    }
}
