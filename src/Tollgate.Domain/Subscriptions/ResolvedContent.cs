using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>What a subscription holds of its plan and add-ons after a request, and the charges that follow.</summary>
internal sealed record ResolvedContent
{
    /// <summary>Which period the lines name plays no part in their amounts.</summary>
    private static readonly BillingWindow AnyPeriod = new(Instant.MinValue, Instant.MaxValue);

    public required IReadOnlyList<SubscriptionAddon> Addons { get; init; }
    public required IReadOnlyDictionary<FeatureId, decimal> Quantities { get; init; }
    public required IReadOnlyList<PriceOverride> PriceOverrides { get; init; }
    public required IReadOnlyList<EntitlementOverride> Overrides { get; init; }
    public required IReadOnlyDictionary<CurrencyId, decimal> CreditQuantities { get; init; }
    public required IReadOnlyList<CreditOverride> CreditOverrides { get; init; }

    /// <summary>The currency of its charges; null when nothing has a price.</summary>
    public required string? Currency { get; init; }

    /// <summary>The versions whose charges apply to <see cref="Addons"/>.</summary>
    public required IReadOnlyList<BilledAddon> BilledAddons { get; init; }

    /// <summary>
    /// Steps 5 and 6 of spec subscriptions 5.3: the add-ons, then quantities, prices and values; the findings of one
    /// step come together.
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
                findings, basis, charges, stored?.CreditQuantities, input.CreditQuantities,
                input.DropsUnknownQuantities),
            CreditOverrides = CreditContent.Overrides(
                findings, basis, [.. addons.Versions.Values.Select(v => v.Content)], stored?.CreditOverrides ?? [],
                input.CreditOverrides),
            Currency = charges.Select(c => PriceCalculator.CurrencyOf(c.Charge)).FirstOrDefault(c => c is not null),
            BilledAddons = [.. addons.Addons.Where(a => addons.Versions.ContainsKey(a.Id))
                .Select(a => new BilledAddon(addons.Versions[a.Id].Prices, a.Quantity))],
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

    /// <summary>What a full period of it costs in advance, as its bill says (spec catalog 9.9).</summary>
    /// <param name="basis">What the content was judged against.</param>
    /// <param name="minimumSpend">Agreed for the subscription; null = none.</param>
    public DiscountedPrice Price(ContentBasis basis, Money? minimumSpend) => new(Currency, () =>
        basis.Period is not { } period ? 0 : InAdvance.Lines(
            new()
            {
                Plan = basis.Prices,
                Addons = BilledAddons,
                Period = period,
                Country = basis.Country,
                Currency = Currency ?? Currencies.Default,
                Quantities = Quantities,
                CreditQuantities = CreditQuantities,
                PriceOverrides = PriceOverrides,
                MinimumSpend = minimumSpend,
                FreeItems = [.. basis.Prices.CompatibleGroups
                    .Where(taken => taken.FreeItems > 0 && basis.AddonFacts.Groups.ContainsKey(taken.GroupId))
                    .Select(taken => new FreeItems(
                        basis.AddonFacts.Groups[taken.GroupId].AddonIds, taken.FreeItems!.Value))],
            },
            AnyPeriod).Sum(line => line.Amount));
}
