using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Usage;

namespace Tollgate.Domain.Entitlements;

/// <summary>
/// Why a scope may or may not use a feature: the sources with their plan versions, each decision as a sentence, the
/// usage window, and what would change it next.
/// </summary>
public sealed record EntitlementExplanation
{
    public required Feature Feature { get; init; }
    public required bool IsGranted { get; init; }
    public AccessDeniedReason? DeniedReason { get; init; }

    /// <summary>Null when no live source says anything about the feature.</summary>
    public EffectiveEntitlement? Entitlement { get; init; }

    /// <summary>Every live source that speaks of the feature, the winner first.</summary>
    public IReadOnlyList<EntitlementSource> Sources { get; init; } = [];

    /// <summary>All subscriptions looked at, those that take no part included.</summary>
    public required IReadOnlyList<ConsideredSubscription> Considered { get; init; }

    /// <summary>One sentence per decision, in the order in which they were taken.</summary>
    public required IReadOnlyList<string> Decisions { get; init; }

    /// <summary>Null unless the feature is metered and in the set.</summary>
    public UsageWindow? Window { get; init; }

    /// <summary>Usage of the window in sold units; null unless metered.</summary>
    public decimal? CurrentUsage { get; init; }

    /// <summary>What may change the answer without anybody's request, the earliest first.</summary>
    public IReadOnlyList<ExpectedChange> NextChanges { get; init; } = [];

    /// <param name="set">The scope's entitlements at <paramref name="now"/>.</param>
    /// <param name="feature">The feature asked about.</param>
    /// <param name="rawUsage">Usage of the current window in raw units; ignored unless the feature is metered.</param>
    /// <param name="now">The instant explained.</param>
    /// <param name="isBudgetExhausted">The hard budget of the winning subscription is used up.</param>
    /// <param name="rawHeld">What reservations hold, in raw units: the limit counts it like usage.</param>
    public static EntitlementExplanation Of(
        EntitlementSet set, Feature feature, decimal rawUsage, Instant now, bool isBudgetExhausted = false,
        decimal rawHeld = 0)
    {
        var entitlement = set.Find(feature.Id);
        var facts = new CheckFacts
        {
            HasNoLiveSubscription = !set.HasLiveSubscription,
            IsBudgetExhausted = isBudgetExhausted,
        };
        var usage = SoldUnits.Of(rawUsage, feature.UnitTransformation);
        var taken = SoldUnits.Of(rawUsage + rawHeld, feature.UnitTransformation);
        var outcome = EntitlementCheck.Evaluate(facts, entitlement, taken, requestedUsage: 0, []);
        var isCounted = feature.IsMetered && entitlement is { IsGranted: true };
        var window = isCounted ? entitlement!.WindowAt(now) : (UsageWindow?)null;
        return new()
        {
            Feature = feature,
            IsGranted = outcome.IsGranted,
            DeniedReason = outcome.DeniedReason,
            Entitlement = entitlement,
            Sources = entitlement?.Sources ?? [],
            Considered = set.Considered,
            Decisions = [.. ExplanationSentences.Of(set, feature, entitlement, outcome, usage, taken)],
            Window = window,
            CurrentUsage = isCounted ? usage : null,
            NextChanges = [.. NextOf(set, entitlement, window)],
        };
    }

    private static IEnumerable<ExpectedChange> NextOf(
        EntitlementSet set, EffectiveEntitlement? entitlement, UsageWindow? window)
    {
        if (entitlement is null)
        {
            return set.ValidUntil is { } at
                ? [new(at, null, $"At {at} a subscription or promotion changes, which may grant the feature.")]
                : [];
        }

        var changes = entitlement.Changes.AsEnumerable();
        if (window?.NextReset is { } reset)
            changes = changes.Append(new(reset, EntitlementChangeKind.WindowReset, entitlement.Winner.SubscriptionId));
        return changes.OrderBy(change => change.At)
            .Select(change => new ExpectedChange(change.At, change.Kind, ExplanationSentences.Of(change)));
    }
}

/// <summary>
/// A future instant and, in a sentence, what happens then; the kind is null when only the instant is known.
/// </summary>
public sealed record ExpectedChange(Instant At, EntitlementChangeKind? Kind, string Sentence);
