using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions.Bills;

/// <summary>What a subscription will be once its scheduled updates are carried out; nothing is written.</summary>
internal sealed class WaitingUpdates(CatalogReader catalog, CustomerReader customers)
{
    private readonly SubscriptionStore _store = new();
    private readonly PlanFactsReader _plans = new(catalog);
    private readonly RequestFacts _facts = new(catalog, customers);

    /// <summary>
    /// The subscription after everything that waits for an instant up to <paramref name="until"/>, by today's catalog; the
    /// same object when nothing does.
    /// </summary>
    public async Task<Subscription> DoneByAsync(
        Session session, EnvironmentId environment, Subscription subscription, Instant until)
    {
        if (NextAt(subscription) is not { } first || first > until)
            return subscription;
        var records = new SubscriptionRecords(
            await _store.ListOfCustomerAsync(session, environment, subscription.CustomerId));
        var then = subscription;
        while (NextAt(then) is { } at && at <= until)
        {
            var facts = new AdvanceFacts(
                await _plans.JourneyAsync(session, environment, then, records),
                [.. records.Open(then.ProductId, then.ResourceId).Select(s => s.Uid == then.Uid ? then : s)])
            {
                Scheduled = await _facts.OfScheduledAsync(session, environment, then, records),
            };
            then = AdvanceSubscription.Step(then, new(at, DueKind.ScheduledUpdate), facts, SubscriptionIds.Random).Subject;
        }

        return then;
    }

    private static Instant? NextAt(Subscription subscription)
    {
        var waiting = subscription.FutureUpdates.Where(update => update.IsScheduled).ToList();
        return waiting.Count == 0 ? null : waiting.Min(update => update.ExecuteAt);
    }
}
