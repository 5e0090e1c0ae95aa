using System.Text.Json;
using Dapper;
using Tollgate.Domain;
using Tollgate.Modules.Changes;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// Customers of a group that were not known when its events were planned. They may be by now, and have counters: those are
/// forgotten and counted again, the new events included. Mostly there are none.
/// </summary>
internal sealed class UnknownSenders(Session session, UsageLevels cells)
{
    private readonly HashSet<CustomerKey> _customers = [];

    public void Add(EnvironmentId environment, string customer) => _customers.Add(new(environment, new(customer)));

    /// <summary>Before the counters of the group are read; the customers are locked.</summary>
    public async Task ForgetAsync()
    {
        if (_customers.Count == 0)
            return;
        Doubt();
        foreach (var environment in _customers.GroupBy(key => key.Environment, key => key.Customer.Value))
        {
            string[] customers = [.. environment];
            var isPostgreSql = session.Kind == DatabaseKind.PostgreSql;
            await MeterCounters.DeleteAsync(session, (await session.Connection.QueryAsync<long>(
                "SELECT seq FROM meter_counters WHERE environment_id = @environment AND customer_id "
                    + (isPostgreSql ? "= ANY(@customers)" : "IN (SELECT value FROM json_each(@customers))"),
                new
                {
                    environment = environment.Key.Value,
                    customers = isPostgreSql ? (object)customers : JsonSerializer.Serialize(customers),
                },
                session.Transaction)).AsList());
        }
    }

    /// <summary>Also after the commit: who counted meanwhile did not see the events.</summary>
    public void Doubt()
    {
        foreach (var customer in _customers)
            cells.Changed(new Change(ChangeKind.Usage, customer.Environment, customer.Customer.Value));
    }
}
