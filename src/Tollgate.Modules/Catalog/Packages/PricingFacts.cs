using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>Looks up what a change of a draft names, and turns its pricing into charges (spec catalog 9).</summary>
internal sealed class PricingFacts
{
    private readonly FeatureStore _features = new();
    private readonly PackageStore _packages = new();

    public async Task<Result<PackageEdit>> ResolveAsync(
        Session session, OperationScope scope, PackageVersion draft, PlanUpdate update)
    {
        var findings = new Findings();
        await CheckAddonsAsync(findings, session, scope.EnvironmentId, draft, update.Content);
        if (update.Pricing is not { } pricing)
            return findings.ToRefusal() is { } missing ? missing : update.Content;
        CheckCurrencies(findings, "charges.pricingModels", "topUpCustomCurrencyId", pricing.Models);
        CheckCurrencies(findings, "charges.overagePricingModels", "currencyId", pricing.OverageModels);
        var named = pricing.Models.Concat(pricing.OverageModels).Select(model => model.FeatureId).OfType<FeatureId>()
            .Concat(update.OverageAllowances.Select(allowance => allowance.FeatureId));
        var features = await FeaturesAsync(session, scope.EnvironmentId, named);
        var expanded = ChargeRules.Expand(pricing, features, Guid.CreateVersion7, scope.Now);
        findings.Include(expanded.Refusal);
        var entitlements = Allow(findings, draft, update.OverageAllowances, features, scope.Now);
        var allowed = draft with { Entitlements = entitlements };
        if (!findings.Any)
            await CheckIncludedAsync(findings, session, scope.EnvironmentId, allowed, update);
        return findings.ToRefusal() is { } refusal
            ? refusal
            : update.Content with { Pricing = expanded.Value, Entitlements = entitlements };
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

    /// <summary>The add-ons of a draft that nobody could buy: those without a published version.</summary>
    public async Task<IReadOnlyList<PackageId>> UnpublishedAddonsAsync(
        Session session, EnvironmentId environment, PackageVersion draft)
    {
        var unpublished = new List<PackageId>();
        foreach (var id in draft.CompatibleAddonIds ?? [])
        {
            if (await _packages.FindLatestAsync(session, environment, PackageKind.Addon, id)
                is not { Value.Status: PackageStatus.Published })
            {
                unpublished.Add(id);
            }
        }

        return unpublished;
    }

    /// <summary>
    /// An overage needs a quantity that is included: a limit, own or inherited, or a commitment (spec catalog 9.7).
    /// </summary>
    private async Task CheckIncludedAsync(
        Findings findings, Session session, EnvironmentId environment, PackageVersion draft, PlanUpdate update)
    {
        if (update.Pricing is not { OverageModels: { Count: > 0 } overages } pricing)
            return;
        var basePlan = update.Content.BasePlanId.IsGiven ? update.Content.BasePlanId.Value : draft.BasePlan?.Id;
        var chain = new List<PackageVersion> { draft };
        while (basePlan is { } id && chain.TrueForAll(plan => plan.Id != id)
            && await _packages.FindLatestAsync(session, environment, PackageKind.Plan, id) is { Value: var inherited })
        {
            chain.Add(inherited);
            basePlan = inherited.BasePlan?.Id;
        }

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

    private async Task CheckAddonsAsync(
        Findings findings, Session session, EnvironmentId environment, PackageVersion draft, PackageEdit edit)
    {
        var asked = edit.CompatibleAddonIds.Or(null) ?? [];
        for (var i = 0; i < asked.Count; i++)
        {
            var path = $"compatibleAddonIds[{i}]";
            switch ((await _packages.FindLatestAsync(session, environment, PackageKind.Addon, asked[i]))?.Value)
            {
                case null:
                    findings.Add(ErrorCode.AddonNotFound, path, $"There is no add-on '{asked[i]}'; create it first.");
                    break;
                case { Status: PackageStatus.Archived }:
                    findings.Add(ErrorCode.EntityIsArchivedError, path,
                        $"Add-on '{asked[i]}' is archived; choose another one.");
                    break;
                case var addon when addon.ProductId != draft.ProductId:
                    findings.Add(ErrorCode.IncompatibleSubscriptionAddon, path,
                        $"Add-on '{asked[i]}' belongs to product '{addon.ProductId}', not to '{draft.ProductId}'; a "
                        + "plan takes add-ons of its own product.");
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Charges for credits name a credit currency; an environment has none yet.</summary>
    private static void CheckCurrencies(
        Findings findings, string path, string field, IReadOnlyList<PricingModelInput> models)
    {
        for (var m = 0; m < models.Count; m++)
        {
            if (models[m].TopUpCurrencyId is { } bought)
                CurrencyNotFound(findings, $"{path}[{m}].{field}", bought);
            for (var p = 0; p < models[m].PricePeriods.Count; p++)
            {
                if (models[m].PricePeriods[p].CreditRate is { } rate)
                    CurrencyNotFound(findings, $"{path}[{m}].pricePeriods[{p}].creditRate.currencyId", rate.CurrencyId);
            }
        }
    }

    internal static void CurrencyNotFound(Findings findings, string path, CurrencyId id) => findings.Add(
        ErrorCode.CustomCurrencyNotFound,
        path,
        $"There is no credit currency '{id}' in this environment; use one that exists.");
}
