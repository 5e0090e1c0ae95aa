using Microsoft.Extensions.Logging;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Subscriptions.Bills;
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
    DraftBills drafts,
    Invoicing invoicing,
    IDuePromotions promotions,
    ILogger<AdvanceSubscriptions> log)
    : IDueWork, ICustomerDueWork
{
    /// <summary>Customers in one transaction, which holds their locks; on SQLite others wait for it to write.</summary>
    private const int MostTogether = 64;

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
        var run = new DueRun();
        var position = DuePosition.First;
        while (run.Moved < most)
        {
            var after = position;
            var due = await unitOfWork.Database.ReadAsync(
                (session, _) => _dues.ListAsync(
                    session, environment.Id, after, until, Math.Min(MostTogether, most - run.Moved)),
                cancellationToken);
            if (due.Count == 0)
                break;
            position = await RunAsync(environment, due, run, cancellationToken);
        }

        return run.Failed.Count == 0
            ? run.Done
            : throw new AggregateException(
                $"Due work of {run.Failed.Count} customers failed: {string.Join(", ", run.Failed.Keys.Take(10))}.",
                run.Failed.Values);
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

    /// <summary>The same up to an instant that may lie ahead of now.</summary>
    internal Task AdvanceAsync(Work work, CustomerId customer, Instant until, CancellationToken cancellationToken) =>
        AdvanceAsync(work, customer, until, mayHavePromotions: true, cancellationToken);

    /// <summary>The first of these dues, in one transaction where that is safe; where the list goes on.</summary>
    private async Task<DuePosition> RunAsync(
        AccountEnvironment environment, IReadOnlyList<DueCustomer> due, DueRun run, CancellationToken cancellationToken)
    {
        if (due.Count > 1 && invoicing.IsUndoneWithItsTransaction)
        {
            try
            {
                var together = new DueRun();
                var position = await RunTogetherAsync(environment, due, together, cancellationToken);
                run.Add(together);
                return position;
            }
            catch (Exception exception) when (exception is not (OperationCanceledException or DatabaseUnavailableException))
            {
                // One of them fails, and nothing was done: alone, only that one fails.
            }
        }

        var last = DuePosition.First;
        Instant? nextDue = null;
        foreach (var (instant, customer, position) in due)
        {
            if (nextDue <= instant)
                break;
            last = position;
            try
            {
                var advanced = await RunAsync(environment, customer, instant, cancellationToken);
                run.Add(advanced);
                nextDue = Earlier(nextDue, advanced.Next);
            }
            catch (Exception exception) when (exception is not (OperationCanceledException or DatabaseUnavailableException))
            {
                run.Failed[customer] = exception;
            }
        }

        return last;
    }

    /// <summary>
    /// As many of them as do not make something due that comes before the next: what falls due is done in the order of time.
    /// </summary>
    private async Task<DuePosition> RunTogetherAsync(
        AccountEnvironment environment, IReadOnlyList<DueCustomer> due, DueRun run, CancellationToken cancellationToken)
    {
        var customers = due.Select(d => d.Customer).Distinct().ToList();
        var last = DuePosition.First;
        await unitOfWork.WriteTogetherAsync(
            [.. due.Select(d => Scope(environment, d.Due))],
            [UnitOfWork.CatalogInUse(environment.Id), .. customers.Select(c => UnitOfWork.CustomerLock(environment.Id, c))],
            async (works, token) =>
            {
                await KeepAsync(works[0].Session, environment.Id, customers);
                var promoted = await promotions.DueAmongAsync(works[0].Session, environment.Id, customers, due[^1].Due);
                Instant? nextDue = null;
                for (var i = 0; i < due.Count && !(nextDue <= due[i].Due); i++)
                {
                    var advanced = await AdvanceAsync(
                        works[i], due[i].Customer, due[i].Due, promoted.Contains(due[i].Customer), token);
                    run.Add(advanced);
                    nextDue = Earlier(nextDue, advanced.Next);
                    last = due[i].Position;
                }
            },
            cancellationToken);
        return last;
    }

    /// <summary>Reads ahead what will be asked for customer by customer.</summary>
    private async Task KeepAsync(Session session, EnvironmentId environment, IReadOnlyCollection<CustomerId> customers)
    {
        await _store.KeepAsync(session, environment, customers);
        var payers = new HashSet<CustomerId>();
        foreach (var customer in customers)
        {
            payers.UnionWith((await _store.ListLockedAsync(session, environment, customer))
                .Where(row => !row.Value.IsEnded || row.Value.DraftBills.Count > 0).Select(row => row.Value.PayingCustomerId ?? customer));
        }

        await reader.KeepAsync(session, environment, payers);
        await invoicing.KeepAsync(session, environment, payers);
    }

    /// <summary>One instant of one customer in its own transaction.</summary>
    private async Task<Advanced> RunAsync(
        AccountEnvironment environment, CustomerId customer, Instant instant, CancellationToken cancellationToken)
    {
        var result = await unitOfWork.WriteAsync<Advanced>(
            Scope(environment, instant),
            [UnitOfWork.CatalogInUse(environment.Id), UnitOfWork.CustomerLock(environment.Id, customer)],
            async (work, token) => await AdvanceAsync(work, customer, instant, mayHavePromotions: true, token),
            cancellationToken);
        return result.Value;
    }

    private static OperationScope Scope(AccountEnvironment environment, Instant instant) =>
        new(environment, Actor.Scheduler, Guid.CreateVersion7(), instant);

    private async Task<Advanced> AdvanceAsync(
        Work work, CustomerId customer, Instant until, bool mayHavePromotions, CancellationToken cancellationToken)
    {
        var environment = work.Scope.EnvironmentId;
        Instant? promotedUntil = mayHavePromotions ? null : until;
        Instant? nextPromotion = null;
        for (var steps = 0; ; steps++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var records = new SubscriptionRecords(await _store.ListLockedAsync(work.Session, environment, customer));
            var next = Due.NextOf(records.All, until);
            // At one instant promotional entitlements end before subscriptions do (spec subscriptions 3.4).
            var upTo = next?.Due.At ?? until;
            if (promotedUntil is not { } promoted || promoted < upTo)
            {
                var promotionSteps = await promotions.AdvanceAsync(work, customer, upTo);
                if (promotionSteps > 0)
                    nextPromotion = await promotions.NextDueAsync(work.Session, environment, customer);
                steps += promotionSteps;
                promotedUntil = upTo;
            }

            if (next is not var (subscription, due))
                return new(steps, Earlier(NextOf(records.All), nextPromotion));
            if (due.Kind == DueKind.BillFinal)
            {
                var issued = await drafts.FinalizeDueAsync(work, subscription, due.At, cancellationToken);
                var left = records.All.Select(s => s.Uid == issued.Uid ? issued : s).ToList();
                if (promotedUntil >= until && !(NextOf(left) <= until))
                    return new(steps + 1, Earlier(NextOf(left), nextPromotion));
                continue;
            }

            var (product, resource) = (subscription.ProductId, subscription.ResourceId);
            var facts = new AdvanceFacts(
                await _plans.JourneyAsync(work.Session, environment, subscription, records),
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

            var written = await writer.WriteDueAsync(work, customer, records, decision, due.At, cancellationToken);
            var held = written.Concat(records.All.ExceptBy(written.Select(s => s.Uid), s => s.Uid)).ToList();
            // Most have nothing else to do at the instant: then what was written need not be read again.
            if (promotedUntil >= until && !(NextOf(held) <= until))
                return new(steps + 1, Earlier(NextOf(held), nextPromotion));
        }
    }

    private static Instant? NextOf(IEnumerable<Subscription> subscriptions) =>
        subscriptions.Min(s => Due.Next(s)?.At);

    private static Instant? Earlier(Instant? left, Instant? right) =>
        left is { } a && right is { } b ? Instant.Min(a, b) : left ?? right;

    private Task<SubscriptionDecision> DecideAsync(
        Work work, SubscriptionRecords records, Subscription subscription, Due due, AdvanceFacts facts) =>
        SubscriptionIds.DecideAsync(
            _store, work, records.Uids, ids => AdvanceSubscription.Step(subscription, due, facts, ids), d => d);

    [LoggerMessage(4101, LogLevel.Error, "Due work in environment {Environment} failed before it was listed: {Reason}")]
    private partial void LogFailed(Exception exception, string environment, string reason);
}
