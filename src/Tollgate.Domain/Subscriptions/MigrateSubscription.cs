using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

public enum SubscriptionMigrationTime
{
    Immediate,
    EndOfBillingPeriod,
}

/// <param name="Held">The subscription with the versions it is on.</param>
/// <param name="Journey">Its product.</param>
/// <param name="Latest">The latest version of its plan.</param>
/// <param name="LatestAddons">The latest version of each of its add-ons.</param>
/// <param name="Provision">What provisioning the plan anew would need: a change of type may start a new record.</param>
public sealed record MigrationFacts(
    HeldSubscription Held, JourneyFacts Journey, PlanFacts Latest,
    IReadOnlyDictionary<PackageId, PackageVersion> LatestAddons, ProvisionFacts Provision);

/// <summary>
/// Moves a subscription to the latest versions of its plan and add-ons, prices included (spec subscriptions 13).
/// </summary>
public static class MigrateSubscription
{
    public static Result<SubscriptionDecision> Decide(
        SubscriptionMigrationTime time, MigrationFacts facts, Instant now, IdSource ids)
    {
        var before = facts.Held.Subscription;
        if (SubscriptionLifecycle.CheckNotEnded(before) is { } ended)
            return ended;
        if (IsLatest(facts))
        {
            return new Refusal(ErrorCode.SubscriptionAlreadyOnLatestPlanError,
                $"Subscription '{before.Id}' is on the latest version of plan '{before.PlanId}' and of every add-on "
                + "already.");
        }

        if (time == SubscriptionMigrationTime.Immediate)
            return Now(facts, now, ids);
        if (before.FutureUpdates.FirstOrDefault(
            u => u.IsScheduled && u.Type == ScheduleType.MigrateToLatest) is { } waiting)
        {
            return new Refusal(ErrorCode.ScheduledMigrationAlreadyExistsError,
                $"A migration of subscription '{before.Id}' waits for {waiting.ExecuteAt} already; cancel it first or "
                + "migrate IMMEDIATE.");
        }

        if (before.CurrentBillingPeriodEnd is not { } end)
            return ScheduleTiming.NoPeriod($"Subscription '{before.Id}'");
        var draft = new DecisionDraft(facts.Journey, now);
        draft.Updated(before, before with
        {
            FutureUpdates =
            [
                .. before.FutureUpdates,
                UpdateSchedule.New(ScheduleType.MigrateToLatest, ids.NextUid(), end, now, ids),
            ],
            UpdatedAt = now,
        });
        return draft.Decide(before);
    }

    /// <summary>Content and prices of the plan and of every add-on are the latest.</summary>
    internal static bool IsLatest(MigrationFacts facts)
    {
        var held = facts.Held.Subscription;
        var latest = facts.Latest.Version.Version;
        return held.PlanVersion == latest && held.PriceVersion == latest && held.Addons.All(a =>
            facts.LatestAddons.TryGetValue(a.Id, out var addon)
                && (a.Version, a.PriceVersion) == (addon.Version, addon.Version));
    }

    internal static Result<SubscriptionDecision> Now(MigrationFacts facts, Instant now, IdSource ids)
    {
        var before = facts.Held.Subscription;
        var latest = facts.Latest.Version;
        var type = latest.PricingType!.Value;
        if (type != before.PricingType && !ProvisionRoute.KeepsRecord(before.PricingType, type))
            return ProvisionSubscription.StartAnew(NewRecord(facts), facts.Provision, now, ids);
        if (ProvisionChecks.Prices(
            latest, before.BillingPeriod, before.BillingCountryCode, fixedCurrency: null) is { } noPrice)
            return noPrice;
        var draft = new DecisionDraft(facts.Journey, now);
        var after = InPlace(facts.Held, facts.Latest, facts.LatestAddons);
        draft.Updated(before, after with
        {
            FutureUpdates = FutureUpdates.Reconcile(
                after.FutureUpdates, u => u.Type == ScheduleType.MigrateToLatest, [], now),
            UpdatedAt = now,
        }, ChangeReason.Migrated);
        return draft.Decide(before);
    }

    /// <summary>
    /// What an immediate migration makes of the content and prices of a record that stays; null where a new record
    /// starts, or the latest version has no price for this one.
    /// </summary>
    public static Subscription? Outcome(
        HeldSubscription held, PlanFacts latest, IReadOnlyDictionary<PackageId, PackageVersion> latestAddons)
    {
        var before = held.Subscription;
        return ProvisionRoute.KeepsRecord(before.PricingType, latest.Version.PricingType!.Value)
            && ProvisionChecks.Prices(
                latest.Version, before.BillingPeriod, before.BillingCountryCode, fixedCurrency: null) is null
            ? InPlace(held, latest, latestAddons)
            : null;
    }

    private static Subscription InPlace(
        HeldSubscription held, PlanFacts latest, IReadOnlyDictionary<PackageId, PackageVersion> latestAddons)
    {
        var after = OnLatest(held, latest, latestAddons);
        var type = latest.Version.PricingType!.Value;
        return type == held.Subscription.PricingType ? after : Retyped(after, type);
    }

    /// <summary>
    /// Units carry over, a new charge starts at its minimum, those of a charge that is gone are dropped; so are agreed
    /// prices. Add-ons stay, whether the plan takes them still or not.
    /// </summary>
    private static Subscription OnLatest(
        HeldSubscription held, PlanFacts plan, IReadOnlyDictionary<PackageId, PackageVersion> latestAddons)
    {
        var (before, latest) = (held.Subscription, plan.Version);
        var addons = new AddonSelection(
            [.. before.Addons.Select(a => latestAddons.TryGetValue(a.Id, out var addon)
                ? a with { Version = addon.Version, PriceVersion = addon.Version }
                : a)],
            latestAddons.ToDictionary(a => a.Key, a => new AddonVersions(a.Value, a.Value)));
        var basis = new ContentBasis
        {
            Plan = plan,
            Prices = latest,
            Period = before.BillingPeriod,
            Country = before.BillingCountryCode,
        };
        var charges = SubscriptionCharges.All(basis, addons).ToList();
        var quantities = new Dictionary<FeatureId, decimal>();
        foreach (var charge in SubscriptionCharges.Committed(charges))
        {
            var feature = charge.FeatureId!.Value;
            quantities[feature] = before.Quantities.TryGetValue(feature, out var kept)
                ? kept
                : Math.Max(charge.MinUnitQuantity ?? 1, quantities.GetValueOrDefault(feature));
        }

        var isDefault = before.MinimumSpend is { } minimum && before.BillingPeriod is { } of
            && minimum == PriceSelection.MinimumSpend(held.Prices, of, before.BillingCountryCode);
        return before with
        {
            PlanVersion = latest.Version,
            PriceVersion = latest.Version,
            Addons = addons.Addons,
            Quantities = quantities,
            CreditQuantities = CreditContent.Quantities(
                new(), basis, charges, before.CreditQuantities, asked: null, dropsUnknown: true),
            PriceOverrides = PriceOverrides.Surviving(before.PriceOverrides, charges),
            MinimumSpend = (isDefault || before.MinimumSpend is null) && before.BillingPeriod is { } period
                ? PriceSelection.MinimumSpend(latest, period, before.BillingCountryCode)
                : before.MinimumSpend,
        };
    }

    /// <summary>In place to FREE or CUSTOM: nothing is billed any more, and a free plan has no add-ons.</summary>
    private static Subscription Retyped(Subscription subscription, PricingType type) =>
        SubscriptionLifecycle.WithCycle(
            subscription with
            {
                PricingType = type,
                BillingPeriod = null,
                BillingCountryCode = null,
                Addons = type == PricingType.Free ? [] : subscription.Addons,
                Quantities = new Dictionary<FeatureId, decimal>(),
                CreditQuantities = new Dictionary<CurrencyId, decimal>(),
                PriceOverrides = [],
                Budget = null,
                MinimumSpend = null,
            },
            anchor: subscription.StartDate, at: subscription.StartDate);

    /// <summary>Towards paying a new record starts, with what was given for this one.</summary>
    private static ProvisionRequest NewRecord(MigrationFacts facts)
    {
        var (before, latest) = (facts.Held.Subscription, facts.Latest.Version);
        var offered = PriceSelection.OfferedPeriods(latest);
        return new(before.CustomerId, latest.Id)
        {
            ResourceId = before.ResourceId,
            PayingCustomerId = before.PayingCustomerId,
            BillingPeriod = latest.PricingType == PricingType.Paid && offered.Count > 0 ? offered.Min() : null,
            Addons = [.. before.Addons.Select(a => new AddonInput(a.Id, a.Quantity))],
            Overrides = [.. before.Overrides.Select(PlanSchedule.Input)],
            CreditOverrides = before.CreditOverrides,
            Metadata = before.Metadata,
            PaymentCollectionMethod = before.PaymentCollectionMethod,
            SkipTrial = true,
        };
    }
}
