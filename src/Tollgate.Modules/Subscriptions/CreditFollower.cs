using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>
/// Finds which credits follow from a decision (spec credits 8). What is due is decided by
/// <see cref="RecurringCredits"/>; here its facts are read.
/// </summary>
public sealed class CreditFollower(CatalogReader catalog)
{
    private readonly PlanFactsReader _plans = new(catalog);

    /// <summary>The decision with the credit cycles of its records, and what pools are told.</summary>
    internal async Task<(SubscriptionDecision Decision, IReadOnlyList<CreditInstruction> Instructions)> FollowAsync(
        Session session, EnvironmentId environment, SubscriptionDecision decision, Instant at)
    {
        var records = new List<Subscription>();
        var instructions = new List<CreditInstruction>();
        foreach (var change in decision.Changes)
        {
            if (IsSilent(change))
                continue;
            var contributions = change.After.IsLive
                ? await ContributionsAsync(session, environment, change.After, at)
                : [];
            var followed = RecurringCredits.Follow(change, contributions, at, Guid.CreateVersion7);
            if (!SubscriptionEquality.Same(followed.After, change.After))
                records.Add(followed.After);
            instructions.AddRange(followed.Instructions);
        }

        return (records.Count == 0 ? decision : decision.With(records), instructions);
    }

    /// <summary>Changes that never touch credits.</summary>
    private static bool IsSilent(SubscriptionChange change) =>
        change.Reason is ChangeReason.Noticed or ChangeReason.UsageCharged
        || (change is { Before: null or { IsLive: false }, After.IsLive: false });

    private async Task<IReadOnlyList<CreditContribution>> ContributionsAsync(
        Session session, EnvironmentId environment, Subscription subscription, Instant at)
    {
        var content = PlanFactsReader.ContentOf(await _plans.HeldAsync(session, environment, subscription));
        var dependencies = CreditContributions.Dependencies(content);
        return CreditContributions.Of(
            content,
            dependencies.Count == 0
                ? new Dictionary<FeatureId, Domain.Catalog.Feature>()
                : await _plans.FeaturesAsync(session, environment, dependencies),
            at);
    }
}
