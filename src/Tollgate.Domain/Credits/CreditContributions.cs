using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Credits;

/// <summary>
/// Which credits a subscription gets and why (spec credits 8.2, 8.3 and 8.5; entitlements-and-usage 2.2 steps 1, 3, 4
/// and 9).
/// </summary>
public static class CreditContributions
{
    /// <summary>
    /// All sources, the plan first, then its add-ons, then what is bought; those that do not count say why.
    /// </summary>
    /// <param name="content">The subscription with its package versions.</param>
    /// <param name="features">The features that rows depend on.</param>
    /// <param name="at">The instant; it decides which slice of a longer term is bought.</param>
    public static IReadOnlyList<CreditContribution> Of(
        SubscriptionContent content, IReadOnlyDictionary<FeatureId, Feature> features, Instant at)
    {
        var all = new List<CreditContribution>();
        foreach (var currency in Mentioned(content))
            all.AddRange(OfCurrency(content, currency, features, at));
        all.AddRange(SoldCredits.Of(content, at));
        return all;
    }

    /// <summary>The features whose units multiply amounts.</summary>
    public static IReadOnlySet<FeatureId> Dependencies(SubscriptionContent content) =>
        Packages(content).SelectMany(package => package.CreditEntitlements)
            .Select(row => row.DependencyFeatureId).OfType<FeatureId>().ToHashSet();

    /// <summary>
    /// Whether checks of a currency go on below zero: a counted row says so, or an overage price is charged for what is
    /// beyond (spec credits 3 and 11).
    /// </summary>
    public static bool IsSoft(
        SubscriptionContent content, CurrencyId currency, IEnumerable<CreditContribution> contributions) =>
        contributions.Any(c => c.CurrencyId == currency && c is { IsCounted: true, HasSoftLimit: true })
        || PricePackages(content).Any(p => p.OverageCharges.Any(c => c.TopUpCurrencyId == currency));

    private static IEnumerable<CurrencyId> Mentioned(SubscriptionContent content) =>
        Packages(content).SelectMany(package => package.CreditEntitlements).Select(row => row.CurrencyId)
            .Concat(content.Subscription.CreditOverrides.Select(given => given.CurrencyId)).Distinct();

    private static IEnumerable<PackageVersion> Packages(SubscriptionContent content) =>
        content.BasePlans.Prepend(content.Plan).Concat(Held(content).Select(held => held.Addon));

    private static IEnumerable<PackageVersion> PricePackages(SubscriptionContent content) =>
        Held(content).Select(held => held.Prices).Prepend(content.Prices);

    private static IEnumerable<HeldAddon> Held(SubscriptionContent content) =>
        content.Addons.Where(held => held.Quantity > 0);

    private static List<CreditContribution> OfCurrency(
        SubscriptionContent content, CurrencyId currency, IReadOnlyDictionary<FeatureId, Feature> features, Instant at)
    {
        var terms = new List<CreditContribution>();
        if (OfPlan(content, currency) is { } plan)
            terms.Add(WithSeats(plan, content, features, at));
        foreach (var held in Held(content))
        {
            if (held.Addon.CreditEntitlements.FirstOrDefault(row => row.CurrencyId == currency) is { } row)
                terms.Add(WithSeats(OfRow(row, held.Addon, held.Addon.Id, held.Quantity), content, features, at));
        }

        if (terms.Exists(t => t is { Source: CreditGrantSource.AddonEntitlement, Effect: ContributionEffect.Revokes }))
            return terms.ConvertAll(t => t.IsCounted ? t with { Effect = ContributionEffect.Removed } : t);
        // Of several Override rows the largest counts and nothing else; the first of equal ones.
        var overriding = terms.Where(t => t is { IsCounted: true, Behavior: EntitlementBehavior.Override })
            .OrderByDescending(t => t.Amount).FirstOrDefault();
        return overriding is null
            ? terms
            : terms.ConvertAll(
                t => t.IsCounted && t != overriding ? t with { Effect = ContributionEffect.Replaced } : t);
    }

    private static CreditContribution? OfPlan(SubscriptionContent content, CurrencyId currency)
    {
        var (package, row) = content.BasePlans.Prepend(content.Plan)
            .Select(p => (Package: p, Row: p.CreditEntitlements.FirstOrDefault(r => r.CurrencyId == currency)))
            .FirstOrDefault(pair => pair.Row is not null);
        var given = content.Subscription.CreditOverrides.FirstOrDefault(o => o.CurrencyId == currency);
        if (row is null && given is null)
            return null;
        var own = row is null ? null : OfRow(row, package, content.Plan.Id, quantity: 1);
        if (given is null)
            return own;
        return (own ?? new()
        {
            CurrencyId = currency,
            Source = CreditGrantSource.PlanEntitlement,
            PackageId = content.Plan.Id,
            Package = content.Plan,
            Effect = ContributionEffect.Counted,
        }) with
        {
            BaseAmount = given.Amount,
            Cadence = given.Cadence,
            HasSoftLimit = given.HasSoftLimit ?? own?.HasSoftLimit ?? false,
            Effect = ContributionEffect.Counted,
        };
    }

    private static CreditContribution OfRow(
        PackageCreditEntitlement row, PackageVersion package, PackageId id, int quantity) => new()
        {
            CurrencyId = row.CurrencyId,
            Source = package.Kind == PackageKind.Plan
                ? CreditGrantSource.PlanEntitlement
                : CreditGrantSource.AddonEntitlement,
            PackageId = id,
            Package = package,
            Cadence = row.Cadence,
            BaseAmount = row.Amount ?? 0,
            AddonQuantity = quantity,
            Units = quantity,
            DependencyFeatureId = row.DependencyFeatureId,
            Behavior = row.Behavior,
            HasSoftLimit = row.HasSoftLimit,
            Effect = !row.IsGranted ? ContributionEffect.Revokes
                : row.Amount is null ? ContributionEffect.MissingValue
                : ContributionEffect.Counted,
        };

    /// <summary>
    /// Times the units that the subscription is entitled to, reported or not. No units are granted none; an unlimited
    /// feature, which packages cannot have here, counts as one unit.
    /// </summary>
    private static CreditContribution WithSeats(
        CreditContribution term, SubscriptionContent content, IReadOnlyDictionary<FeatureId, Feature> features,
        Instant at)
    {
        if (term.DependencyFeatureId is not { } id || !features.TryGetValue(id, out var feature))
            return term;
        var value = SubscriptionEntitlement.Of(content, feature, at)?.Value;
        var seats = value is null ? 0 : value.HasUnlimitedUsage ? 1 : value.UsageLimit ?? 0;
        return term with { Units = term.Units * seats };
    }
}
