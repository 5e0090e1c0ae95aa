using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>A value of one feature for one subscription as a request spells it; null fields keep the plan's.</summary>
public sealed record OverrideInput(FeatureId FeatureId)
{
    public decimal? UsageLimit { get; init; }
    public bool? HasUnlimitedUsage { get; init; }
    public bool? HasSoftLimit { get; init; }
    public ResetInput Reset { get; init; } = new();
    public IReadOnlyList<string>? EnumValues { get; init; }
}

/// <summary>Entitlement values given per subscription (spec subscriptions 3.6, catalog 8.3).</summary>
public static class Overrides
{
    /// <summary>
    /// The overrides a list gives: it replaces all stored ones; null keeps them. Features whose value the plan or an
    /// add-on leaves to each subscription must get one, except where nothing is asked for and the package is held
    /// already: a value that a later version leaves open waits for its list (spec catalog 8.3).
    /// </summary>
    /// <param name="findings">Receives what is wrong.</param>
    /// <param name="plan">The plan whose values are overridden.</param>
    /// <param name="addons">The add-on versions held beside it.</param>
    /// <param name="stored">The overrides held now; empty for a new subscription.</param>
    /// <param name="asked">The list of the request.</param>
    /// <param name="features">Every feature named that exists.</param>
    /// <param name="held">The record that is changed; null for what starts or lands on another plan.</param>
    public static IReadOnlyList<EntitlementOverride> Resolve(
        Findings findings, PlanFacts plan, IReadOnlyList<PackageVersion> addons,
        IReadOnlyList<EntitlementOverride> stored, IReadOnlyList<OverrideInput>? asked,
        IReadOnlyDictionary<FeatureId, Feature> features, HeldSubscription? held = null)
    {
        var result = asked is null ? stored : Read(findings, stored, plan, asked, features);
        var given = result.Where(HasValue).Select(o => o.FeatureId).ToHashSet();
        var isUnchanged = asked is null && held is not null;
        if (!isUnchanged)
            CheckGiven(findings, $"Plan '{plan.Version.Id}'", plan.Entitlements, given, features);
        foreach (var addon in addons.Where(a => !isUnchanged || !held!.Addons.ContainsKey(a.Id)))
            CheckGiven(findings, $"Add-on '{addon.Id}'", addon.Entitlements, given, features);
        return result;
    }

    private static void CheckGiven(
        Findings findings, string owner, IEnumerable<PackageEntitlement> entitlements, HashSet<FeatureId> given,
        IReadOnlyDictionary<FeatureId, Feature> features)
    {
        var missing = entitlements.Where(e => e is { IsCustom: true, IsGranted: true } && !given.Contains(e.FeatureId))
            .Where(e => !features.TryGetValue(e.FeatureId, out var f) || f.Type != FeatureType.Boolean)
            .Select(e => e.FeatureId.Value).ToList();
        if (missing.Count > 0)
        {
            findings.Bad("entitlements",
                $"{owner} leaves the value of '{string.Join("', '", missing)}' to each subscription; give them in "
                + "entitlements.");
        }
    }

    private static List<EntitlementOverride> Read(
        Findings findings, IReadOnlyList<EntitlementOverride> stored, PlanFacts plan,
            IReadOnlyList<OverrideInput> asked,
        IReadOnlyDictionary<FeatureId, Feature> features)
    {
        var held = stored.Select(o => o.FeatureId).ToHashSet();
        var result = new List<EntitlementOverride>();
        for (var i = 0; i < asked.Count; i++)
        {
            var input = asked[i];
            var path = $"entitlements[{i}].";
            if (!features.TryGetValue(input.FeatureId, out var feature))
            {
                findings.Add(ErrorCode.FeatureNotFound, path + "id", $"There is no feature '{input.FeatureId}'.");
                continue;
            }

            // A value that is there already may stay, whatever happened to its feature since.
            if (feature.IsArchived && !held.Contains(feature.Id))
            {
                findings.Add(ErrorCode.EntityIsArchivedError, path + "id",
                    $"Feature '{feature.Id}' is archived and cannot be given to a subscription; unarchive it first.");
                continue;
            }

            if (result.Exists(o => o.FeatureId == feature.Id))
            {
                findings.Add(ErrorCode.DuplicatedEntityNotAllowed, path + "id",
                    $"Feature '{feature.Id}' is listed twice in entitlements; list it once.");
                continue;
            }

            var planReset = plan.Entitlements.FirstOrDefault(e => e.FeatureId == feature.Id)?.Reset;
            var reset = input.Reset.IsGiven ? input.Reset.Resolve(findings, path, planReset) : null;
            EntitlementRules.CheckValues(findings, path, feature, new(
                input.UsageLimit, input.HasUnlimitedUsage ?? false, reset, input.EnumValues));
            result.Add(new(feature.Id)
            {
                UsageLimit = input.UsageLimit,
                HasUnlimitedUsage = input.HasUnlimitedUsage,
                HasSoftLimit = input.HasSoftLimit,
                Reset = reset,
                EnumValues = input.EnumValues,
            });
        }

        return result;
    }

    internal static bool HasValue(EntitlementOverride value) =>
        value.UsageLimit is not null || value.HasUnlimitedUsage == true || value.EnumValues is not null;
}
