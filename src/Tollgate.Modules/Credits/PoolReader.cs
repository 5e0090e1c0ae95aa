using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>Reads pools as the database has them: their grants and what is held of them.</summary>
public sealed class PoolReader(ICreditHolds holds)
{
    private readonly CreditGrantStore _grants = new();

    /// <summary>All pools of a customer, those whose grants are all closed included.</summary>
    internal async Task<IReadOnlyDictionary<PoolKey, CreditPool>> OfCustomerAsync(
        Session session, EnvironmentId environment, CustomerId customer)
    {
        var pools = await _grants.PoolsAsync(session, environment, customer);
        var held = await holds.OfCustomersAsync(session, environment, [customer]);
        if (held.Count == 0)
            return pools;
        var all = new Dictionary<PoolKey, CreditPool>(pools);
        foreach (var pool in held.GroupBy(h => h.Pool))
        {
            all[pool.Key] = CreditPool.Of(
                pool.Key, pools.GetValueOrDefault(pool.Key)?.Grants ?? [], [.. pool.Select(h => h.Hold)]);
        }

        return all;
    }

    /// <summary>
    /// The pools of these customers that are made of all their open grants; the session holds their locks.
    /// </summary>
    internal async Task<IReadOnlyList<(EnvironmentId Environment, CreditPool Pool)>> OpenAsync(
        Session session, IReadOnlyCollection<CustomerKey> customers,
        IEnumerable<(EnvironmentId Environment, CreditGrant Grant)> open)
    {
        var grants = open.ToLookup(row => (row.Environment, row.Grant.Pool), row => row.Grant);
        var held = new List<(EnvironmentId Environment, HeldCredits Held)>();
        foreach (var environment in customers.GroupBy(customer => customer.Environment))
        {
            held.AddRange(
                (await holds.OfCustomersAsync(session, environment.Key, [.. environment.Select(c => c.Customer)]))
                .Select(h => (environment.Key, h)));
        }

        var holding = held.ToLookup(h => (h.Environment, h.Held.Pool), h => h.Held.Hold);
        return
        [
            .. grants.Select(pool => pool.Key).Union(holding.Select(pool => pool.Key))
                .Select(key => (key.Item1, CreditPool.Of(key.Item2, grants[key], [.. holding[key]]))),
        ];
    }
}
