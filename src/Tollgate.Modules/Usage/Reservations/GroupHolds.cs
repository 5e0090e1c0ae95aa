using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Reservations;

/// <summary>
/// What is held against the counters of one group of usage requests, and the reservations that the group makes and
/// ends. Used by one flow of control, while the customers are locked.
/// </summary>
internal sealed class GroupHolds(Session session, HoldCredits credits)
{
    private readonly ReservationStore _store = new();
    private readonly Dictionary<UsageKey, List<UsageHold>> _held = [];
    private readonly List<(UsageCell Cell, long Version)> _cells = [];
    private readonly List<(EnvironmentId Environment, Reservation Reservation, PlannedMeasurement Plan)> _made = [];
    private readonly Dictionary<Guid, (EnvironmentId Environment, Reservation Reservation)> _ended = [];

    public bool IsEmpty => _made.Count == 0 && _ended.Count == 0;

    /// <summary>Brings in what is held against the counter at <paramref name="now"/> and later.</summary>
    public async Task LoadAsync(UsageCell cell, Instant now)
    {
        if (_held.ContainsKey(cell.Key))
            return;
        // Taken while the customer is locked, before what is held is read.
        _cells.Add((cell, cell.Version));
        // SQLite belongs to this process, so what the cell knows is the truth; PostgreSQL may have been written
        // by others.
        var known = session.Kind == DatabaseKind.Sqlite ? cell.Holds : null;
        _held[cell.Key] = [.. known ?? await _store.HoldsAsync(session, cell.Key, now)];
    }

    /// <summary>What is held at <paramref name="now"/>, in the reporting unit.</summary>
    public decimal HeldAt(UsageKey key, Instant now) => _held[key].Where(h => h.ExpiresAt > now).Sum(h => h.Amount);

    /// <summary>
    /// Whether the pool has what the reservation costs, and something at all where that is not known.
    /// </summary>
    public async Task<bool> CanPayAsync(OperationScope scope, ReservedPrice price)
    {
        var made = _made.Where(m => m.Environment == scope.EnvironmentId && m.Reservation.Price?.Pool == price.Pool)
            .Sum(m => m.Reservation.Price!.Credits);
        var available = await credits.AvailableAsync(scope, session, price.Pool, CancellationToken.None) - made;
        return available > 0 && available >= price.Credits;
    }

    public void Add(PlannedMeasurement plan, Reservation reservation)
    {
        foreach (var cell in plan.Cells)
            _held[cell.Key].Add(new(reservation.Uid, reservation.Amount, reservation.ExpiresAt));
        _made.Add((plan.ReadCell.Key.Environment, reservation, plan));
    }

    /// <summary>As stored, or as this group left it.</summary>
    public async Task<Reservation> FindAsync(EnvironmentId environment, Guid uid) =>
        _ended.TryGetValue(uid, out var ended) ? ended.Reservation
        : (await _store.FindAsync(session, environment, uid))?.Value
        ?? throw new InvalidOperationException($"Reservation {uid} is gone, though reservations are never deleted.");

    public void End(EnvironmentId environment, Reservation ended, IReadOnlyList<UsageCell> cells)
    {
        foreach (var cell in cells)
            _held[cell.Key].RemoveAll(hold => hold.Id == ended.Uid);
        _ended[ended.Uid] = (environment, ended);
    }

    public async Task WriteAsync()
    {
        foreach (var (environment, reservation, plan) in _made)
        {
            await _store.InsertAsync(
                session, environment, reservation, plan.CountsAtCustomerLevel, plan.TraceId, plan.ActorId);
        }

        foreach (var (environment, reservation) in _ended.Values)
            await _store.EndAsync(session, environment, reservation);
        if (Payers is { Count: > 0 } payers)
            await credits.ChangingAsync(session, payers, CancellationToken.None);
    }

    /// <summary>The customers whose pools hold more or less than before.</summary>
    private IReadOnlyCollection<(EnvironmentId, CustomerId)> Payers =>
    [
        .. _made.Select(made => (made.Environment, made.Reservation))
            .Concat(_ended.Values)
            .Where(changed => changed.Reservation.Price is not null)
            .Select(changed => (changed.Environment, changed.Reservation.CustomerId))
            .Distinct(),
    ];

    public IEnumerable<UsageCell> Cells => _cells.Select(each => each.Cell);

    /// <summary>After the commit: what is held is what checks see.</summary>
    public void Publish()
    {
        foreach (var (cell, version) in _cells)
            cell.PublishHolds(_held[cell.Key], version);
        credits.Doubt(Payers);
    }
}
