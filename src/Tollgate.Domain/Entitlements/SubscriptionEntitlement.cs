using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Entitlements;

/// <summary>
/// What one subscription alone gives of a feature (spec entitlements-and-usage 2.2): the plan's value, then its add-ons
/// added to it, or the largest Override add-on instead of everything, unless an add-on revokes the feature.
/// </summary>
internal static class SubscriptionEntitlement
{
    /// <summary>The features that the subscription's plan, charges, override or add-ons say something about.</summary>
    public static IEnumerable<FeatureId> Mentioned(SubscriptionContent content) =>
        content.BasePlans.Prepend(content.Plan).Concat(content.Addons.Select(held => held.Addon))
            .SelectMany(package => package.Entitlements.Select(row => row.FeatureId))
            .Concat(content.Addons.SelectMany(held => new[] { held.Prices, held.Addon })
                .Append(content.Prices).Append(content.Plan)
                .SelectMany(package => package.Charges)
                .Where(charge => charge.FeatureId is not null)
                .Select(charge => charge.FeatureId!.Value))
            .Concat(content.Subscription.Overrides.Select(each => each.FeatureId));

    /// <summary>Null when the subscription says nothing about the feature.</summary>
    public static EntitlementSource? Of(SubscriptionContent content, Feature feature, Instant now)
    {
        var contributions = new List<EntitlementContribution>();
        var plan = PlanTerm.Of(content, feature, contributions);
        var addons = AddonTerms(content, feature, contributions);
        if (contributions.Count == 0)
            return null;

        var replaces = addons.Any(term => term.Behavior == EntitlementBehavior.Override);
        var inPlay = addons.Where(term => !replaces || term.Behavior == EntitlementBehavior.Override).ToList();
        var planInPlay = replaces ? null : plan.Value;
        var isRemoved = contributions.Exists(IsAddonRevoke);
        var value = isRemoved ? null : Combine(content, feature, planInPlay, inPlay, replaces, contributions);
        Judge(contributions, isRemoved, replaces);
        var subscription = content.Subscription;
        return new()
        {
            Kind = EntitlementSourceKind.Subscription,
            Uid = subscription.Uid,
            SubscriptionId = subscription.Id,
            ResourceId = subscription.ResourceId,
            ProductId = subscription.ProductId,
            PlanId = content.Plan.Id,
            PlanVersion = content.Plan.Version,
            Status = subscription.Status,
            AddonIds = value is null ? [] : [.. inPlay.Select(term => term.AddonId)],
            StartDate = subscription.StartDate,
            Anchor = subscription.UsageAnchor,
            Value = value,
            IsRevoked = value is null && (isRemoved || plan.IsRevoked),
            IsPayAsYouGo = content.Addons.Where(held => held.Quantity > 0).Select(held => held.Prices)
                .Prepend(content.Prices)
                .Any(package => ChargedEntitlement.PayAsYouGo(package, feature.Id, subscription) is not null),
            CreditRate = CreditMapping.Of(content, feature.Id),
            Contributions = contributions,
            Order = plan.Order ?? FirstAddonRow(content, feature.Id),
            Changes = [.. SubscriptionChanges.Of(subscription, now)],
        };
    }

    private static List<AddonTerm> AddonTerms(
        SubscriptionContent content, Feature feature, List<EntitlementContribution> contributions)
    {
        var terms = new List<AddonTerm>();
        foreach (var held in content.Addons)
        {
            var (addon, quantity) = held;
            var row = Rows.Find(addon, feature.Id)?.Row;
            if (quantity <= 0 || AddonValue(content, held, row, feature) is not var (value, effect))
                continue;
            var behavior = row?.Behavior ?? EntitlementBehavior.Increment;
            contributions.Add(new()
            {
                Kind = ContributionKind.Addon,
                PackageId = addon.Id,
                Version = addon.Version,
                Quantity = quantity,
                Behavior = behavior,
                Value = value,
                Effect = effect,
            });
            if (effect == ContributionEffect.Counted)
                terms.Add(new(addon.Id, behavior, value! with { UsageLimit = value.UsageLimit * quantity }));
        }

        return terms;
    }

    private static (EntitlementValue? Value, ContributionEffect Effect)? AddonValue(
        SubscriptionContent content, HeldAddon held, PackageEntitlement? row, Feature feature)
    {
        var subscription = content.Subscription;
        if (row is { IsGranted: false })
            return (null, ContributionEffect.Revokes);
        var value = row is null ? null : EntitlementValues.Of(feature, row);
        if (feature.Type == FeatureType.Number && Committed(content, held, feature) is { } committed)
        {
            var limit = ChargedEntitlement.CommittedLimit(committed, feature.Id, subscription);
            var window = feature.IsMetered ? committed.Reset ?? value?.Reset : null;
            return ((value ?? new()) with { UsageLimit = limit, HasUnlimitedUsage = false, Reset = window },
                ContributionEffect.Counted);
        }

        // An add-on that prices a feature by usage or in credits needs no row either: nothing limits it but its price.
        var measured = feature.Type != FeatureType.Number ? null
            : ChargedEntitlement.PayAsYouGo(held.Prices, feature.Id, subscription)
                ?? ChargedEntitlement.CreditMapping(held.Addon, feature.Id, subscription);
        if (measured is not null && value?.UsageLimit is null)
        {
            var reset = feature.IsMetered ? measured.Reset ?? value?.Reset : null;
            return ((value ?? new()) with { HasUnlimitedUsage = true, Reset = reset }, ContributionEffect.Counted);
        }

        if (row is null || value is null)
            return null;
        var awaitsValue = Rows.AwaitsValue(feature, row, value);
        return (value, awaitsValue ? ContributionEffect.MissingValue : ContributionEffect.Counted);
    }

    /// <summary>
    /// The add-on's charge for committed units. Where the plan charges for units of the same feature, the add-on's is a
    /// further price of those units, not more of them.
    /// </summary>
    private static Charge? Committed(SubscriptionContent content, HeldAddon held, Feature feature) =>
        ChargedEntitlement.Commitment(content.Prices, feature.Id, content.Subscription) is null
            ? ChargedEntitlement.Commitment(held.Prices, feature.Id, content.Subscription)
            : null;

    private static EntitlementValue? Combine(
        SubscriptionContent content, Feature feature, EntitlementValue? plan, List<AddonTerm> addons, bool replaces,
        List<EntitlementContribution> contributions)
    {
        if (plan is null && addons.Count == 0)
            return null;
        if (feature.Type == FeatureType.Boolean)
            return new();
        var values = addons.Select(term => term.Value);
        if (plan is not null)
            values = values.Prepend(plan);
        if (feature.Type == FeatureType.Enum)
            return new() { EnumValues = EntitlementValues.Union(feature, values) };

        var terms = values.ToList();
        var isUnlimited = terms.Exists(term => term.HasUnlimitedUsage);
        return new()
        {
            HasUnlimitedUsage = isUnlimited,
            UsageLimit = isUnlimited ? null
                : replaces ? terms.Max(term => term.UsageLimit ?? 0)
                : terms.Sum(term => term.UsageLimit ?? 0),
            HasSoftLimit = terms.Exists(term => term.HasSoftLimit) | AllowsOverage(content, feature, contributions),
            Reset = plan is not null ? plan.Reset : LargestReset(addons),
        };
    }

    /// <summary>
    /// An overage price sells what lies beyond the limit, so the limit is soft whatever the rows say.
    /// </summary>
    private static bool AllowsOverage(
        SubscriptionContent content, Feature feature, List<EntitlementContribution> contributions)
    {
        if (!feature.IsMetered)
            return false;
        var selling = content.Addons.Where(held => held.Quantity > 0).Select(held => held.Prices)
            .Prepend(content.Prices)
            .FirstOrDefault(package => ChargedEntitlement.HasOverage(package, feature.Id));
        if (selling is null)
            return false;
        contributions.Add(new()
        {
            Kind = ContributionKind.Overage,
            PackageId = selling.Id,
            Version = selling.Version,
            Effect = ContributionEffect.Counted,
        });
        return true;
    }

    /// <summary>The reset of the add-on that gives the most; ties go to the more frequent one.</summary>
    private static ResetRule? LargestReset(List<AddonTerm> addons)
    {
        AddonTerm? best = null;
        foreach (var term in addons)
        {
            if (best is null || Beats(term.Value, best.Value))
                best = term;
        }

        return best?.Value.Reset;
    }

    private static bool Beats(EntitlementValue challenger, EntitlementValue best)
    {
        var byAmount = Generosity.CompareAmount(challenger, best);
        if (byAmount != 0)
            return byAmount > 0;
        var byFrequency = Generosity.Frequency(challenger.Reset).CompareTo(Generosity.Frequency(best.Reset));
        // Equal in everything that matters: the rule's own order keeps the result independent of the add-ons' order.
        return byFrequency != 0 ? byFrequency > 0 : challenger.Reset?.Anchor < best.Reset?.Anchor;
    }

    private static void Judge(List<EntitlementContribution> contributions, bool isRemoved, bool replaces)
    {
        for (var i = 0; i < contributions.Count; i++)
        {
            var each = contributions[i];
            if (each.Effect != ContributionEffect.Counted || each.Kind == ContributionKind.Overage)
                continue;
            var isReplacement = each is { Kind: ContributionKind.Addon, Behavior: EntitlementBehavior.Override };
            if (isRemoved)
                contributions[i] = each with { Effect = ContributionEffect.Removed };
            else if (replaces && !isReplacement)
                contributions[i] = each with { Effect = ContributionEffect.Replaced };
        }
    }

    private static bool IsAddonRevoke(EntitlementContribution each) =>
        each is { Kind: ContributionKind.Addon, Effect: ContributionEffect.Revokes };

    private static EntitlementOrder FirstAddonRow(SubscriptionContent content, FeatureId feature)
    {
        EntitlementOrder? first = null;
        foreach (var (addon, _) in content.Addons)
        {
            if (Rows.Find(addon, feature) is not var (row, position))
                continue;
            var order = new EntitlementOrder(1, row.Order ?? position);
            if (first is not { } known || order.CompareTo(known) < 0)
                first = order;
        }

        return first ?? new EntitlementOrder(1, int.MaxValue);
    }

    private sealed record AddonTerm(PackageId AddonId, EntitlementBehavior Behavior, EntitlementValue Value);
}
