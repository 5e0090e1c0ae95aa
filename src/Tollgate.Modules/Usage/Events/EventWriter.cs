using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Changes;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Idempotency;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// Group commit of raw events, as <see cref="UsageWriter"/> does it for reports: one reader drains what is queued into one
/// transaction that stores the events and moves the counters, makes it durable once for all, publishes the new levels and
/// answers each caller.
/// </summary>
internal sealed partial class EventWriter(
    Database database,
    IdempotencyStore idempotency,
    ChangeFeed changes,
    UsageLevels levels,
    EventMeters meters,
    EventReader reader,
    UsageNotices notices,
    BurnCredits credits,
    ILogger<EventWriter> logger) : BackgroundService
{
    /// <summary>Requests that may wait; beyond it callers wait for room.</summary>
    private const int QueueLimit = 1_000;

    /// <summary>Events in one transaction.</summary>
    private const int EventLimit = 10_000;

    /// <summary>Requests in one transaction.</summary>
    private const int GroupLimit = 1_000;

    /// <summary>Customers in one transaction, each of which is locked: PostgreSQL holds a few thousand locks.</summary>
    private const int CustomerLimit = 2_000;

    private readonly Channel<PendingEvents> _queue = Channel.CreateBounded<PendingEvents>(
        new BoundedChannelOptions(QueueLimit) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly IEventRows _rows =
        database.Kind == DatabaseKind.Sqlite ? new SqliteEventRows() : new PostgreSqlEventRows();

    private readonly MeterCounters _counters = new();

    private readonly ConcurrentDictionary<(int Source, string Feature), bool> _levels = new();

    /// <summary>Requests waiting for their group.</summary>
    public int QueueLength => _queue.Reader.Count;

    /// <summary>Returns when the events are durable.</summary>
    /// <exception cref="DatabaseUnavailableException">They could not be stored, or the server is stopping.</exception>
    public async Task WriteAsync(
        OperationScope scope, IReadOnlyList<PlannedEvent> events, CancellationToken cancellationToken)
    {
        var request = new PendingEvents(scope, events);
        try
        {
            if (!_queue.Writer.TryWrite(request))
                await _queue.Writer.WriteAsync(request, cancellationToken);
        }
        catch (ChannelClosedException exception)
        {
            throw new DatabaseUnavailableException("The server is stopping; nothing was recorded.", exception);
        }

        // Not cancellable from here on: the events may be in a transaction already, and their fate must be known.
        await request.Answer.Task;
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
        var group = new List<PendingEvents>();
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
    private bool Collect(List<PendingEvents> group)
    {
        var (events, customers) = (0, 0);
        while (group.Count < GroupLimit && _queue.Reader.TryPeek(out var next))
        {
            var alone = next.Scope.Idempotency is not null;
            if (group.Count > 0
                && (alone || events + next.Events.Count > EventLimit || customers + next.Senders.Count > CustomerLimit))
            {
                break;
            }

            events += next.Events.Count;
            customers += next.Senders.Count;
            _queue.Reader.TryRead(out _);
            group.Add(next);
            if (alone)
                break;
        }

        return group.Count > 0;
    }

    private async Task RunAsync(List<PendingEvents> group)
    {
        EventCounting? counting = null;
        try
        {
            await WriteAsync(group, started => counting = started);
            Tell(group, request => request.Answer.TrySetResult());
        }
        catch (Exception exception)
        {
            if (exception is not (DatabaseUnavailableException or IdempotencyRaceException))
                LogGroupFailed(exception, group.Count);
            // A commit that answered nothing may have happened all the same.
            if (counting is not null)
            {
                levels.DoubtAll(counting.Cells);
                counting.Doubt();
            }

            Tell(group, request => request.Answer.TrySetException(exception));
        }
    }

    private async Task WriteAsync(List<PendingEvents> requests, Action<EventCounting> started)
    {
        var events = requests.Count == 1 ? requests[0].Events : [.. requests.SelectMany(r => r.Events)];
        var customers = requests.SelectMany(r => r.Senders).Distinct().ToArray();
        var environments = customers.Select(c => c.Environment).Distinct().ToArray();
        await _rows.PrepareAsync(database, events, CancellationToken.None);
        EventCounting counting = null!;
        await database.WriteAsync(
            [
                .. environments.Select(e => EventLocks.Meters(e).Shared),
                .. customers.Select(c => UnitOfWork.CustomerLock(c.Environment, c.Customer)),
            ],
            async (session, token) =>
            {
                var sets = new Dictionary<EnvironmentId, MeterSet>();
                foreach (var environment in environments)
                    sets[environment] = await meters.GetAsync(session, environment);
                await _rows.InsertAsync(session, events, token);
                started(counting = new(session, reader, _counters, new(_levels), levels, credits));
                foreach (var (scope, reported) in requests.Select(r => (r.Scope, r.Events)))
                {
                    foreach (var planned in reported)
                    {
                        if (planned.Fate == EventFate.New)
                            counting.Add(scope, sets[scope.EnvironmentId], planned);
                    }
                }

                await counting.RunAsync(token);
                await notices.RecordAsync(session, counting.Keys, token);
                foreach (var request in requests)
                {
                    if (request.Scope.Idempotency is { } claim)
                        await idempotency.StoreAsync(session, request.Scope, claim, default(Done), token);
                }

                await changes.NotifyAsync(
                    session,
                    [.. customers.Select(c => new Change(ChangeKind.Usage, c.Environment, c.Customer.Value))],
                    token);
                return true;
            },
            CancellationToken.None);
        counting.Publish();
        levels.Published(counting.Cells);
    }

    /// <summary>Elsewhere, because the writer's time is everybody's.</summary>
    private static void Tell(List<PendingEvents> group, Action<PendingEvents> tell)
    {
        // A copy, because the list holds the next group by then.
        var requests = group.ToArray();
        ThreadPool.UnsafeQueueUserWorkItem(_ => Array.ForEach(requests, tell), null);
    }

    [LoggerMessage(4011, LogLevel.Error, "A group of {Count} requests with events failed; their callers were told")]
    private partial void LogGroupFailed(Exception exception, int count);

    private sealed class PendingEvents(OperationScope scope, IReadOnlyList<PlannedEvent> events)
    {
        public OperationScope Scope { get; } = scope;

        public IReadOnlyList<PlannedEvent> Events { get; } = events;

        public HashSet<(EnvironmentId Environment, CustomerId Customer)> Senders { get; } = SendersOf(scope, events);

        /// <summary>Continuations run where it is completed, so never by the writer itself.</summary>
        public TaskCompletionSource Answer { get; } = new();

        private static HashSet<(EnvironmentId, CustomerId)> SendersOf(
            OperationScope scope, IReadOnlyList<PlannedEvent> events)
        {
            var senders = new HashSet<(EnvironmentId, CustomerId)>();
            EventSource? last = null;
            foreach (var planned in events)
            {
                // Events of one sender share its object.
                if (ReferenceEquals(planned.Sender, last))
                    continue;
                last = planned.Sender;
                senders.Add((scope.EnvironmentId, new(last.Customer)));
            }

            return senders;
        }
    }
}

/// <summary>What is locked besides customers.</summary>
internal static class EventLocks
{
    /// <summary>Held shared while events are counted, alone while the meters of the environment change.</summary>
    public static LockKey Meters(EnvironmentId environment) => LockKey.Of(environment.Value, "meters", "");
}
