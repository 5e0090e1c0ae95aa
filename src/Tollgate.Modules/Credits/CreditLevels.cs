using System.Collections.Concurrent;
using Tollgate.Domain;
using Tollgate.Modules.Changes;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>
/// The credits of every customer this process has looked at. A check that starts after an acknowledged change sees it;
/// changes of other nodes put a cell in doubt when their notice comes, and while no notices come nothing is kept.
/// </summary>
public sealed class CreditLevels(Database database, PoolReader pools, ChangeFeed changes, DatabaseOutage outage)
    : ICreditLevels, IChangeListener
{
    private readonly ConcurrentDictionary<(int Environment, string Customer), CreditCell> _cells = new();

    public CreditCell Cell(EnvironmentId environment, CustomerId customer) =>
        _cells.GetOrAdd((environment.Value, customer.Value), _ => new(environment, customer));

    public async ValueTask<CustomerCredits> LoadAsync(CreditCell cell, CancellationToken cancellationToken)
    {
        if (cell.Current is { } current)
            return current;
        if (outage.IsRecent && cell.Last is { } known)
            return known;
        // Taken before reading: what is committed meanwhile makes this offer void.
        var version = cell.Version;
        try
        {
            var credits = new CustomerCredits(await database.ReadAsync(
                (session, _) => pools.OfCustomerAsync(session, cell.Environment, cell.Customer), cancellationToken));
            if (IsKeptCurrent)
                cell.Offer(credits, version);
            return credits;
        }
        catch (DatabaseUnavailableException) when (cell.Last is { } last)
        {
            outage.Notice();
            return last;
        }
    }

    /// <summary>False while what is in memory may fall behind other nodes without anybody saying so.</summary>
    internal bool IsKeptCurrent => database.Kind == DatabaseKind.Sqlite || changes.IsLive;

    public void Changed(in Change change)
    {
        if (change is { Kind: ChangeKind.Credits, CustomerId: { } customer }
            && _cells.TryGetValue((change.Environment.Value, customer), out var cell))
        {
            cell.Doubt();
        }
    }

    public void Missed()
    {
        if (database.Kind == DatabaseKind.Sqlite)
            return;
        foreach (var (_, cell) in _cells)
            cell.Doubt();
    }
}
