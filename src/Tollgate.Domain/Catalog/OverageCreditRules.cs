using NodaTime;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>Credits that an overage includes before it charges (spec credits 11).</summary>
/// <param name="Model">The index of the overage in the pricing.</param>
/// <param name="Row">Amount and cadence.</param>
public sealed record CreditAllowance(int Model, CreditEntitlementInput Row);

/// <summary>The credits that overages go beyond (spec credits 11).</summary>
public static class OverageCreditRules
{
    private const string Path = "charges.overagePricingModels";

    /// <summary>
    /// The credit entitlements of the draft with what overages include; an overage that says nothing makes the row soft
    /// that the draft has.
    /// </summary>
    /// <param name="findings">Receives what is wrong.</param>
    /// <param name="draft">With its other entitlements as they are to be.</param>
    /// <param name="pricing">As it is to be.</param>
    /// <param name="stated">What overages say they include.</param>
    /// <param name="features">Every feature named that exists.</param>
    /// <param name="now">The time of the call.</param>
    public static IReadOnlyList<PackageCreditEntitlement> Allow(
        Findings findings, PackageVersion draft, PricingInput pricing, IReadOnlyList<CreditAllowance> stated,
        IReadOnlyDictionary<FeatureId, Feature> features, Instant now)
    {
        var after = draft;
        for (var m = 0; m < pricing.OverageModels.Count; m++)
        {
            if (pricing.OverageModels[m].TopUpCurrencyId is not { } currency)
                continue;
            var path = $"{Path}[{m}].creditEntitlement.";
            var row = stated.FirstOrDefault(allowance => allowance.Model == m)?.Row;
            if (row is not null && row.CurrencyId != currency)
            {
                findings.Bad(path + "customCurrencyId",
                    $"The overage is of credits '{currency}', and includes credits '{row.CurrencyId}'; "
                    + "name one currency in both.");
                continue;
            }

            var held = after.CreditEntitlements.FirstOrDefault(e => e.CurrencyId == currency);
            if (row is null && held is null)
                continue;
            var rows = held is null
                ? CreditEntitlementRules.Add(after, row!, path, features, now)
                : CreditEntitlementRules.Update(
                    after, held, row ?? new(currency) { HasSoftLimit = true }, features, now, path)
                    .Map<IReadOnlyList<PackageCreditEntitlement>>(updated =>
                        [.. after.CreditEntitlements.Select(e => e.CurrencyId == currency ? updated : e)]);
            findings.Include(rows.Refusal);
            if (rows.Refusal is null)
                after = after with { CreditEntitlements = rows.Value };
        }

        return after.CreditEntitlements;
    }

    /// <summary>
    /// An overage of a plan needs credits that it comes with, own or inherited, or sells every period: what an add-on's
    /// goes beyond is included by the plan it is bought with.
    /// </summary>
    /// <param name="findings">Receives what is missing.</param>
    /// <param name="chain">The draft with its entitlements, then what it inherits from.</param>
    /// <param name="pricing">As it is to be.</param>
    public static void CheckIncluded(Findings findings, IReadOnlyList<PackageVersion> chain, PricingInput pricing)
    {
        for (var m = 0; m < pricing.OverageModels.Count; m++)
        {
            if (pricing.OverageModels[m].TopUpCurrencyId is { } currency && !IsIncluded(chain, pricing, currency))
            {
                findings.Bad($"{Path}[{m}].currencyId",
                    $"Plan '{chain[0].Id}' includes no credits '{currency}' that an overage could go beyond; "
                    + "give it a credit entitlement, a recurring charge for the credits, or the creditEntitlement of "
                    + "the overage itself.");
            }
        }
    }

    private static bool IsIncluded(IReadOnlyList<PackageVersion> chain, PricingInput pricing, CurrencyId currency) =>
        chain.SelectMany(plan => plan.CreditEntitlements).FirstOrDefault(row => row.CurrencyId == currency) is
    { IsGranted: true } and ({ Amount: > 0 } or { IsCustom: true })
        || pricing.Models.Any(model => model.TopUpCurrencyId == currency
            && model is { Model: BillingModel.PerUnit, Cadence: BillingCadence.Recurring });
}
