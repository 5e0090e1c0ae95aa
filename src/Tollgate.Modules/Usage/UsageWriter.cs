using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Changes;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Idempotency;
using Tollgate.Modules.Usage.Events;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage;

/// <summary>
/// Group commit of usage reports: one reader drains whatever is queued into one transaction, makes it durable once for all,
/// publishes the new levels and answers each caller. Nothing waits on purpose: a group is what arrived during the last one.
/// </summary>
public sealed partial class UsageWriter : BackgroundService
{
    /// <summary>Requests that may wait; beyond it callers wait for room.</summary>
    private const int QueueLimit = 10_000;

    /// <summary>Requests in one transaction.</summary>
    private const int GroupLimit = 1_000;

    /// <summary>Reports in one transaction, each of which may lock a customer: PostgreSQL holds a few thousand locks.</summary>
    private const int ReportLimit = 2_000;

    private readonly Channel<PendingRequest> _queue = Channel.CreateBounded<PendingRequest>(
        new BoundedChannelOptions(QueueLimit) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly UsageStore _store = new();
    private readonly Database _database;
    private readonly IdempotencyStore _idempotency;
    private readonly ChangeFeed _changes;
    private readonly UsageLevels _levels;
    private readonly ILogger<UsageWriter> _logger;
    private readonly IUsageRows _rows;
    private readonly BudgetSpending _spending;
    private readonly AppendEvents _events;
    private readonly BurnCredits _credits;
    private readonly UsageNotices _notices;

    public UsageWriter(
        Database database,
        IdempotencyStore idempotency,
        ChangeFeed changes,
        UsageLevels levels,
        BudgetSpending spending,
        AppendEvents events,
        BurnCredits credits,
        UsageNotices notices,
        ILogger<UsageWriter> logger)
    {
        _spending = spending;
        _events = events;
        _credits = credits;
        _notices = notices;
        _database = database;
        _idempotency = idempotency;
        _changes = changes;
        _levels = levels;
        _logger = logger;
        _rows = database.Kind == DatabaseKind.Sqlite ? new SqliteUsageRows() : new PostgreSqlUsageRows();
    }

    /// <summary>Requests waiting for their group.</summary>
    public int QueueLength => _queue.Reader.Count;

    /// <summary>Answers when what <paramref name="run"/> does to a group is durable, or refused.</summary>
    /// <param name="scope">Who asks.</param>
    /// <param name="plans">The reports it may make.</param>
    /// <param name="held">The counters of which it matters what reservations hold.</param>
    /// <param name="run">Run while the customers are locked; a refusal has changed nothing.</param>
    /// <param name="cancellationToken">Ends the wait for room in the queue.</param>
    /// <exception cref="DatabaseUnavailableException">It could not be stored, or the server is stopping.</exception>
    internal async Task<Result<T>> WriteAsync<T>(
        OperationScope scope,
        IReadOnlyList<PlannedMeasurement> plans,
        IReadOnlyList<UsageCell> held,
        Func<UsageGroup, Task<Result<T>>> run,
        CancellationToken cancellationToken)
        where T : class
    {
        var request = new PendingRequest<T>(scope, plans, held, run);
        try
        {
            if (!_queue.Writer.TryWrite(request))
                await _queue.Writer.WriteAsync(request, cancellationToken);
        }
        catch (ChannelClosedException exception)
        {
            throw new DatabaseUnavailableException("The server is stopping; nothing was recorded.", exception);
        }

        // Not cancellable from here on: the report may be in a transaction already, and its fate must be known.
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
        var group = new List<PendingRequest>(GroupLimit);
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
    private bool Collect(List<PendingRequest> group)
    {
        var reports = 0;
        while (group.Count < GroupLimit && _queue.Reader.TryPeek(out var next))
        {
            var alone = next.Scope.Idempotency is not null;
            if (group.Count > 0 && (alone || reports + next.Plans.Count > ReportLimit))
                break;
            reports += next.Plans.Count;
            _queue.Reader.TryRead(out _);
            group.Add(next);
            if (alone)
                break;
        }

        return group.Count > 0;
    }

    private async Task RunAsync(List<PendingRequest> group)
    {
        try
        {
            await WriteAsync(group);
        }
        catch (Exception exception)
        {
            if (exception is not (DatabaseUnavailableException or IdempotencyRaceException))
                LogGroupFailed(exception, group.Count);
            // A commit that answered nothing may have happened all the same.
            _levels.DoubtAll(group.SelectMany(request => request.Cells));
            Tell(group, request => request.Fail(exception));
        }
    }

    private async Task WriteAsync(List<PendingRequest> requests)
    {
        var locks = requests.SelectMany(r => r.Cells).Select(c => (c.Key.Environment, c.Key.Customer)).Distinct().ToArray();
        UsageGroup? group = null;
        var isCommitted = false;
        try
        {
            isCommitted = await WriteAsync(requests, locks, made => group = made);
        }
        finally
        {
            if (!isCommitted)
                group?.Doubt();
        }

        if (!group!.IsEmpty)
        {
            group.Publish();
            _levels.Published(group.Cells);
        }

        Tell(requests, request => request.Tell());
    }

    /// <summary>One transaction; false when it had nothing to write.</summary>
    private async Task<bool> WriteAsync(
        List<PendingRequest> requests, (EnvironmentId Environment, CustomerId Customer)[] locks, Action<UsageGroup> made)
    {
        var isWritten = false;
        await _database.WriteAsync(
            [.. locks.Select(l => UnitOfWork.CustomerLock(l.Environment, l.Customer))],
            async (session, token) =>
            {
                var group = new UsageGroup(session, _rows, _store, _spending, _levels, _credits);
                made(group);
                await group.LoadAsync(
                    [.. requests.SelectMany(r => r.Plans)],
                    [.. requests.SelectMany(r => r.Held.Select(cell => (cell, r.Scope.Now)))],
                    token);
                var values = new List<object?>(requests.Count);
                foreach (var request in requests)
                    values.Add(await request.RunAsync(group));
                await group.BurnAsync(token);
                foreach (var (request, value) in requests.Zip(values))
                {
                    if (request.Scope.Idempotency is { } claim && value is not null)
                        await _idempotency.StoreAsync(session, request.Scope, claim, value, token);
                }

                // Refusals and replays change nothing, unless an Idempotency-Key has to be remembered.
                if (group.IsEmpty && !requests.Exists(r => r.Scope.Idempotency is not null))
                    return false;
                await group.WriteAsync(token);
                foreach (var move in group.Moves)
                    await _notices.RecordAsync(session, move, token);
                foreach (var (scope, crossed) in await group.CrossingsAsync())
                    await _events.ExecuteAsync(session, scope, crossed, token);
                await _changes.NotifyAsync(
                    session, [.. locks.Select(l => new Change(ChangeKind.Usage, l.Environment, l.Customer.Value))], token);
                return isWritten = true;
            },
            CancellationToken.None);
        return isWritten;
    }

    /// <summary>
    /// Elsewhere, because the writer's time is everybody's, and one after the other, because waking a thread for each caller
    /// costs more than answering it.
    /// </summary>
    private static void Tell(List<PendingRequest> group, Action<PendingRequest> tell)
    {
        // A copy, because the list holds the next group by then.
        var requests = group.ToArray();
        ThreadPool.UnsafeQueueUserWorkItem(
            _ =>
            {
                foreach (var request in requests)
                    tell(request);
            },
            null);
    }

    [LoggerMessage(4001, LogLevel.Error, "A group of {Count} usage requests failed; their callers were told")]
    private partial void LogGroupFailed(Exception exception, int count);

    private abstract class PendingRequest(
        OperationScope scope, IReadOnlyList<PlannedMeasurement> plans, IReadOnlyList<UsageCell> held)
    {
        public OperationScope Scope { get; } = scope;

        public IReadOnlyList<PlannedMeasurement> Plans { get; } = plans;

        public IReadOnlyList<UsageCell> Held { get; } = held;

        /// <summary>Every counter it reads or moves.</summary>
        public IEnumerable<UsageCell> Cells => Plans.SelectMany(plan => plan.Cells).Concat(Held);

        /// <summary>Its value; null when it was refused.</summary>
        public abstract Task<object?> RunAsync(UsageGroup group);

        public abstract void Tell();

        public abstract void Fail(Exception exception);
    }

    private sealed class PendingRequest<T>(
        OperationScope scope,
        IReadOnlyList<PlannedMeasurement> plans,
        IReadOnlyList<UsageCell> held,
        Func<UsageGroup, Task<Result<T>>> run) : PendingRequest(scope, plans, held)
        where T : class
    {
        private Result<T> _result;

        /// <summary>Continuations run where it is completed, so never by the writer itself.</summary>
        public TaskCompletionSource<Result<T>> Answer { get; } = new();

        public override async Task<object?> RunAsync(UsageGroup group)
        {
            _result = await run(group);
            return _result.TryGet(out var value, out _) ? value : null;
        }

        public override void Tell() => Answer.TrySetResult(_result);

        public override void Fail(Exception exception) => Answer.TrySetException(exception);
    }
}
