using NodaTime;
using Tollgate.Domain.Credits;

namespace Tollgate.Modules.Credits;

/// <summary>
/// Notes, in the transaction that lowers a balance, that it fell below the threshold of its auto-recharge. The purchase
/// itself is due work: a charge does not belong into the path of a consumption.
/// </summary>
internal sealed class WatchRecharges
{
    private readonly AutoRechargeStore _store = new();

    public async Task WatchAsync(CreditBooks books)
    {
        // Resource pools are not watched (spec credits 10).
        var own =
            books.Changed.Where(changed => changed.Key.ResourceId is null && changed.Book.Entries.Count > 0).ToList();
        foreach (var environment in own.GroupBy(changed => changed.Environment))
        {
            var pools = environment.ToDictionary(
                changed => (changed.Key.CustomerId, changed.Key.CurrencyId),
                changed => (changed.Book.Balance, changed.Book.Entries[^1].At));
            var watching = await _store.ListWatchingAsync(
                books.Session, environment.Key, [.. pools.Keys.Select(key => key.CustomerId).Distinct()]);
            foreach (var row in watching)
            {
                if (pools.TryGetValue((row.Value.CustomerId, row.Value.CurrencyId), out var pool)
                    && pool.Balance < row.Value.ThresholdCredits)
                {
                    await _store.UpdateAsync(books.Session, environment.Key, row, row.Value with { DueAt = pool.At });
                }
            }
        }
    }
}
