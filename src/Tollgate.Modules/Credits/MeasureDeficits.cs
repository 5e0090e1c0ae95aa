using System.Data.Common;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Credits;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>
/// Finds when the deficit of a pool arose and how much of it is owed still, from the ledger of its open overdraft
/// (spec credits 11). The session holds the lock of the customer.
/// </summary>
internal sealed class MeasureDeficits
{
    private static readonly Duration Tick = Duration.FromMilliseconds(1);

    private readonly CreditGrantStore _grants = new();

    /// <param name="session">The transaction of the bill.</param>
    /// <param name="environment">Where.</param>
    /// <param name="pool">Which pool.</param>
    /// <param name="subscription">Whose earlier bills count as billed.</param>
    /// <param name="needs">All of the pool's currency.</param>
    /// <param name="at">The instant of the bill; what begins then comes after it.</param>
    /// <param name="taken">What other bills of the same decision take.</param>
    public async Task<IReadOnlyDictionary<CreditNeed, MeasuredDeficit>> OfAsync(
        Session session, EnvironmentId environment, PoolKey pool, Guid subscription,
        IReadOnlyCollection<CreditNeed> needs, Instant at, IReadOnlyCollection<BilledDeficit> taken)
    {
        var open = await _grants.OpenOfPoolAsync(session, environment, pool);
        var overdraft = open.FirstOrDefault(grant => grant.IsOverdraft);
        var since = needs.Min(need => need.Window.Start);
        var billed = await _grants.OveragesOfPoolAsync(
            session, environment, pool, overdraft is null ? since : Instant.Min(since, overdraft.EffectiveAt));
        var others = taken.Where(deficit => deficit.Pool == pool).ToList();
        var account = new DeficitAccount(
            overdraft?.Id,
            billed.ToDictionary(grant => grant.Id, grant => grant.Overage!),
            needs.Select(need => need.Window).Concat(others.Select(deficit => deficit.Window)));
        if (overdraft is not null)
        {
            await ReadAsync(session, environment, overdraft, account);
            // What started by itself before the bill, and was not worked off yet, repaid before it.
            var then = CreditPool.Of(pool, open).At(at - Tick).Grants.FirstOrDefault(grant => grant.IsOverdraft);
            account.Repaid(overdraft.Consumed - (then?.Consumed ?? 0));
        }

        foreach (var other in others)
            account.Billed(other.Window, other.Credits);
        return needs.ToDictionary(need => need, need => new MeasuredDeficit(
            account.Owed(need.Window),
            billed.Where(grant => grant.Overage!.SubscriptionUid == subscription
                    && need.Window.Start <= grant.Overage.From && grant.Overage.Until <= need.Window.End)
                .Sum(grant => grant.Amount)));
    }

    /// <summary>The rows since the overdraft was opened: its own, and who repaid it.</summary>
    private static async Task ReadAsync(
        Session session, EnvironmentId environment, CreditGrant overdraft, DeficitAccount account)
    {
        await using var command = session.Connection.CreateCommand();
        command.Transaction = session.Transaction;
        command.CommandText =
            $"""
            SELECT kind, grant_id, amount, at FROM credit_entries
            WHERE environment_id = @environment AND customer_id = @customer AND resource_id = @resource
              AND seq >= (SELECT MIN(seq) FROM credit_entries
                WHERE environment_id = @environment AND at = @opened AND grant_id = @overdraft)
              AND (grant_id = @overdraft OR kind = {(int)CreditEntryKind.TransferTarget})
            ORDER BY seq
            """;
        Add(command, "environment", environment.Value);
        Add(command, "customer", overdraft.CustomerId.Value);
        Add(command, "resource", overdraft.ResourceId?.Value ?? "");
        Add(command, "overdraft", overdraft.Id);
        Add(command, "opened", overdraft.EffectiveAt.ToUnixTimeMilliseconds());
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            account.Add(
                (CreditEntryKind)reader.GetInt32(0), reader.GetString(1), reader.GetDecimal(2),
                Instant.FromUnixTimeMilliseconds(reader.GetInt64(3)));
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
