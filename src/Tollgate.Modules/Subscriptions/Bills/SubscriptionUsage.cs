using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing.Sync;
using Tollgate.Modules.Catalog;

namespace Tollgate.Modules.Subscriptions.Bills;

/// <summary>Usage charges of a subscription on demand (spec subscriptions 22).</summary>
public sealed class SubscriptionUsage(
    UnitOfWork unitOfWork, CatalogReader catalog, DecisionWriter writer, DecisionBiller biller, SyncOutbox outbox,
    AdvanceSubscriptions advance)
{
    private readonly PlanFactsReader _plans = new(catalog);
    private readonly SubscriptionTransaction _transaction = new(unitOfWork, advance);

    /// <summary>
    /// Bills the usage since it was billed last. The bills of a billing month come to the price of the month, however often
    /// it is charged on the way.
    /// </summary>
    /// <param name="scope">Who asks, where and when.</param>
    /// <param name="id">The subscription.</param>
    /// <param name="until">Usage before it is billed; null = now.</param>
    /// <param name="cancellationToken">Stops the request.</param>
    public Task<Result<ChargedUsage>> ChargeAsync(
        OperationScope scope, SubscriptionId id, Instant? until, CancellationToken cancellationToken) =>
        _transaction.RunAsync<ChargedUsage>(
            scope,
            id,
            async (work, subscription, records, token) =>
            {
                var journey = await _plans.JourneyAsync(
                    work.Session, scope.EnvironmentId, subscription, records);
                if (!ChargeUsage.Decide(subscription, until, journey, scope.Now).TryGet(out var decision, out var refusal))
                    return refusal;
                var billed = await writer.WriteAsync(
                    work, subscription.CustomerId, records, decision, BillingChoices.Default, token);
                var start = subscription.UsageBilledUntil ?? until ?? scope.Now;
                if (!decision.IsNoChange)
                    work.Record(Triggered(subscription, start, billed));
                return new ChargedUsage(
                    subscription.Id,
                    new(start, billed.Decision.Subject.UsageBilledUntil ?? start),
                    billed.Invoices.FirstOrDefault());
            },
            cancellationToken);

    private static DomainEvent Triggered(Subscription subscription, Instant from, BilledDecision billed) => new(
        EventType.SubscriptionUsageChargeTriggered, EntityKind.Subscription, subscription.Id.Value, subscription.CustomerId,
        null, null)
    {
        Facts = new Dictionary<string, string>(
            billed.Invoices.Count > 0 ? [new("invoiceId", billed.Invoices[0].Uid.ToString())] : [])
        {
            ["periodStart"] = from.ToString(),
            ["periodEnd"] = (billed.Decision.Subject.UsageBilledUntil ?? from).ToString(),
        },
    };

    /// <summary>
    /// Tells the billing provider, after this commits, the usage that is not billed yet; false when there is nobody to tell: the
    /// built-in billing measures when it makes a bill, and what is not charged at all is nothing to tell.
    /// </summary>
    public Task<Result<bool>> SyncAsync(OperationScope scope, SubscriptionId id, CancellationToken cancellationToken) =>
        _transaction.RunAsync<bool>(
            scope,
            id,
            async (work, subscription, records, _) =>
            {
                if (SubscriptionLifecycle.CheckNotEnded(subscription) is { } ended)
                    return ended;
                var payer = subscription.PayingCustomerId ?? subscription.CustomerId;
                if (!await outbox.TakesUsageAsync(work, payer) || !IsCharged(subscription))
                    return false;
                var journey = await _plans.JourneyAsync(
                    work.Session, scope.EnvironmentId, subscription, records);
                // Planned as a charge of this instant would be, and not made.
                if (!ChargeUsage.Decide(subscription, null, journey, scope.Now).TryGet(out var decision, out var refusal))
                    return refusal;
                var bill = await biller.PlanAsync(work, decision, scope.Now, BillingChoices.Default);
                foreach (var draft in bill.Drafts.Select(d => d.Draft))
                    await outbox.MarkUsageAsync(work, draft.PayerId, draft.Currency, draft.Lines);
                return true;
            },
            cancellationToken);

    private static bool IsCharged(Subscription subscription) => subscription is
    {
        Status: SubscriptionStatus.Active,
        PricingType: PricingType.Paid,
        PaymentCollectionMethod: not PaymentCollectionMethod.None,
    };
}

/// <summary>What a charge on demand came to.</summary>
/// <param name="SubscriptionId">Whose usage.</param>
/// <param name="Window">The stretch that is billed now; empty when all was billed before.</param>
/// <param name="Invoice">Null when nothing had to be paid.</param>
public sealed record ChargedUsage(SubscriptionId SubscriptionId, BillingWindow Window, Invoice? Invoice)
{
    /// <summary>Of each feature, the sold units that the bill is for.</summary>
    public IEnumerable<(FeatureId Feature, decimal Units)> Charged =>
        (Invoice?.Lines ?? []).Where(line => line is { Usage: not null, Key.FeatureId: not null })
            .GroupBy(line => line.Key!.Value.FeatureId!.Value, (feature, lines) => (feature, lines.Sum(l => l.Usage!.Value)));
}
