using System.Globalization;
using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage;

/// <summary>Reading measurements and counters. Writing them in groups is <see cref="UsageWriter"/>'s.</summary>
internal sealed class UsageStore
{
    /// <summary>The counter row of exactly this interval, or the fold of its measurements when there is none.</summary>
    public async Task<UsageCounter> LoadAsync(Session session, UsageKey key, UsageWindow interval)
    {
        var row = await session.Connection.QuerySingleOrDefaultAsync<CounterRow>(
            """
            SELECT value AS Value, last_at AS LastAt, last_set_at AS LastSetAt FROM usage_counters
            WHERE environment_id = @environment AND customer_id = @customer AND feature_id = @feature
              AND resource_id = @resource AND floor_at = @floor AND end_at = @end
            """,
            Parameters(key, interval),
            session.Transaction);
        return row?.ToCounter() ?? await FoldAsync(session, key, interval);
    }

    /// <summary>The fold of the stored measurements dated in the interval.</summary>
    public async Task<UsageCounter> FoldAsync(Session session, UsageKey key, UsageWindow interval) =>
        UsageFold.Of(await MeasurementsAsync(session, key, interval));

    /// <summary>
    /// The stored measurements that count for the key and are dated in the interval, in no particular order.
    /// </summary>
    public async Task<IReadOnlyList<Measurement>> MeasurementsAsync(Session session, UsageKey key, UsageWindow interval)
    {
        var level = key.Resource is null ? "customer_level = 1" : "resource_id = @resource";
        var rows = await session.Connection.QueryAsync<MeasurementRow>(
            $"""
            SELECT seq AS Seq, effective_at AS At, behavior AS Behavior, value AS Value, dimensions AS Dimensions
            FROM measurements
            WHERE environment_id = @environment AND customer_id = @customer AND feature_id = @feature
              AND {level} AND effective_at >= @floor AND effective_at < @end
            """,
            Parameters(key, interval),
            session.Transaction);
        return [.. rows.Select(row => row.ToMeasurement())];
    }

    private static object Parameters(UsageKey key, UsageWindow interval) => new
    {
        environment = key.Environment.Value,
        customer = key.Customer.Value,
        feature = key.Feature.Value,
        resource = key.Resource?.Value ?? "",
        floor = Bounds.Start(interval),
        end = Bounds.End(interval),
    };

    private sealed class CounterRow
    {
        public object Value { get; set; } = 0m;
        public long LastAt { get; set; }
        public long LastSetAt { get; set; }

        public UsageCounter ToCounter() => new(Exact.Of(Value), Bounds.OrNull(LastAt), Bounds.OrNull(LastSetAt));
    }

    private sealed class MeasurementRow
    {
        public long Seq { get; set; }
        public long At { get; set; }
        public long Behavior { get; set; }
        public object Value { get; set; } = 0m;
        public string? Dimensions { get; set; }

        public Measurement ToMeasurement() =>
            new(Instant.FromUnixTimeMilliseconds(At), Seq, (UpdateBehavior)Behavior, Exact.Of(Value))
            {
                Dimensions = UsageDimensions.Texts(Dimensions),
            };
    }
}

/// <summary>
/// Instants of intervals as stored: milliseconds, with the ends of 64 bits for "no bound" and "never".
/// </summary>
internal static class Bounds
{
    public const long Never = long.MinValue;

    public static long Start(UsageWindow interval) =>
        interval.Start == Instant.MinValue ? long.MinValue : interval.Start.ToUnixTimeMilliseconds();

    public static long End(UsageWindow interval) =>
        interval.IsLifetime ? long.MaxValue : interval.End.ToUnixTimeMilliseconds();

    public static UsageWindow Interval(long start, long end) => new(
        start == long.MinValue ? Instant.MinValue : Instant.FromUnixTimeMilliseconds(start),
        end == long.MaxValue ? Instant.MaxValue : Instant.FromUnixTimeMilliseconds(end));

    public static Instant? OrNull(long milliseconds) =>
        milliseconds == Never ? null : Instant.FromUnixTimeMilliseconds(milliseconds);

    public static long OrNever(Instant? instant) => instant?.ToUnixTimeMilliseconds() ?? Never;
}

/// <summary>Exact decimals as the databases give them back: PostgreSQL as decimal, SQLite as text.</summary>
internal static class Exact
{
    public static decimal Of(object value) => value switch
    {
        decimal exact => exact,
        string text => decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
        long whole => whole,
        _ => throw new InvalidOperationException($"A stored quantity came back as {value.GetType()}."),
    };
}
