using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Backfills;

/// <summary>
/// What the end of a session does to credits: its events burn when they begin to count, and what they burnt comes back
/// when they cease to. Small sessions at the instant of their end; larger ones sender by sender afterwards, where every
/// event costs by itself.
/// </summary>
public sealed class BackfillCredits(
    Database database, EventReader reader, EventMeters meters, EntitlementSnapshots snapshots, BurnCredits burn,
    CorrectBurns correct)
{
    /// <summary>Events of a session that burns, or gives back, in the transaction of its end.</summary>
    public const int AtOnce = 5_000;

    /// <summary>Events of one transaction afterwards, and the rest of the last one's instant.</summary>
    private const int Portion = 1_000;

    private const int PageSize = 1_000;

    private readonly BackfillStore _store = new();

    /// <summary>
    /// How the senders of a small session pay, by the number their events are stored under. To be asked before a
    /// transaction: what compiles access may write.
    /// </summary>
    internal async Task<IReadOnlyDictionary<int, ScopeAccess>> AccessAsync(
        OperationScope scope, long backfill, CancellationToken cancellationToken)
    {
        var senders = await database.ReadAsync(
            (session, _) => _store.SendersAsync(session, backfill, 0, int.MaxValue), cancellationToken);
        var access = new Dictionary<int, ScopeAccess>();
        foreach (var sender in senders)
        {
            access[sender.Stored] =
                await snapshots.OfSenderAsync(scope, sender.CustomerId, sender.ResourceId, cancellationToken);
        }

        return access;
    }

    /// <summary>What the events of one customer cost if the session were closed now. It is open.</summary>
    internal async Task<IReadOnlyList<Burn>> CostAsync(
        Session session, MeterSet set, EnvironmentId environment, long backfill, CustomerId customer,
        IReadOnlyDictionary<int, ScopeAccess> access)
    {
        var begun = new BegunEvents(session, reader, environment, set);
        foreach (var (number, _) in await SourceNumbers.OfBackfillAsync(session, environment, backfill, customer))
        {
            if (access[number].Mappings.Count == 0)
                continue;
            await foreach (var stored in reader.ReadNumberAsync(session, number, Instant.MinValue))
                await begun.AddAsync(customer, access[number], stored);
        }

        return begun.Burns;
    }

    internal Task<decimal> BurnAsync(Work work, IReadOnlyList<Burn> burns, CancellationToken cancellationToken) =>
        burn.ExecuteAsync(work, burns, cancellationToken);

    /// <summary>What the events of one customer burnt, before the session is reverted.</summary>
    internal async Task<RevertedEvents> BeforeRevertAsync(
        Work work, MeterSet set, long backfill, CustomerId customer, IReadOnlyDictionary<int, ScopeAccess> access)
    {
        var reverted = new RevertedEvents(work.Session, reader, correct, work.Scope.EnvironmentId, customer, set);
        foreach (var (number, resource) in await SourceNumbers.OfBackfillAsync(
            work.Session, work.Scope.EnvironmentId, backfill, customer))
        {
            await reverted.AddAsync(
                access[number], resource, reader.ReadNumberAsync(work.Session, number, Instant.MinValue));
        }

        return reverted;
    }

    internal Task GiveBackAsync(
        Work work, IReadOnlyList<BurnCorrection> corrections, string name, CancellationToken cancellationToken) =>
        correct.ExecuteAsync(work, corrections, _ => $"Backfill reverted: {name}", cancellationToken);

    /// <summary>
    /// Null when a session that is not small may be closed. Where the usage window decides what an event costs (MAX,
    /// UNIQUE), all events have to burn at the instant at which they begin to count, or the next live event would pay
    /// for them.
    /// </summary>
    internal Task<Refusal?> CheckLargeAsync(
        OperationScope scope, long backfill, string name, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (session, token) =>
            {
                var set = await meters.GetAsync(session, scope.EnvironmentId);
                var after = 0L;
                while (await _store.SendersAsync(session, backfill, after, PageSize) is { Count: > 0 } senders)
                {
                    foreach (var sender in senders)
                    {
                        var access = await snapshots.OfSenderAsync(scope, sender.CustomerId, sender.ResourceId, token);
                        var priced = BegunEvents.PricedByWindow(access, set);
                        if (priced.Count > 0 && await FindAsync(session, sender.Stored, priced) is { } feature)
                            return TooLarge(name, feature, sender.Customer);
                    }

                    after = senders[^1].Seq;
                }

                return null;
            },
            cancellationToken);

    /// <summary>
    /// Brings the credits of one sender into line with the state of its session, some events at a time: each burns
    /// once, and gives back once, however often this runs.
    /// </summary>
    internal async Task SettleAsync(
        UnitOfWork unitOfWork, OperationScope scope, long backfill, BackfillSender sender,
        CancellationToken cancellationToken)
    {
        var access = await snapshots.OfSenderAsync(scope, sender.CustomerId, sender.ResourceId, cancellationToken);
        Instant? from = Instant.MinValue;
        while (from is { } next)
        {
            var settled = await unitOfWork.WriteAsync<Instant?>(
                scope,
                [
                    EventLocks.Meters(scope.EnvironmentId).Shared,
                    UnitOfWork.CustomerLock(scope.EnvironmentId, sender.CustomerId),
                ],
                async (work, token) =>
                {
                    var (events, rest) = await PortionAsync(work.Session, sender.Stored, next);
                    var (state, name) = await _store.StateAsync(work.Session, backfill);
                    if (events.Count > 0 && state == BackfillState.Closed)
                        await BurnAsync(work, sender, access, events, token);
                    else if (events.Count > 0 && state == BackfillState.Reverted)
                        await GiveBackAsync(work, sender, name, events, token);
                    return rest;
                },
                cancellationToken);
            from = settled.Value;
        }
    }

    private async Task BurnAsync(
        Work work, BackfillSender sender, ScopeAccess access, IReadOnlyList<StoredEvent> events,
        CancellationToken cancellationToken)
    {
        var set = await meters.GetAsync(work.Session, work.Scope.EnvironmentId);
        var begun = new BegunEvents(work.Session, reader, work.Scope.EnvironmentId, set) { LeavesWindows = true };
        foreach (var stored in events)
            await begun.AddAsync(sender.CustomerId, access, stored);
        await burn.ExecuteAsync(work, begun.Burns, cancellationToken);
    }

    private async Task GiveBackAsync(
        Work work, BackfillSender sender, string name, IReadOnlyList<StoredEvent> events,
        CancellationToken cancellationToken)
    {
        var ids = events.ToDictionary(stored => stored.Address.ToString(), stored => stored.Address.At);
        var burnt = await correct.OfEventsAsync(
            work.Session, work.Scope.EnvironmentId, sender.CustomerId, sender.ResourceId,
            Instant.FromUnixTimeMilliseconds(events[0].Address.At),
            Instant.FromUnixTimeMilliseconds(events[^1].Address.At));
        await GiveBackAsync(
            work,
            [
                .. burnt.Where(b => b.Amount > 0 && ids.ContainsKey(b.EventId)).Select(b => new BurnCorrection(
                    b.Pool, b.FeatureId, -b.Amount, b.EventId, Instant.FromUnixTimeMilliseconds(ids[b.EventId]), null,
                    "")),
            ],
            name,
            cancellationToken);
    }

    /// <summary>Whole instants, so that the next portion begins at another one.</summary>
    private async Task<(IReadOnlyList<StoredEvent> Events, Instant? Next)> PortionAsync(
        Session session, int number, Instant from)
    {
        var events = new List<StoredEvent>();
        await foreach (var stored in reader.ReadNumberAsync(session, number, from))
        {
            if (events.Count >= Portion && stored.Address.At > events[^1].Address.At)
                return (events, Instant.FromUnixTimeMilliseconds(stored.Address.At));
            events.Add(stored);
        }

        return (events, null);
    }

    private async Task<FeatureId?> FindAsync(Session session, int number, IReadOnlyList<MeterVersion> priced)
    {
        await foreach (var stored in reader.ReadNumberAsync(session, number, Instant.MinValue))
        {
            foreach (var meter in priced)
            {
                if (meter.Compiled.TryRead(stored.Name, stored.Dimensions, out _))
                    return meter.Feature;
            }
        }

        return null;
    }

    private static Refusal TooLarge(string name, FeatureId feature, string customer) => new(
        ErrorCode.InvalidArgumentError,
        $"The backfill '{name}' is too large to be closed: the customer '{customer}' pays credits for '{feature}', "
        + "whose events cost by what the usage period holds already (MAX, UNIQUE), so that they have to be burnt at "
        + $"one instant. Send them in sessions of at most {AtOnce} events and {EndBackfill.MarkedAtOnce} customers.");
}
