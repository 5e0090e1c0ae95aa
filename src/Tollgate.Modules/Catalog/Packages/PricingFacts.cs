using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Catalog.CreditCurrencies;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>Looks up what a change of a draft names, and turns its pricing into charges (spec catalog 9).</summary>
internal sealed class PricingFacts
{
    private readonly FeatureStore _features = new();
    private readonly CustomCurrencyStore _currencies = new();

    public async Task<Result<PackageEdit>> ResolveAsync(
        Session session, OperationScope scope, CurrentPackages packages, PackageVersion draft, PackageUpdate update)
    {
        var findings = new Findings();
        CheckAddons(findings, packages, draft, update);
        if (update.Pricing is not { } pricing)
            return findings.ToRefusal() is { } missing ? missing : update.Content;
        var currencies = NamedCurrencies("charges.pricingModels", "topUpCustomCurrencyId", pricing.Models)
            .Concat(NamedCurrencies("charges.overagePricingModels", "currencyId", pricing.OverageModels));
        findings.Include(await CheckCurrenciesAsync(session, scope.EnvironmentId, currencies));
        var named = pricing.Models.Concat(pricing.OverageModels).Select(model => model.FeatureId).OfType<FeatureId>()
            .Concat(update.OverageAllowances.Select(allowance => allowance.FeatureId));
        var features = await FeaturesAsync(session, scope.EnvironmentId, named);
        var expanded = ChargeRules.Expand(pricing, features, Guid.CreateVersion7, scope.Now);
        findings.Include(expanded.Refusal);
        var entitlements = Allow(findings, draft, Allowances(draft, update), features, scope.Now);
        var allowed = draft with { Entitlements = entitlements };
        allowed = allowed with
        {
            CreditEntitlements = OverageCreditRules.Allow(
                findings, allowed, pricing, update.OverageCredits, features, scope.Now),
        };
        if (!findings.Any)
            CheckIncluded(findings, packages.Plans, allowed, update);
        return findings.ToRefusal() is { } refusal
            ? refusal
            : update.Content with
            {
                Pricing = expanded.Value,
                Entitlements = entitlements,
                CreditEntitlements = allowed.CreditEntitlements,
            };
    }

    /// <summary>
    /// What the overages include; one that says nothing makes the limit soft that the draft has (spec catalog 9.7).
    /// </summary>
    private static List<EntitlementInput> Allowances(PackageVersion draft, PackageUpdate update)
    {
        var stated = update.OverageAllowances.Select(allowance => allowance.FeatureId).ToHashSet();
        var limited = draft.Entitlements.Where(e => e.UsageLimit is not null).Select(e => e.FeatureId).ToHashSet();
        return
        [
            .. update.OverageAllowances,
            .. (update.Pricing?.OverageModels ?? []).Select(model => model.FeatureId).OfType<FeatureId>().Distinct()
                .Where(feature => limited.Contains(feature) && !stated.Contains(feature))
                .Select(feature => new EntitlementInput(feature) { HasSoftLimit = true }),
        ];
    }

    /// <summary>The entitlements of the draft with the quantities that overages include (spec catalog 9.7).</summary>
    private static IReadOnlyList<PackageEntitlement> Allow(
        Findings findings,
        PackageVersion draft,
        IReadOnlyList<EntitlementInput> allowances,
        IReadOnlyDictionary<FeatureId, Feature> features,
        Instant now)
    {
        var after = draft;
        foreach (var allowance in allowances)
        {
            var stored = after.Entitlements.FirstOrDefault(e => e.FeatureId == allowance.FeatureId);
            var entitlements = stored is not null && features.TryGetValue(allowance.FeatureId, out var feature)
                ? EntitlementRules.Update(after, stored, allowance, feature, now)
                    .Map<IReadOnlyList<PackageEntitlement>>(updated =>
                        [.. after.Entitlements.Select(e => e.FeatureId == updated.FeatureId ? updated : e)])
                : EntitlementRules.Add(after, [allowance], features, now);
            findings.Include(entitlements.Refusal);
            if (entitlements.Refusal is null)
                after = after with { Entitlements = entitlements.Value };
        }

        return after.Entitlements;
    }

    /// <summary>The features with these ids, as far as they exist.</summary>
    public async Task<IReadOnlyDictionary<FeatureId, Feature>> FeaturesAsync(
        Session session, EnvironmentId environment, IEnumerable<FeatureId> ids)
    {
        var wanted = ids.ToHashSet();
        return wanted.Count == 0
            ? new Dictionary<FeatureId, Feature>()
            : (await _features.ListAsync(session, environment)).Select(row => row.Value)
                .Where(feature => wanted.Contains(feature.Id)).ToDictionary(feature => feature.Id);
    }

    /// <summary>
    /// An overage needs a quantity that is included: a limit or credits, own or inherited, or a commitment
    /// (spec catalog 9.7).
    /// </summary>
    private static void CheckIncluded(
        Findings findings, PackageSet plans, PackageVersion draft, PackageUpdate update)
    {
        // What an add-on's overage goes beyond is included by the plan it is bought with.
        if (draft.Kind != PackageKind.Plan || update.Pricing is not { OverageModels: { Count: > 0 } overages } pricing)
            return;
        var basePlan = update.Content.BasePlanId.IsGiven ? update.Content.BasePlanId.Value : draft.BasePlan?.Id;
        var chain = new List<PackageVersion> { draft };
        while (basePlan is { } id && chain.TrueForAll(plan => plan.Id != id)
            && plans.Latest(id) is { } inherited)
        {
            chain.Add(inherited);
            basePlan = inherited.BasePlan?.Id;
        }

        OverageCreditRules.CheckIncluded(findings, chain, pricing);
        var included = chain.SelectMany(plan => plan.Entitlements)
            .Where(entitlement => entitlement.UsageLimit is not null).Select(entitlement => entitlement.FeatureId)
            .Concat(pricing.Models.Where(model => model.Model == BillingModel.PerUnit).Select(model => model.FeatureId)
                .OfType<FeatureId>())
            .ToHashSet();
        for (var m = 0; m < overages.Count; m++)
        {
            if (overages[m].FeatureId is { } feature && !included.Contains(feature))
            {
                findings.Bad($"charges.overagePricingModels[{m}].featureId",
                    $"Plan '{draft.Id}' includes no quantity of '{feature}' that an overage could go beyond; give it "
                    + "an entitlement with usageLimit, a PER_UNIT charge, or the entitlement of the overage itself.");
            }
        }
    }

    private static void CheckAddons(
        Findings findings, CurrentPackages packages, PackageVersion draft, PackageUpdate update)
    {
        var planned = draft with { PricingType = update.Pricing?.PricingType ?? draft.PricingType };
        AddonReferences.CheckCompatible(
            findings, planned, update.Content.CompatibleAddonIds.Or(null) ?? [], packages.Addons.Latest);
        CompatibleGroupRules.Check(
            findings, planned, update.Content.CompatibleGroups.Or(null) ?? [],
            id => packages.Groups.GetValueOrDefault(id));
        AddonReferences.CheckDependencies(
            findings, draft, update.Content.Dependencies.Or(null) ?? [], packages.Addons.Latest,
            packages.Addons.DependenciesOf);
    }

    /// <summary>Null when every currency named exists and is not archived.</summary>
    public async Task<Refusal?> CheckCurrenciesAsync(
        Session session, EnvironmentId environment, IEnumerable<KeyValuePair<string, CurrencyId>> named)
    {
        var findings = new Findings();
        foreach (var (path, id) in named)
        {
            switch (await _currencies.FindAsync(session, environment, id))
            {
                case null:
                    findings.Add(ErrorCode.CustomCurrencyNotFound, path,
                        $"There is no credit currency '{id}' in this environment; use one that exists.");
                    break;
                case { Value.IsArchived: true }:
                    findings.Add(ErrorCode.EntityIsArchivedError, path,
                        $"Credit currency '{id}' is archived; unarchive it before packages use it.");
                    break;
            }
        }

        return findings.ToRefusal();
    }

    /// <summary>What charges for credits and mappings name, by the field that names it.</summary>
    private static IEnumerable<KeyValuePair<string, CurrencyId>> NamedCurrencies(
        string path, string field, IReadOnlyList<PricingModelInput> models)
    {
        for (var m = 0; m < models.Count; m++)
        {
            if (models[m].TopUpCurrencyId is { } bought)
                yield return new($"{path}[{m}].{field}", bought);
            for (var p = 0; p < models[m].PricePeriods.Count; p++)
            {
                if (models[m].PricePeriods[p].CreditRate is { } rate)
                    yield return new($"{path}[{m}].pricePeriods[{p}].creditRate.currencyId", rate.CurrencyId);
            }
        }
    }
}
