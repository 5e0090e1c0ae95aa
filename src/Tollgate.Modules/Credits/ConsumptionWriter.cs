using System.Threading.Channels;
using Dapper;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Idempotency;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>
/// Group commit of direct consumptions, as of usage reports: one reader drains whatever is queued into one transaction, in
/// which each pool is loaded once and each grant written once, makes it durable once for all, publishes the balances and
/// answers each caller. Nothing waits on purpose: a group is what arrived during the last one.
/// </summary>
public sealed partial class ConsumptionWriter(
    Database database, OpenCreditBooks open, IdempotencyStore idempotency, ILogger<ConsumptionWriter> logger) : BackgroundService
{
    /// <summary>Requests that may wait; beyond it callers wait for room.</summary>
    private const int QueueLimit = 10_000;

    /// <summary>Requests in one transaction.</summary>
    private const int GroupLimit = 1_000;

    /// <summary>Consumptions in one transaction, each of which may lock a customer: PostgreSQL holds a few thousand locks.</summary>
    private const int ConsumptionLimit = 2_000;

    private readonly Channel<Pending> _queue = Channel.CreateBounded<Pending>(
        new BoundedChannelOptions(QueueLimit) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    /// <summary>Requests waiting for their group.</summary>
    public int QueueLength => _queue.Reader.Count;

    /// <summary>Answers when the consumptions are durable, or refused.</summary>
    /// <exception cref="DatabaseUnavailableException">They could not be stored, or the server is stopping.</exception>
    internal async Task<Result<IReadOnlyList<CreditsConsumed>>> WriteAsync(
        OperationScope scope, IReadOnlyList<CreditConsumption> consumptions, bool isAsync, CancellationToken cancellationToken)
    {
        var request = new Pending(scope, consumptions, isAsync);
        try
        {
            if (!_queue.Writer.TryWrite(request))
                await _queue.Writer.WriteAsync(request, cancellationToken);
        }
        catch (ChannelClosedException exception)
        {
            throw new DatabaseUnavailableException("The server is stopping; nothing was consumed.", exception);
        }

        // Not cancellable from here on: it may be in a transaction already, and its fate must be known.
        return await request.Answer.Task;
    }

    /// <summary>Takes no more requests, writes those that wait, and ends.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        if (ExecuteTask is { } running)
            await running.WaitAsync(cancellationToken);
        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        var group = new List<Pending>(GroupLimit);
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            while (Collect(group))
            {
                await RunAsync(group);
                group.Clear();
            }
        }
    }

    /// <summary>
    /// Fills the group with what is queued. A request under an Idempotency-Key is a group of its own, so that a key taken by
    /// another node undoes no other request.
    /// </summary>
    private bool Collect(List<Pending> group)
    {
        var consumptions = 0;
        while (group.Count < GroupLimit && _queue.Reader.TryPeek(out var next))
        {
            var alone = next.Scope.Idempotency is not null;
            if (group.Count > 0 && (alone || consumptions + next.Consumptions.Count > ConsumptionLimit))
                break;
            consumptions += next.Consumptions.Count;
            _queue.Reader.TryRead(out _);
            group.Add(next);
            if (alone)
                break;
        }

        return group.Count > 0;
    }

    private async Task RunAsync(List<Pending> group)
    {
        CreditBooks? books = null;
        try
        {
            var answers = await WriteAsync(group, opened => books = opened);
            Tell(group, (request, i) => request.Answer.TrySetResult(answers[i]));
        }
        catch (Exception exception)
        {
            if (exception is not (DatabaseUnavailableException or IdempotencyRaceException))
                LogGroupFailed(exception, group.Count);
            // A commit that answered nothing may have happened all the same.
            books?.DoubtAll();
            Tell(group, (request, _) => request.Answer.TrySetException(exception));
        }
    }

    private async Task<IReadOnlyList<Result<IReadOnlyList<CreditsConsumed>>>> WriteAsync(
        List<Pending> requests, Action<CreditBooks> opened)
    {
        var customers = requests
            .SelectMany(r => r.Consumptions.Select(c => new CustomerKey(r.Scope.EnvironmentId, c.CustomerId)))
            .Distinct()
            .ToArray();
        var answers = new List<Result<IReadOnlyList<CreditsConsumed>>>(requests.Count);
        CreditBooks? books = null;
        await database.WriteAsync(
            [.. customers.Select(c => UnitOfWork.CustomerLock(c.Environment, c.Customer))],
            async (session, token) =>
            {
                books = await open.ExecuteAsync(session, customers, token);
                opened(books);
                var group = new ConsumptionGroup(books, await StoredAsync(session, requests, token));
                foreach (var request in requests)
                {
                    var answer = group.Add(request.Scope, request.Consumptions, request.IsAsync);
                    if (request.Scope.Idempotency is { } claim && answer.TryGet(out var value, out _))
                    {
                        // What is rendered is what the use case will answer.
                        object rendered = request.IsAsync
                            ? new ConsumptionsAccepted(
                                value.Count(c => c.Outcome == ConsumptionOutcome.Consumed),
                                value.Count(c => c.Outcome == ConsumptionOutcome.Repeated),
                                value.Count(c => c.Outcome == ConsumptionOutcome.Conflict))
                            : value[0];
                        await idempotency.StoreAsync(session, request.Scope, claim, rendered, token);
                    }

                    answers.Add(answer);
                }

                // Refusals and repetitions change nothing, unless an Idempotency-Key has to be remembered.
                if (books.IsEmpty && group.Conflicts.Count == 0 && !requests.Exists(r => r.Scope.Idempotency is not null))
                    return false;
                await books.WriteAsync(null, token);
                await WriteConflictsAsync(session, group.Conflicts);
                return true;
            },
            CancellationToken.None);
        if (!books!.IsEmpty)
            books.Publish();
        return answers;
    }

    private async Task<IReadOnlyDictionary<ConsumptionKey, StoredConsumption>> StoredAsync(
        Session session, List<Pending> requests, CancellationToken cancellationToken) =>
        await open.Rows.FindConsumptionsAsync(
            session,
            [.. requests.SelectMany(r => r.Consumptions.Select(c => ConsumptionGroup.KeyOf(r.Scope, c))).Distinct()],
            cancellationToken);

    private static async Task WriteConflictsAsync(
        Session session, IReadOnlyList<(OperationScope Scope, CreditConsumption Consumption, string Message)> conflicts)
    {
        foreach (var (scope, consumption, message) in conflicts)
        {
            await session.Connection.ExecuteAsync(
                """
                INSERT INTO credit_conflicts (environment_id, customer_id, currency_id, consumption_key, amount, at, message)
                VALUES (@environment, @customer, @currency, @key, @amount, @at, @message)
                """,
                new
                {
                    environment = scope.EnvironmentId.Value,
                    customer = consumption.CustomerId.Value,
                    currency = consumption.CurrencyId.Value,
                    key = consumption.IdempotencyKey,
                    amount = consumption.Amount,
                    at = scope.Now.ToUnixTimeMilliseconds(),
                    message,
                },
                session.Transaction);
        }
    }

    /// <summary>
    /// Elsewhere, because the writer's time is everybody's, and one after the other, because waking a thread for each caller
    /// costs more than answering it.
    /// </summary>
    private static void Tell(List<Pending> group, Action<Pending, int> tell)
    {
        // A copy, because the list holds the next group by then.
        var requests = group.ToArray();
        ThreadPool.UnsafeQueueUserWorkItem(
            _ =>
            {
                for (var i = 0; i < requests.Length; i++)
                    tell(requests[i], i);
            },
            null);
    }

    [LoggerMessage(5001, LogLevel.Error, "A group of {Count} credit consumptions failed; their callers were told")]
    private partial void LogGroupFailed(Exception exception, int count);

    private sealed record Pending(OperationScope Scope, IReadOnlyList<CreditConsumption> Consumptions, bool IsAsync)
    {
        /// <summary>Continuations run where it is completed, so never by the writer itself.</summary>
        public TaskCompletionSource<Result<IReadOnlyList<CreditsConsumed>>> Answer { get; } = new();
    }
}
