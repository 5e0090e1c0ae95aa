using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog;

namespace Tollgate.Modules.Subscriptions.Bills;

/// <summary>Usage charges of a subscription on demand (spec subscriptions 22).</summary>
public sealed class SubscriptionUsage(
    UnitOfWork unitOfWork, CatalogReader catalog, DecisionWriter writer, AdvanceSubscriptions advance)
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
                return new ChargedUsage(
                    subscription.Id,
                    new(start, billed.Decision.Subject.UsageBilledUntil ?? start),
                    billed.Invoices.FirstOrDefault());
            },
            cancellationToken);

    /// <summary>
    /// Tells the billing provider the usage so far; false when there is nobody to tell: the built-in billing measures
    /// when it makes a bill.
    /// </summary>
    public Task<Result<bool>> SyncAsync(OperationScope scope, SubscriptionId id, CancellationToken cancellationToken) =>
        _transaction.RunAsync<bool>(
            scope,
            id,
            (_, subscription, _, _) => Task.FromResult(
                SubscriptionLifecycle.CheckNotEnded(subscription) is { } ended ? ended : Result<bool>.Ok(false)),
            cancellationToken);
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
