using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>
/// What carrying out the next scheduled updates of a subscription needs, against the latest versions of that time; only
/// what their type asks for is given.
/// </summary>
public sealed record ScheduledFacts
{
    /// <summary>The subscription as stored, with the versions it is on.</summary>
    public required HeldSubscription Held { get; init; }

    /// <summary>For a change of plan: those of <see cref="ExecuteUpdates.PlanRequest"/>.</summary>
    public ProvisionFacts? Provision { get; init; }

    /// <summary>For a migration.</summary>
    public MigrationFacts? Migration { get; init; }

    /// <summary>For everything else.</summary>
    public UpdateFacts? Update { get; init; }
}

/// <summary>Carries out updates whose time has come (spec subscriptions 7).</summary>
public static class ExecuteUpdates
{
    /// <summary>The request that a due change of plan makes; null when the next updates are of another type.</summary>
    public static ProvisionRequest? PlanRequest(Subscription subscription) =>
        FutureUpdates.Next(subscription) is [{ Plan: not null }, ..] together
            ? PlanSchedule.RequestOf(subscription, together)
            : null;

    /// <summary>True when the next updates are a migration to the latest versions.</summary>
    public static bool IsMigration(Subscription subscription) =>
        FutureUpdates.Next(subscription) is [{ Type: ScheduleType.MigrateToLatest }, ..];

    /// <summary>The request that other due updates make.</summary>
    public static UpdateRequest UpdateRequest(Subscription subscription)
    {
        var together = FutureUpdates.Next(subscription);
        var coupon = together.FirstOrDefault(u => u.Type == ScheduleType.Coupon);
        var metadata = together.FirstOrDefault(u => u.Type == ScheduleType.AdditionalMetaData)?.Metadata;
        var prices = together.Select(u => u.Price).OfType<PriceOverrideInput>().ToList();
        return new()
        {
            BillingPeriod = together.FirstOrDefault(u => u.Type == ScheduleType.BillingPeriod)?.BillingPeriod,
            Quantities = together.Any(u => u.FeatureId is not null)
                ? [.. together.Where(u => u.FeatureId is not null)
                    .Select(u => new QuantityInput(u.FeatureId!.Value, u.Quantity!.Value))]
                : null,
            CreditQuantities = together.Any(u => u.CurrencyId is not null)
                ? [.. together.Where(u => u.CurrencyId is not null)
                    .Select(u => new CreditQuantityInput(u.CurrencyId!.Value, u.Quantity!.Value))]
                : null,
            Addons = Addons(subscription, together),
            PriceOverrides = prices.Count == 0 ? null : prices,
            Coupon = coupon is null ? default : new(coupon.Coupon),
            Metadata = metadata is null ? default : new(metadata),
            ScheduleStrategy = ScheduleStrategy.Immediate,
        };
    }

    /// <summary>
    /// Carries out what is next, all of one call or nothing: what fails leaves the subscription as it was and is told
    /// as a failed synchronisation.
    /// </summary>
    internal static SubscriptionDecision Run(
        Subscription stored, AdvanceFacts facts, Instant at, IdSource ids)
    {
        var scheduled = facts.Scheduled
            ?? throw new ArgumentException("Scheduled updates need their facts.", nameof(facts));
        var together = FutureUpdates.Next(stored).Select(u => u.Uid).ToHashSet();
        var done = stored with
        {
            FutureUpdates = FutureUpdates.Close(
                stored.FutureUpdates, u => together.Contains(u.Uid), ScheduleStatus.Done, at),
        };
        var outcome = Decide(stored, done, scheduled, at, ids);
        if (outcome.TryGet(out var decision, out var refusal))
            return WithBefore(decision, stored, done, facts, at);

        var failed = stored with
        {
            FutureUpdates = FutureUpdates.Close(stored.FutureUpdates, u => together.Contains(u.Uid),
                ScheduleStatus.Failed, at, refusal.Message),
            UpdatedAt = at,
        };
        var draft = new DecisionDraft(facts.Journey, at);
        draft.SyncFailed(stored, failed, refusal);
        return draft.Decide(failed);
    }

    private static Result<SubscriptionDecision> Decide(
        Subscription stored, Subscription done, ScheduledFacts facts, Instant at, IdSource ids)
    {
        var held = facts.Held with { Subscription = done };
        if (PlanRequest(stored) is { } request)
        {
            var provision = facts.Provision!;
            return ProvisionSubscription.Decide(
                request,
                provision with
                {
                    Scope = [.. provision.Scope.Select(h => h.Subscription.Uid == done.Uid ? held : h)],
                },
                at, ids);
        }

        if (IsMigration(stored))
        {
            var migration = facts.Migration! with { Held = held };
            return MigrateSubscription.IsLatest(migration)
                ? new SubscriptionDecision(done)
                : MigrateSubscription.Now(migration, at, ids);
        }

        return UpdateSubscription.Decide(UpdateRequest(stored), facts.Update! with { Held = held }, at, ids);
    }

    /// <summary>
    /// The decision was made about the record without its updates; what is logged starts from the stored one.
    /// </summary>
    private static SubscriptionDecision WithBefore(
        SubscriptionDecision decision, Subscription stored, Subscription done, AdvanceFacts facts, Instant at)
    {
        if (decision.Changes.All(change => change.After.Uid != stored.Uid))
        {
            var draft = new DecisionDraft(facts.Journey, at);
            draft.Updated(stored, done with { UpdatedAt = at });
            var noted = draft.Decide(done);
            return decision with
            {
                Changes = [.. decision.Changes, .. noted.Changes],
                Events = [.. decision.Events, .. noted.Events],
            };
        }

        return decision with
        {
            Changes = [.. decision.Changes.Select(c => c.Before?.Uid == stored.Uid ? c with { Before = stored } : c)],
            Events = [.. decision.Events.Select(e => e.Before is Subscription s && s.Uid == stored.Uid
                ? e with { Before = stored }
                : e)],
        };
    }

    private static List<AddonInput>? Addons(Subscription subscription, IReadOnlyList<FutureUpdate> together)
    {
        var changed = together.Where(u => u.Type == ScheduleType.Addon).ToList();
        if (changed.Count == 0)
            return null;
        var kept = subscription.Addons.Where(a => changed.TrueForAll(u => u.AddonId != a.Id))
            .Select(a => new AddonInput(a.Id, a.Quantity));
        return [.. kept, .. changed.Where(u => u.AddonQuantity > 0)
            .Select(u => new AddonInput(u.AddonId!.Value, u.AddonQuantity!.Value))];
    }
}
