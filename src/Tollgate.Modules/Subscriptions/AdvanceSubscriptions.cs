using Microsoft.Extensions.Logging;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;
using Tollgate.Modules.EventLog;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>
/// Brings subscriptions to what they are by an instant: does, in time order, what fell due (spec subscriptions 3.4). Each
/// change is decided under the customer's lock from what is stored then, so two workers never do the same one twice.
/// </summary>
public sealed partial class AdvanceSubscriptions(
    UnitOfWork unitOfWork,
    CatalogReader catalog,
    CustomerReader reader,
    DecisionWriter writer,
    IDuePromotions promotions,
    ILogger<AdvanceSubscriptions> log)
    : IDueWork, ICustomerDueWork
{
    private const int BatchSize = 200;

    private readonly SubscriptionStore _store = new();
    private readonly CustomerDues _dues = new(promotions);
    private readonly PlanFactsReader _plans = new(catalog);
    private readonly RequestFacts _facts = new(catalog, reader);

    /// <summary>Everything of one customer that is due up to and including <paramref name="now"/>; a look when nothing is.</summary>
    public async Task CustomerAsync(
        AccountEnvironment environment, CustomerId customer, Instant now, CancellationToken cancellationToken)
    {
        while (true)
        {
            var due = await unitOfWork.Database.ReadAsync(
                (session, _) => _dues.NextAsync(session, environment.Id, customer), cancellationToken);
            if (due is not { } at || at > now)
                return;
            await RunAsync(environment, customer, at, cancellationToken);
        }
    }

    public Task<Instant?> NextDueAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync((session, _) => _dues.NextAsync(session, environment), cancellationToken);

    /// <inheritdoc />
    /// <exception cref="AggregateException">Some customers could not be advanced; all others were.</exception>
    public Task<int> RunDueAsync(AccountEnvironment environment, Instant until, CancellationToken cancellationToken) =>
        RunSomeDueAsync(environment, until, int.MaxValue, cancellationToken);

    /// <inheritdoc />
    /// <exception cref="AggregateException">Some customers could not be advanced; the others were.</exception>
    public async Task<int> RunSomeDueAsync(
        AccountEnvironment environment, Instant until, int most, CancellationToken cancellationToken)
    {
        // Only customers that moved count: those that fail are tried in every round and must not keep the others waiting.
        var (done, moved) = (0, 0);
        var failed = new Dictionary<CustomerId, Exception>();
        while (moved < most && await ListDueAsync(environment, until, failed, cancellationToken) is { Count: > 0 } batch)
        {
            var instant = batch[0].Due;
            foreach (var (customer, _) in batch.TakeWhile(due => due.Due == instant && moved < most))
            {
                try
                {
                    done += await RunAsync(environment, customer, instant, cancellationToken);
                    moved++;
                }
                catch (Exception exception)
                    when (exception is not (OperationCanceledException or DatabaseUnavailableException))
                {
                    failed[customer] = exception;
                }
            }
        }

        return failed.Count == 0
            ? done
            : throw new AggregateException(
                $"Due work of {failed.Count} customers failed: {string.Join(", ", failed.Keys.Take(10))}.", failed.Values);
    }

    /// <summary>
    /// The same for a request that looks at many customers: one whose due work fails is logged and shown as it is stored,
    /// and takes nothing from the others.
    /// </summary>
    public async Task CatchUpAsync(AccountEnvironment environment, Instant now, CancellationToken cancellationToken)
    {
        try
        {
            await RunDueAsync(environment, now, cancellationToken);
        }
        catch (AggregateException failures)
        {
            LogFailed(failures, environment.Name, failures.Message);
        }
    }

    public async Task AdvanceAsync(Work work, CustomerId customer, CancellationToken cancellationToken) =>
        await AdvanceAsync(work, customer, work.Scope.Now, cancellationToken);

    /// <summary>One instant of one customer in its own transaction; the number of changes.</summary>
    private async Task<int> RunAsync(
        AccountEnvironment environment, CustomerId customer, Instant instant, CancellationToken cancellationToken)
    {
        var scope = new OperationScope(environment, Actor.Scheduler, Guid.CreateVersion7(), instant);
        var result = await unitOfWork.WriteAsync<int>(
            scope,
            [UnitOfWork.CustomerLock(environment.Id, customer)],
            async (work, token) => await AdvanceAsync(work, customer, instant, token),
            cancellationToken);
        return result.Value;
    }

    /// <summary>Everything of one customer up to and including an instant, which a preview may set later than now.</summary>
    internal async Task<int> AdvanceAsync(
        Work work, CustomerId customer, Instant until, CancellationToken cancellationToken)
    {
        var environment = work.Scope.EnvironmentId;
        if (await _dues.NextAsync(work.Session, environment, customer) is not { } first || first > until)
            return 0;
        for (var steps = 0; ; steps++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var records = new SubscriptionRecords(await _store.ListOfCustomerAsync(work.Session, environment, customer));
            var next = Due.NextOf(records.All, until);
            // At one instant promotional entitlements end before subscriptions do (spec subscriptions 3.4).
            steps += await promotions.AdvanceAsync(work, customer, next?.Due.At ?? until);
            if (next is not var (subscription, due))
                return steps;
            var (product, resource) = (subscription.ProductId, subscription.ResourceId);
            var facts = new AdvanceFacts(
                await _plans.JourneyAsync(work.Session, environment, product, records),
                records.Open(product, resource),
                records.LastEnded(product, resource))
            {
                Scheduled = due.Kind == DueKind.ScheduledUpdate
                    ? await _facts.OfScheduledAsync(work.Session, environment, subscription, records)
                    : null,
            };
            var decision = await DecideAsync(work, records, subscription, due, facts);
            if (due.Kind == DueKind.TrialEnd && await writer.IsMethodMissingAsync(work, decision, due.At))
            {
                decision = await DecideAsync(
                    work, records, subscription, due, facts with { IsPaymentMissing = true });
            }

            await writer.WriteDueAsync(work, customer, records, decision, due.At, cancellationToken);
        }
    }

    private Task<SubscriptionDecision> DecideAsync(
        Work work, SubscriptionRecords records, Subscription subscription, Due due, AdvanceFacts facts) =>
        SubscriptionIds.DecideAsync(
            _store, work, records.Uids, ids => AdvanceSubscription.Step(subscription, due, facts, ids), d => d);

    private async Task<IReadOnlyList<(CustomerId Customer, Instant Due)>> ListDueAsync(
        AccountEnvironment environment, Instant until, Dictionary<CustomerId, Exception> failed,
        CancellationToken cancellationToken)
    {
        var due = await unitOfWork.Database.ReadAsync(
            (session, _) => _dues.ListAsync(session, environment.Id, until, BatchSize + failed.Count), cancellationToken);
        return [.. due.Where(d => !failed.ContainsKey(d.Customer))];
    }

    [LoggerMessage(4101, LogLevel.Error, "Due work in environment {Environment} failed before it was listed: {Reason}")]
    private partial void LogFailed(Exception exception, string environment, string reason);
}
