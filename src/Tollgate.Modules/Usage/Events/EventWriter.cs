using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Changes;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.GroupCommit;
using Tollgate.Modules.Idempotency;
using Tollgate.Modules.Usage.Events.Backfills;
using Tollgate.Modules.Usage.Events.Lateness;
using Tollgate.Modules.Usage.Events.Retention;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// Group commit of raw events: one transaction stores them and moves the counters, then the new levels are published
/// and each caller answered.
/// </summary>
internal sealed class EventWriter(
    Database database,
    IdempotencyStore idempotency,
    ChangeFeed changes,
    UsageLevels levels,
    EventMeters meters,
    EventReader reader,
    UsageNotices notices,
    KnownEventLevels known,
    BurnCredits credits,
    BudgetSpending spending,
    ILogger<EventWriter> logger) : BackgroundService
{
    private readonly GroupQueue<EventsRequest> _queue = new(new() { Waiting = 1_000, Items = 10_000 }, logger);

    private readonly IEventRows _rows =
        database.Kind == DatabaseKind.Sqlite ? new SqliteEventRows() : new PostgreSqlEventRows();

    private readonly MeterCounters _counters = MeterCounters.Of(database.Kind);

    private readonly KnownOccurrences _occurrences = new();

    /// <summary>Returns null when the events are durable, or says why none of them is taken.</summary>
    /// <exception cref="DatabaseUnavailableException">They could not be stored, or the server is stopping.</exception>
    public async Task<Refusal?> WriteAsync(
        OperationScope scope, IReadOnlyList<PlannedEvent> events, CancellationToken cancellationToken)
    {
        var request = new EventsRequest(scope, events);
        await _queue.AddAsync(request, cancellationToken);
        return (await request.Answer.Told).Refusal;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _queue.RunAsync(WriteAsync, stoppingToken);

    private async Task WriteAsync(IReadOnlyList<EventsRequest> group)
    {
        EventCounting? counting = null;
        try
        {
            await WriteAsync(group, started => counting = started);
        }
        catch
        {
            // A commit that answered nothing may have happened all the same.
            if (counting is not null)
            {
                levels.DoubtAll(counting.Cells);
                counting.Doubt();
            }

            throw;
        }

        if (counting is null)
            return;
        counting.Publish();
        levels.Published(counting.Cells);
    }

    /// <summary>One transaction.</summary>
    private async Task WriteAsync(IReadOnlyList<EventsRequest> asked, Action<EventCounting> started)
    {
        var requests = asked;
        var events = requests.Count == 1 ? requests[0].Events : [.. requests.SelectMany(r => r.Events)];
        var customers = GroupRequest.CustomersOf(requests);
        var environments = customers.Select(c => c.Environment).Distinct().ToArray();
        await _rows.PrepareAsync(database, events, CancellationToken.None);
        await GroupTransaction.RunAsync(
            database,
            [
                .. environments.Select(e => EventLocks.Meters(e).Shared),
                .. customers.Select(c => c.Lock),
            ],
            async (session, token) =>
            {
                var sets = new Dictionary<EnvironmentId, MeterSet>();
                foreach (var environment in environments)
                    sets[environment] = await meters.GetAsync(session, environment);
                requests = await WithinHorizonAsync(session, asked);
                if (requests.Count == 0)
                    return false;
                if (requests.Count < asked.Count)
                    events = [.. requests.SelectMany(r => r.Events)];
                // What a backfill brought is no second occurrence.
                var fresh = sets.Values.Any(set => set.HasBackfills)
                    ? await _occurrences.SieveLiveAsync(session, events)
                    : events;
                await _rows.InsertAsync(session, fresh, token);
                var counting = new EventCounting(
                    session, reader, _counters, new(known.Known), levels, credits, spending);
                started(counting);
                var late = new LateEvents(session);
                foreach (var (scope, reported) in requests.Select(r => (r.Scope, r.Events)))
                {
                    foreach (var planned in reported)
                    {
                        var set = sets[scope.EnvironmentId];
                        if (planned.Fate != EventFate.New)
                            continue;
                        if (late.Holds(scope, set, planned))
                            counting.Note(scope, set, planned);
                        else
                            counting.Add(scope, set, planned);
                    }
                }

                await late.SaveAsync();
                await counting.RunAsync(token);
                await notices.RecordAsync(session, counting, token);
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
            });
    }

    /// <summary>Those that hold nothing from before the horizon; the others are told.</summary>
    private static async Task<IReadOnlyList<EventsRequest>> WithinHorizonAsync(
        Session session, IReadOnlyList<EventsRequest> asked)
    {
        List<EventsRequest>? refused = null;
        foreach (var request in asked)
        {
            if (!AgedUsage.MayBeAny(request.Events.Select(e => e.Event), request.Scope.Now))
                continue;
            var horizon = await RetentionStore.ClosedAtAsync(session, request.Scope.EnvironmentId);
            if (AgedUsage.Check([.. request.Events.Select(e => e.Event)], horizon) is not { } refusal)
                continue;
            request.Answer.Value = refusal;
            (refused ??= []).Add(request);
        }

        return refused is null ? asked : [.. asked.Except(refused)];
    }

    private sealed class EventsRequest(OperationScope scope, IReadOnlyList<PlannedEvent> events)
        : GroupRequest(scope, events.Count)
    {
        public IReadOnlyList<PlannedEvent> Events { get; } = events;

        public GroupAnswer<Done> Answer { get; } = new();

        public override void AddCustomers(HashSet<CustomerKey> customers)
        {
            EventSource? last = null;
            foreach (var planned in Events)
            {
                // Events of one sender share its object.
                if (ReferenceEquals(planned.Sender, last))
                    continue;
                last = planned.Sender;
                customers.Add(new(Scope.EnvironmentId, new(last.Customer)));
            }
        }

        public override void Again()
        {
            foreach (var planned in Events)
                planned.Again();
        }

        public override void Tell() => Answer.Tell();

        public override void Fail(Exception exception) => Answer.Fail(exception);
    }
}

/// <summary>What is locked besides customers.</summary>
internal static class EventLocks
{
    /// <summary>Held shared while events are counted, alone while the meters of the environment change.</summary>
    public static LockKey Meters(EnvironmentId environment) => LockKey.Of(environment.Value, "meters", "");
}
