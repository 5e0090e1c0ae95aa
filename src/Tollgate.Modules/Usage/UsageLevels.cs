using System.Collections.Concurrent;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Changes;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Usage.Events;
using Tollgate.Modules.Usage.Reservations;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage;

/// <summary>
/// The usage of every counter this process has looked at. The committing writer publishes into the cells before it
/// answers, so a check that starts after an acknowledgement sees the usage; other nodes' reports put the cell in doubt
/// when their notice comes, and while no notices come nothing is kept.
/// </summary>
public sealed class UsageLevels(
    Database database, ChangeFeed changes, DatabaseOutage outage, EventMeters meters, EventReader events)
    : IUsageLevels, IChangeListener
{
    private readonly UsageStore _store = new();
    private readonly ReservationStore _reservations = new();

    /// <summary>By environment and customer first, because notices name those.</summary>
    private readonly ConcurrentDictionary<(int Environment, string Customer), ConcurrentDictionary<UsageKey, UsageCell>>
        _customers = new();

    public UsageCell Cell(in UsageKey key) => _customers
        .GetOrAdd((key.Environment.Value, key.Customer.Value), _ => new())
        .GetOrAdd(key, k => new(k));

    public async ValueTask<UsageCounter> LoadAsync(
        UsageCell cell, UsageWindow interval, CancellationToken cancellationToken)
    {
        if (cell.TryRead(interval.Start, interval.End, out var known))
            return known;
        if (outage.IsRecent && cell.TryReadLast(interval, out known))
            return known;
        // Taken before reading: what is committed meanwhile is published with a new version, and this offer is
        // then void.
        var version = cell.Version;
        try
        {
            var counter = await database.ReadAsync(
                (session, _) => ReadAsync(session, cell.Key, interval), cancellationToken);
            if (IsKeptCurrent)
                cell.Offer(interval, counter, version);
            return counter;
        }
        catch (DatabaseUnavailableException) when (cell.TryReadLast(interval, out known))
        {
            outage.Notice();
            return known;
        }
    }

    public async ValueTask<decimal> HeldAsync(UsageCell cell, Instant now, CancellationToken cancellationToken)
    {
        if (cell.TryReadHeld(now, out var held))
            return held;
        if (outage.IsRecent)
            return cell.LastHeld(now);
        var version = cell.Version;
        try
        {
            var holds = await database.ReadAsync(
                (session, _) => _reservations.HoldsAsync(session, cell.Key, now), cancellationToken);
            if (IsKeptCurrent)
                cell.OfferHolds(holds, version);
            return holds.Sum(hold => hold.Amount);
        }
        catch (DatabaseUnavailableException)
        {
            outage.Notice();
            return cell.LastHeld(now);
        }
    }

    public async ValueTask<UsageCounter> ReadAsync(Session session, UsageCell cell, UsageWindow interval) =>
        cell.TryRead(interval.Start, interval.End, out var known)
            ? known
            : await ReadAsync(session, cell.Key, interval);

    /// <summary>The meters whose counts checks read.</summary>
    internal ValueTask<MeterSet> MetersAsync(Session session, EnvironmentId environment) =>
        meters.GetAsync(session, environment);

    /// <summary>The counter as the session sees it stored, whatever is in memory.</summary>
    internal Task<UsageCounter> ReadStoredAsync(Session session, UsageKey key, UsageWindow interval) =>
        ReadAsync(session, key, interval);

    /// <summary>From the events when the feature has a meter that is ready, else from the reports.</summary>
    private async Task<UsageCounter> ReadAsync(Session session, UsageKey key, UsageWindow interval) =>
        (await meters.GetAsync(session, key.Environment)).Current(key.Feature) is { } meter
            ? await events.CountAsync(session, meter, key, interval)
            : await _store.LoadAsync(session, key, interval);

    /// <summary>False while what is in memory may fall behind other nodes without anybody saying so.</summary>
    private bool IsKeptCurrent => database.Kind == DatabaseKind.Sqlite || changes.IsLive;

    /// <summary>Called by the writer after a commit, with the cells it published into.</summary>
    internal void Published(IEnumerable<UsageCell> cells)
    {
        if (!IsKeptCurrent)
            DoubtAll(cells);
    }

    /// <summary>What became of a write is not known: nothing that it touched is to be believed.</summary>
    internal void DoubtAll(IEnumerable<UsageCell> cells)
    {
        foreach (var cell in cells)
            cell.Doubt();
    }

    public void Changed(in Change change)
    {
        if (change is { Kind: ChangeKind.Usage, CustomerId: { } customer }
            && _customers.TryGetValue((change.Environment.Value, customer), out var cells))
        {
            foreach (var (_, cell) in cells)
                cell.Doubt();
        }
        else if (change.Kind == ChangeKind.Meters)
        {
            DoubtAll(change.Environment.Value);
        }
    }

    public void Missed()
    {
        if (database.Kind == DatabaseKind.Sqlite)
            return;
        DoubtAll(environment: null);
    }

    private void DoubtAll(int? environment)
    {
        foreach (var (customer, cells) in _customers)
        {
            if (environment is { } only && customer.Environment != only)
                continue;
            foreach (var (_, cell) in cells)
                cell.Doubt();
        }
    }
}
