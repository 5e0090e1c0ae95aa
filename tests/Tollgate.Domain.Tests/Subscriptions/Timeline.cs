using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

/// <summary>One step of time: what was due and what it did.</summary>
internal sealed record AdvanceStep(Due Due, SubscriptionDecision Decision);

/// <summary>What the worker does, without a database: everything due of one customer, in time order.</summary>
internal static class Timeline
{
    /// <param name="notEnded">All of the customer's subscriptions that have not ended.</param>
    /// <param name="journeyOf">The product of a subscription.</param>
    /// <param name="until">The instant to advance to.</param>
    /// <param name="ids">Identities of fallback subscriptions.</param>
    /// <param name="plans">The latest version of each plan, for scheduled updates.</param>
    public static IReadOnlyList<AdvanceStep> Run(
        IReadOnlyList<Subscription> notEnded, Func<ProductId, JourneyFacts> journeyOf, Instant until, IdSource ids,
        params PackageVersion[] plans)
    {
        var steps = new List<AdvanceStep>();
        var all = notEnded;
        var ended = new Dictionary<(ProductId, ResourceId?), Subscription>();
        while (Due.NextOf(all, until) is var (subscription, due))
        {
            var key = (subscription.ProductId, subscription.ResourceId);
            var scope = all.Where(s => (s.ProductId, s.ResourceId) == key).ToList();
            var journey = journeyOf(subscription.ProductId);
            var facts = new AdvanceFacts(journey, scope, ended.GetValueOrDefault(key))
            {
                Scheduled = due.Kind == DueKind.ScheduledUpdate ? Scheduled(subscription, scope, journey, plans) : null,
            };
            var decision = AdvanceSubscription.Step(subscription, due, facts, ids);
            foreach (var over in decision.Changed.Where(s => s.IsEnded))
                ended[key] = over;
            steps.Add(new(due, decision));
            all = decision.Apply(all);
        }

        return steps;
    }

    private static ScheduledFacts Scheduled(
        Subscription subscription, IReadOnlyList<Subscription> scope, JourneyFacts journey, PackageVersion[] plans)
    {
        PackageVersion Plan(PackageId id) => plans.Single(p => p.Id == id && p.Kind == PackageKind.Plan);
        var addons = Given.Addons([.. plans.Where(p => p.Kind == PackageKind.Addon)]);
        HeldSubscription Held(Subscription s) =>
            Given.Held(s, Plan(s.PlanId), [.. s.Addons.Select(a => addons.Latest[a.Id])]);
        var features = Given.Features(Given.Feature(Given.Seats));
        var held = Held(subscription);
        return new()
        {
            Held = held,
            Provision = ExecuteUpdates.PlanRequest(subscription) is { } request
                ? Given.Provision(Plan(request.PlanId), [.. scope.Select(Held)]) with
                {
                    Journey = journey,
                    Features = features,
                    Addons = addons,
                }
                : null,
            Update = new(held, journey, features, scope) { Addons = addons },
            Migration = new(held, journey, Given.Facts(Plan(subscription.PlanId)), addons.Latest,
                Given.Provision(Plan(subscription.PlanId), [.. scope.Select(Held)]) with { Journey = journey }),
        };
    }
}
