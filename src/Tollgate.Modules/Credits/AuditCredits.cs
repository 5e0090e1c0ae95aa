using System.Data;
using System.Data.Common;
using Dapper;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Modules.Accounts;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>
/// Proves the books: recomputes every grant from its ledger entries and compares (spec credits 12), with the columns that grants are
/// found by, and with the balances that the ledger told. Customer by customer, each in one snapshot, entry by entry: the memory it
/// needs is a row of sums a grant of one customer.
/// </summary>
public sealed class AuditCredits(Database database)
{
    private const int BatchSize = 200;

    /// <summary>Faults that are reported in full; the rest are counted.</summary>
    private const int MaxFaults = 100;

    private readonly CreditGrantStore _grants = new();

    public async Task<CreditAudit> ExecuteAsync(EnvironmentId environment, CancellationToken cancellationToken)
    {
        var audit = new CreditAudit();
        var after = "";
        while (true)
        {
            var customers = await database.ReadAsync(
                (session, _) => _grants.CustomersAsync(session, environment, after, BatchSize), cancellationToken);
            if (customers.Count == 0)
                return audit;
            foreach (var customer in customers)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await database.ReadAsync(
                    (session, token) => CustomerAsync(session, environment, customer, audit, token), cancellationToken);
            }

            after = customers[^1].Value;
        }
    }

    private async Task<bool> CustomerAsync(
        Session session, EnvironmentId environment, CustomerId customer, CreditAudit audit, CancellationToken cancellationToken)
    {
        // Grants and entries as of one instant, or every consumption between the two reads would look like a fault.
        await session.Connection.ExecuteAsync(
            session.Kind == DatabaseKind.Sqlite ? "BEGIN" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            commandType: CommandType.Text);
        try
        {
            var stored = await StoredGrant.OfCustomerAsync(session, environment, customer);
            var grants = stored.Select(row => row.Grant).ToList();
            var pools = grants.GroupBy(grant => grant.Pool).ToDictionary(group => group.Key, group => new PoolAudit(group.Key));
            await using var command = session.Connection.CreateCommand();
            command.CommandText =
                """
                SELECT resource_id, currency_id, grant_id, kind, amount, total_granted, total_consumed FROM credit_entries
                WHERE environment_id = @environment AND customer_id = @customer ORDER BY resource_id, seq
                """;
            Add(command, "environment", environment.Value);
            Add(command, "customer", customer.Value);
            await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
            {
                while (await reader.ReadAsync(cancellationToken))
                {
                    var key = new PoolKey(
                        customer, CreditGrantStore.ResourceOf(reader.GetString(0)), new(reader.GetString(1)));
                    if (!pools.TryGetValue(key, out var pool))
                        pools[key] = pool = new(key);
                    pool.Add(
                        reader.GetString(2), (CreditEntryKind)reader.GetInt32(3), reader.GetDecimal(4),
                        reader.IsDBNull(5) ? null : reader.GetDecimal(5) - reader.GetDecimal(6));
                }
            }

            foreach (var (key, pool) in pools)
            {
                var own = stored.Where(row => row.Grant.Pool == key).ToList();
                audit.Add(
                    own.Count,
                    pool.Entries,
                    [.. pool.Faults([.. own.Select(row => row.Grant)]), .. own.SelectMany(row => row.Faults())],
                    MaxFaults);
            }

            return true;
        }
        finally
        {
            await session.Connection.ExecuteAsync("ROLLBACK", commandType: CommandType.Text);
        }
    }

    private static void Add(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }
}

/// <summary>What an audit found.</summary>
public sealed class CreditAudit
{
    private readonly List<string> _faults = [];

    public int Pools { get; private set; }

    public long Grants { get; private set; }

    public long Entries { get; private set; }

    /// <summary>All faults, those that are not in <see cref="Faults"/> included.</summary>
    public long FaultCount { get; private set; }

    /// <summary>One sentence each; empty when the books are right.</summary>
    public IReadOnlyList<string> Faults => _faults;

    internal void Add(int grants, long entries, IReadOnlyList<string> faults, int max)
    {
        Pools++;
        Grants += grants;
        Entries += entries;
        FaultCount += faults.Count;
        _faults.AddRange(faults.Take(Math.Max(0, max - _faults.Count)));
    }
}
