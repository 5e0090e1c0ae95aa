using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Usage;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Retention;

/// <summary>
/// Puts summaries in the place of the reports before the horizon, customer by customer under its lock: whoever counts
/// sees either, and both come to the same.
/// </summary>
internal sealed class SumReports(Database database)
{
    private const int PortionSize = 500;

    private const string OfPortion = """
        environment_id = @environment AND customer_id = @customer AND feature_id = @feature
          AND effective_at >= @At AND (effective_at > @At OR seq > @Seq) AND effective_at < @horizon
        ORDER BY effective_at, seq LIMIT @take
        """;

    /// <summary>The customer after this one that reported anything; null = none.</summary>
    public Task<string?> NextCustomerAsync(EnvironmentId environment, string after, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (session, _) => await session.Connection.ExecuteScalarAsync<string?>(
                """
                SELECT customer_id FROM measurements WHERE environment_id = @environment AND customer_id > @after
                ORDER BY customer_id LIMIT 1
                """,
                new { environment = environment.Value, after }),
            cancellationToken);

    /// <summary>The number of rows that are gone.</summary>
    public async Task<long> ExecuteAsync(
        EnvironmentId environment, CustomerId customer, Instant horizon, CancellationToken cancellationToken)
    {
        var removed = 0L;
        for (var feature = ""; await NextFeatureAsync(environment, customer, feature, cancellationToken) is { } next; feature = next)
        {
            removed += await SumAsync(environment, customer, next, horizon, ReportsAsync, cancellationToken);
            await SumAsync(environment, customer, next, horizon, MeterReportsAsync, cancellationToken);
        }

        return removed;
    }

    /// <summary>Some rows at a time, each time in a transaction of its own, so that nobody waits long for it.</summary>
    private async Task<long> SumAsync(
        EnvironmentId environment, CustomerId customer, string feature, Instant horizon,
        Func<Session, DynamicParameters, Instant, Task<Portion>> sum, CancellationToken cancellationToken)
    {
        var removed = 0L;
        var portion = new Portion(PortionSize, 0, true, long.MinValue, 0);
        while (portion.Read == PortionSize)
        {
            var parameters = new DynamicParameters(new
            {
                environment = environment.Value,
                customer = customer.Value,
                feature,
                horizon = Of(horizon),
                portion.At,
                portion.Seq,
                take = PortionSize,
            });
            await database.WriteAsync(
                [UnitOfWork.CustomerLock(environment, customer)],
                async (session, _) => (portion = await sum(session, parameters, horizon)).IsChanged,
                cancellationToken);
            removed += portion.Removed;
        }

        return removed;
    }

    private Task<string?> NextFeatureAsync(
        EnvironmentId environment, CustomerId customer, string after, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (session, _) => await session.Connection.ExecuteScalarAsync<string?>(
                """
                SELECT feature_id FROM measurements
                WHERE environment_id = @environment AND customer_id = @customer AND feature_id > @after
                ORDER BY feature_id LIMIT 1
                """,
                new { environment = environment.Value, customer = customer.Value, after }),
            cancellationToken);

    private static async Task<Portion> ReportsAsync(Session session, DynamicParameters portion, Instant horizon)
    {
        var rows = (await session.Connection.QueryAsync<Row>(
            $"""
            SELECT seq AS Seq, effective_at AS At, behavior AS Behavior, value AS Value, resource_id AS Resource,
              customer_level AS AtCustomer, is_summary AS IsSummary
            FROM measurements WHERE {OfPortion}
            """,
            portion,
            session.Transaction)).AsList();
        if (rows.Count == 0)
            return default;
        var stored = rows.ToDictionary(row => row.Seq);
        var isChanged = false;
        foreach (var summary in ReportSummary.Of(rows.Select(row => row.ToReport()), horizon))
        {
            var row = stored[summary.Seq];
            stored.Remove(summary.Seq);
            if (row.IsSummary == 1 && row.ToReport() == summary)
                continue;
            isChanged = true;
            await session.Connection.ExecuteAsync(
                """
                UPDATE measurements SET is_summary = 1, effective_at = @at, behavior = @behavior, value = @value,
                  resource_id = @resource, customer_level = @level, growth = NULL, idempotency_key = NULL, dimensions = NULL
                WHERE seq = @seq
                """,
                new
                {
                    seq = summary.Seq,
                    at = Of(summary.At),
                    behavior = (int)summary.Behavior,
                    value = summary.Value,
                    resource = summary.Resource,
                    level = summary.AtCustomer ? 1 : 0,
                },
                session.Transaction);
        }

        await DeleteAsync(session, "measurements", stored.Keys);
        return new(rows.Count, stored.Count, isChanged || stored.Count > 0, rows[^1].At, rows[^1].Seq);
    }

    /// <summary>What reports add to a meter: one a day and level, and one for all that is older.</summary>
    private static async Task<Portion> MeterReportsAsync(Session session, DynamicParameters portion, Instant horizon)
    {
        var rows = (await session.Connection.QueryAsync<Row>(
            $"""
            SELECT seq AS Seq, effective_at AS At, 0 AS Behavior, amount AS Value, resource_id AS Resource
            FROM meter_reports WHERE {OfPortion}
            """,
            portion,
            session.Transaction)).AsList();
        var days = Of(horizon - ReportSummary.TellsDays);
        var gone = new List<long>();
        foreach (var day in rows.GroupBy(row => (row.Resource, row.At < days ? long.MinValue : MeterDays.DayOf(row.At))))
        {
            var all = day.ToList();
            if (all.Count == 1)
                continue;
            gone.AddRange(all.SkipLast(1).Select(row => row.Seq));
            await session.Connection.ExecuteAsync(
                "UPDATE meter_reports SET amount = @amount, dimensions = NULL WHERE seq = @seq",
                new { amount = all.Sum(row => Exact.Of(row.Value)), seq = all[^1].Seq },
                session.Transaction);
        }

        await DeleteAsync(session, "meter_reports", gone);
        return rows.Count == 0 ? default : new(rows.Count, gone.Count, gone.Count > 0, rows[^1].At, rows[^1].Seq);
    }

    private static async Task DeleteAsync(Session session, string table, IEnumerable<long> rows)
    {
        foreach (var seq in rows)
        {
            await session.Connection.ExecuteAsync(
                $"DELETE FROM {table} WHERE seq = @seq", new { seq }, session.Transaction);
        }
    }

    private static long Of(Instant at) => at.ToUnixTimeMilliseconds();

    private sealed class Row
    {
        public long Seq { get; set; }
        public long At { get; set; }
        public long Behavior { get; set; }
        public object Value { get; set; } = 0m;
        public string Resource { get; set; } = "";
        public long AtCustomer { get; set; }
        public long IsSummary { get; set; }

        public CountingReport ToReport() => new(
            Seq, Instant.FromUnixTimeMilliseconds(At), (UpdateBehavior)Behavior, Exact.Of(Value), Resource, AtCustomer == 1);
    }

    /// <summary>What one transaction did.</summary>
    /// <param name="Read">Rows it looked at.</param>
    /// <param name="Removed">Rows that are gone.</param>
    /// <param name="IsChanged">It wrote anything.</param>
    /// <param name="At">When the last row it looked at takes effect.</param>
    /// <param name="Seq">That row.</param>
    private readonly record struct Portion(int Read, int Removed, bool IsChanged, long At, long Seq);
}
