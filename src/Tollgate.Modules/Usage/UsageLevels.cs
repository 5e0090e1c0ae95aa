using System.Collections.Concurrent;
using Tollgate.Domain;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Changes;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage;

/// <summary>
/// The usage of every counter this process has looked at. The committing writer publishes into the cells before it answers,
/// so a check that starts after an acknowledgement sees the usage; other nodes' reports clear the cell when their notice comes.
/// </summary>
public sealed class UsageLevels(Database database) : IUsageLevels, IChangeListener
{
    private readonly UsageStore _store = new();

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
        // Taken before reading: what is committed meanwhile is published with a new version, and this offer is then void.
        var version = cell.Version;
        var counter = await database.ReadAsync(
            (session, _) => _store.LoadAsync(session, cell.Key, interval), cancellationToken);
        cell.Offer(interval, counter, version);
        return counter;
    }

    public async ValueTask<UsageCounter> ReadAsync(Session session, UsageCell cell, UsageWindow interval) =>
        cell.TryRead(interval.Start, interval.End, out var known)
            ? known
            : await _store.LoadAsync(session, cell.Key, interval);

    public void Changed(in Change change)
    {
        if (change is { Kind: ChangeKind.Usage, CustomerId: { } customer }
            && _customers.TryGetValue((change.Environment.Value, customer), out var cells))
        {
            foreach (var (_, cell) in cells)
                cell.Clear();
        }
    }

    public void Missed()
    {
        if (database.Kind == DatabaseKind.Sqlite)
            return;
        foreach (var (_, cells) in _customers)
        {
            foreach (var (_, cell) in cells)
                cell.Clear();
        }
    }
}
