using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>What a subscription holds of its plan and add-ons after a request, and the charges that follow.</summary>
internal sealed record ResolvedContent
{
    public required IReadOnlyList<SubscriptionAddon> Addons { get; init; }
    public required IReadOnlyDictionary<FeatureId, decimal> Quantities { get; init; }
    public required IReadOnlyList<PriceOverride> PriceOverrides { get; init; }
    public required IReadOnlyList<EntitlementOverride> Overrides { get; init; }
    public required IReadOnlyDictionary<CurrencyId, decimal> CreditQuantities { get; init; }
    public required IReadOnlyList<CreditOverride> CreditOverrides { get; init; }

    /// <summary>The currency of its charges; null when nothing has a price.</summary>
    public required string? Currency { get; init; }

    /// <summary>
    /// Steps 5 and 6 of spec subscriptions 5.3: the add-ons, then quantities, prices and values; the findings of one step
    /// come together.
    /// </summary>
    public static Result<ResolvedContent> Of(ContentInput input, ContentBasis basis, Action<Findings> furtherChecks)
    {
        var findings = new Findings();
        var addons = Subscriptions.Addons.Resolve(findings, basis, input.Addons);
        if (findings.ToRefusal() is { } wrongAddons)
            return wrongAddons;

        var charges = SubscriptionCharges.All(basis, addons).ToList();
        var stored = basis.Held?.Subscription;
        var content = new ResolvedContent
        {
            Addons = addons.Addons,
            Quantities = Subscriptions.Quantities.Resolve(
                findings, charges, stored?.Quantities, Named(input, charges), input.UnitQuantity),
            PriceOverrides = Subscriptions.PriceOverrides.Resolve(findings, basis, addons, input.PriceOverrides),
            Overrides = Subscriptions.Overrides.Resolve(
                findings, basis.Plan, [.. addons.Versions.Values.Select(v => v.Content)], stored?.Overrides ?? [],
                input.Overrides, basis.Features, basis.Held),
            CreditQuantities = CreditContent.Quantities(
                findings, basis, charges, stored?.CreditQuantities, input.CreditQuantities, input.DropsUnknownQuantities),
            CreditOverrides = CreditContent.Overrides(
                findings, basis, [.. addons.Versions.Values.Select(v => v.Content)], stored?.CreditOverrides ?? [],
                input.CreditOverrides),
            Currency = charges.Select(c => PriceCalculator.CurrencyOf(c.Charge)).FirstOrDefault(c => c is not null),
        };
        furtherChecks(findings);
        return findings.ToRefusal() is { } refusal ? refusal : content;
    }

    private static IReadOnlyList<QuantityInput>? Named(ContentInput input, List<SubscriptionCharge> charges) =>
        input is { DropsUnknownQuantities: true, Quantities: { } quantities }
            ? [.. quantities.Where(q => SubscriptionCharges.Committed(charges).Any(c => c.FeatureId == q.FeatureId))]
            : input.Quantities;

    public Subscription ApplyTo(Subscription subscription) => subscription with
    {
        Addons = Addons,
        Quantities = Quantities,
        PriceOverrides = PriceOverrides,
        Overrides = Overrides,
        CreditQuantities = CreditQuantities,
        CreditOverrides = CreditOverrides,
    };
}
