using NodaTime;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>The two ways out of a trial: into a paying (or custom) subscription, or to its expiry (spec subscriptions
/// 8.4).</summary>
internal static class TrialEnding
{
    public const string TrialEnded = "TRIAL_ENDED";
    public const string Provisioned = "PAID_SUBSCRIPTION_PROVISIONED";

    /// <summary>The trial is over at <paramref name="at"/>: its end behaviour decides.</summary>
    public static Subscription End(
        DecisionDraft draft, Subscription trial, IReadOnlyList<Subscription> scope, Product product, Instant at,
        IdSource ids, bool canPay = true)
    {
        if (trial.TrialEndBehavior == TrialEndBehavior.ConvertToPaid && canPay)
            return Convert(draft, trial, trial, scope, product, at, TrialEnded);
        draft.Expired(trial, CancelReason.TrialEnded);
        draft.EndJourney(trial, scope, ids);
        return trial;
    }

    /// <summary>
    /// The trial becomes ACTIVE and its billing cycle starts at <paramref name="at"/>; another plan's live record
    /// gives way. When
    /// the live record is on the same plan (the trial of an add-on), that record takes the content instead.
    /// </summary>
    /// <param name="draft">Receives the changes.</param>
    /// <param name="trial">The trial as stored.</param>
    /// <param name="content">The trial with the content it converts to.</param>
    /// <param name="scope">The records of the scope that have not ended.</param>
    /// <param name="product">Decides about usage.</param>
    /// <param name="at">The instant of conversion.</param>
    /// <param name="reason">The reason the event carries.</param>
    public static Subscription Convert(
        DecisionDraft draft, Subscription trial, Subscription content, IReadOnlyList<Subscription> scope,
            Product product,
        Instant at, string reason)
    {
        var main = scope.FirstOrDefault(s => s.Status == SubscriptionStatus.Active);
        if (main?.PlanId == trial.PlanId)
        {
            draft.Replaced(trial, CancelReason.TrialConverted);
            var taken = Take(main, content);
            if (!SubscriptionEquality.Same(main, taken))
                draft.Updated(main, taken with { UpdatedAt = at });
            return taken;
        }

        if (main is not null)
            draft.Canceled(main, CancelReason.UpgradeOrDowngrade);
        var paying = content with
        {
            CancellationDate = null,
            // What bounded the trial does not bound what is paid for (spec subscriptions 8.1).
            Budget = content.HasTrialBudget ? null : content.Budget,
            HasTrialBudget = false,
        };
        var active = SubscriptionLifecycle.Activate(paying, at, anchor: at);
        var (after, cutoff) = Transition.Apply(product, trial, active, at, cycleRestarts: true);
        draft.CutOff(cutoff);
        draft.Converted(trial, after, reason);
        return after;
    }

    /// <summary>
    /// The paid subscription with what its plan's trial had beside it: the trial's add-ons and values join in,
    /// committed units are the larger ones. Nothing that is paid for gets less.
    /// </summary>
    public static Subscription Take(Subscription main, Subscription trial)
    {
        var addons = main.Addons.Select(held => trial.Addons.FirstOrDefault(a => a.Id == held.Id) is { } tried
            ? held with { Quantity = Math.Max(held.Quantity, tried.Quantity) }
            : held);
        var quantities = new Dictionary<FeatureId, decimal>(main.Quantities);
        foreach (var (feature, quantity) in trial.Quantities)
            quantities[feature] = Math.Max(quantity, quantities.GetValueOrDefault(feature));
        return main with
        {
            Addons = [.. addons, .. trial.Addons.Where(a => main.Addons.All(held => held.Id != a.Id))],
            Quantities = quantities,
            Overrides = [.. trial.Overrides,
                .. main.Overrides.Where(o => trial.Overrides.All(t => t.FeatureId != o.FeatureId))],
            CreditQuantities = main.CreditQuantities.Concat(trial.CreditQuantities).GroupBy(q => q.Key)
                .ToDictionary(q => q.Key, q => q.Max(each => each.Value)),
            CreditOverrides = [.. trial.CreditOverrides,
                .. main.CreditOverrides.Where(o => trial.CreditOverrides.All(t => t.CurrencyId != o.CurrencyId))],
            PriceOverrides = [.. main.PriceOverrides,
                .. trial.PriceOverrides.Where(o => main.PriceOverrides.All(held => held.Key != o.Key))],
        };
    }

    /// <summary>The same, with the versions of its add-ons.</summary>
    public static HeldSubscription Take(HeldSubscription main, HeldSubscription trial)
    {
        var addons = new Dictionary<PackageId, AddonVersions>(trial.Addons);
        foreach (var (id, versions) in main.Addons)
            addons[id] = versions;
        return main with { Subscription = Take(main.Subscription, trial.Subscription), Addons = addons };
    }
}
