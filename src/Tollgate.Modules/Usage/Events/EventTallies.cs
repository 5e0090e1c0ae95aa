using Dapper;
using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Usage;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Usage.Events.Retention;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// What the events of a counter come to under a meter: the counter that is stored, or else the sums of what lies before
/// the horizon and the events after it one by one.
/// </summary>
internal static class EventTallies
{
    /// <summary>What the events of the counter dated in the interval come to under a meter.</summary>
    /// <param name="reader">Reads the events.</param>
    /// <param name="session">Sees what counts.</param>
    /// <param name="meter">The version of the meter.</param>
    /// <param name="key">Whose events.</param>
    /// <param name="interval">When they are dated.</param>
    /// <param name="tokens">Becomes the distinct values of a UNIQUE meter.</param>
    /// <param name="except">Events that are left out.</param>
    /// <param name="including">A backfill that is counted as if it were closed; 0 = none.</param>
    public static async Task<Tally> FoldAsync(
        this EventReader reader, Session session, MeterVersion meter, UsageKey key, UsageWindow interval,
        HashSet<byte[]> tokens, IReadOnlySet<EventAddress>? except = null, long including = 0)
    {
        var horizon = meter.Horizon.SummedAt;
        while (true)
        {
            tokens.Clear();
            var tally = await FoldAsync(reader, session, meter, key, interval, horizon, tokens, except, including);
            // The writer of events, who leaves out what it is counting, holds the lock that moving the horizon takes.
            if (except is not null || await MovedAsync(session, key, horizon) is not { } moved)
                return tally;
            horizon = moved;
        }
    }

    /// <summary>The events that a meter counts, as the measurements that a history is made of.</summary>
    public static async Task<IReadOnlyList<Measurement>> MeasurementsAsync(
        this EventReader reader, Session session, MeterVersion meter, UsageKey key, UsageWindow interval,
        bool withDimensions)
    {
        var horizon = meter.Horizon.SummedAt;
        while (true)
        {
            var measurements = await MeasurementsAsync(reader, session, meter, key, interval, horizon, withDimensions);
            if (await MovedAsync(session, key, horizon) is not { } moved)
                return [.. measurements, .. await MeterReports.MeasurementsAsync(session, key, interval)];
            horizon = moved;
        }
    }

    /// <summary>The counter as one who stores nothing reads it.</summary>
    public static async Task<UsageCounter> CountAsync(
        this EventReader reader, Session session, MeterVersion meter, UsageKey key, UsageWindow interval)
    {
        var count = (await FindAsync(session, meter, key, interval))?.ToCount() ?? new(
            meter.Generation, 0, await reader.FoldAsync(session, meter, key, interval, new(TokenComparer.Instance)))
        {
            Reported = await MeterReports.SumAsync(session, key, interval),
        };
        return count.Counter(meter.Function);
    }

    /// <summary>Whether a UNIQUE meter has counted the value.</summary>
    public static async Task<bool> HasValueAsync(
        this EventReader reader, Session session, MeterVersion meter, UsageKey key, UsageWindow interval, byte[] token)
    {
        if (await FindAsync(session, meter, key, interval) is { } row)
        {
            return await session.Connection.ExecuteScalarAsync<bool>(
                "SELECT EXISTS (SELECT 1 FROM meter_values WHERE counter_seq = @row AND value = @token)",
                new { row = row.Seq, token },
                session.Transaction);
        }

        var tokens = new HashSet<byte[]>(TokenComparer.Instance);
        await reader.FoldAsync(session, meter, key, interval, tokens);
        return tokens.Contains(token);
    }

    /// <summary>Events before the horizon as their sums, the others one by one.</summary>
    private static async Task<Tally> FoldAsync(
        EventReader reader, Session session, MeterVersion meter, UsageKey key, UsageWindow interval, long horizon,
        HashSet<byte[]> tokens, IReadOnlySet<EventAddress>? except, long including)
    {
        var tally = default(Tally);
        var (start, until) = (Bounds.Start(interval), Math.Min(horizon, Bounds.End(interval)));
        if (start < until && meter.CountsDistinct)
        {
            foreach (var (_, token) in await MeterDays.ReadValuesAsync(session, key, meter.Archive, start, until))
                tokens.Add(token);
            tally = tally.AddDistinct(tokens.Count);
        }
        else if (start < until)
        {
            foreach (var (_, day) in await MeterDays.ReadAsync(session, key, meter.Archive, start, until))
                tally = tally.Merge(day);
        }

        await foreach (var stored in reader.ReadAsync(session, key, interval, horizon, including))
        {
            if (except?.Contains(stored.Address) == true)
                continue;
            if (!meter.Compiled.TryRead(stored.Name, stored.Dimensions, out var sample))
                continue;
            if (!meter.CountsDistinct)
                tally = tally.Add(sample.Number);
            else if (tokens.Add(UniqueToken.Of(sample.Value!)))
                tally = tally.AddDistinct(1);
        }

        return tally;
    }

    private static async Task<List<Measurement>> MeasurementsAsync(
        EventReader reader, Session session, MeterVersion meter, UsageKey key, UsageWindow interval, long horizon,
        bool withDimensions)
    {
        var measurements = new List<Measurement>();
        var hasNumber = meter.Function is not (AggregationFunction.Count or AggregationFunction.Unique);
        var (start, until) = (Bounds.Start(interval), Math.Min(horizon, Bounds.End(interval)));
        if (start < until && meter.CountsDistinct)
        {
            foreach (var (day, token) in await MeterDays.ReadValuesAsync(session, key, meter.Archive, start, until))
                measurements.Add(Summed(day) with { Value = 1, Distinct = Convert.ToHexString(token) });
        }
        else if (start < until)
        {
            foreach (var (day, tally) in await MeterDays.ReadAsync(session, key, meter.Archive, start, until))
                measurements.Add(Summed(day) with { Tally = tally });
        }

        await foreach (var stored in reader.ReadAsync(session, key, interval, horizon))
        {
            if (!meter.Compiled.TryRead(stored.Name, stored.Dimensions, out var sample))
                continue;
            measurements.Add(new(
                Instant.FromUnixTimeMilliseconds(stored.Address.At),
                measurements.Count,
                UpdateBehavior.Delta,
                hasNumber ? sample.Number : 1)
            {
                Dimensions = withDimensions ? stored.Dimensions.Texts() : null,
                Distinct = sample.Value is { } value && start < until
                    ? Convert.ToHexString(UniqueToken.Of(value))
                    : sample.Value,
            });
        }

        return measurements;
    }

    private static Measurement Summed(long day) => new(
        day == MeterDays.Before ? Instant.MinValue : Instant.FromUnixTimeMilliseconds(day),
        -1,
        UpdateBehavior.Delta,
        0);

    /// <summary>
    /// Null when the horizon is where it was before something was read; else where it is: what was read may have been
    /// removed meanwhile, and is summed up by now.
    /// </summary>
    private static async Task<long?> MovedAsync(Session session, UsageKey key, long horizon)
    {
        var now = (await RetentionStore.HorizonAsync(session, key.Environment)).SummedAt;
        return now == horizon ? null : now;
    }

    private static Task<MeterCounterRow?> FindAsync(
        Session session, MeterVersion meter, UsageKey key, UsageWindow interval) =>
        session.Connection.QuerySingleOrDefaultAsync<MeterCounterRow>(
            $"""
            SELECT {MeterCounterRow.Columns} FROM meter_counters
            WHERE environment_id = @environment AND customer_id = @customer AND feature_id = @feature
              AND resource_id = @resource AND generation = @generation AND floor_at = @floor AND end_at = @end
            """,
            new
            {
                environment = key.Environment.Value,
                customer = key.Customer.Value,
                feature = key.Feature.Value,
                resource = key.Resource?.Value ?? "",
                generation = meter.Generation,
                floor = Bounds.Start(interval),
                end = Bounds.End(interval),
            },
            session.Transaction);
}
