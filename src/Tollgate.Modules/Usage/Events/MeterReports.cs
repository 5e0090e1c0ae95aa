using Dapper;
using NodaTime;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// Reports of features that are counted from events: where a plan prices the feature in credits they are taken to burn
/// at once (spec credits 5.1 and 6), and what they report is usage like any other, beside what the meter counts.
/// </summary>
internal static class MeterReports
{
    private const string Key = """
        environment_id = @environment AND customer_id = @customer AND feature_id = @feature AND resource_id = @resource
        """;

    /// <summary>What was reported for the key, dated in the interval.</summary>
    public static async Task<decimal> SumAsync(Session session, UsageKey key, UsageWindow interval)
    {
        var sum = 0m;
        foreach (var report in await MeasurementsAsync(session, key, interval))
            sum += report.Value;
        return sum;
    }

    /// <summary>The same one by one, for histories.</summary>
    public static async Task<IEnumerable<Measurement>> MeasurementsAsync(
        Session session, UsageKey key, UsageWindow interval)
    {
        var rows = await session.Connection.QueryAsync<Row>(
            $"""
            SELECT seq AS Seq, effective_at AS At, amount AS Amount, dimensions AS Dimensions FROM meter_reports
            WHERE {Key} AND effective_at >= @floor AND effective_at < @end
            """,
            Parameters(key, Bounds.Start(interval), Bounds.End(interval)),
            session.Transaction);
        return rows.Select(row => new Measurement(
            Instant.FromUnixTimeMilliseconds(row.At), row.Seq, UpdateBehavior.Delta, Exact.Of(row.Amount))
        {
            Dimensions = UsageDimensions.Texts(row.Dimensions),
            IsReported = true,
        });
    }

    /// <summary>
    /// Stores a report and moves the stored counters whose interval holds it; the customer is locked.
    /// </summary>
    public static async Task AddAsync(Session session, UsageKey key, Instant at, decimal amount, string? dimensions)
    {
        var instant = at.ToUnixTimeMilliseconds();
        await session.Connection.ExecuteAsync(
            """
            INSERT INTO meter_reports (environment_id, customer_id, feature_id, resource_id, effective_at, amount,
              dimensions)
            VALUES (@environment, @customer, @feature, @resource, @at, @amount, @dimensions)
            """,
            new
            {
                environment = key.Environment.Value,
                customer = key.Customer.Value,
                feature = key.Feature.Value,
                resource = key.Resource?.Value ?? "",
                at = instant,
                amount,
                dimensions,
            },
            session.Transaction);
        var counters = await session.Connection.QueryAsync<MeterCounterRow>(
            $"SELECT {MeterCounterRow.Columns} FROM meter_counters WHERE {Key} AND floor_at <= @floor "
            + "AND end_at > @end",
            Parameters(key, instant, instant),
            session.Transaction);
        foreach (var counter in counters.AsList())
        {
            // Read and written back, because SQLite keeps exact decimals as text.
            await session.Connection.ExecuteAsync(
                "UPDATE meter_counters SET reported = @reported WHERE seq = @seq",
                new { reported = Exact.Of(counter.Reported) + amount, seq = counter.Seq },
                session.Transaction);
        }
    }

    private static object Parameters(UsageKey key, long floor, long end) => new
    {
        environment = key.Environment.Value,
        customer = key.Customer.Value,
        feature = key.Feature.Value,
        resource = key.Resource?.Value ?? "",
        floor,
        end,
    };

    private sealed class Row
    {
        public long Seq { get; set; }
        public long At { get; set; }
        public object Amount { get; set; } = 0m;
        public string? Dimensions { get; set; }
    }
}
