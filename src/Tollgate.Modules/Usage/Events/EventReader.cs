using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Usage;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Usage.Events.Retention;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>Reads stored events in the order of their instants, as they count for one counter.</summary>
public sealed class EventReader(EventDictionaries dictionaries)
{
    private const int PageSize = 10_000;

    private long _rowsRead;

    /// <summary>
    /// Stored events that were read since the start, for whatever reason: what counters are there to avoid.
    /// </summary>
    public long RowsRead => Volatile.Read(ref _rowsRead);

    /// <summary>What the events of the counter dated in the interval come to under a meter.</summary>
    /// <param name="session">Sees what counts.</param>
    /// <param name="meter">The version of the meter.</param>
    /// <param name="key">Whose events.</param>
    /// <param name="interval">When they are dated.</param>
    /// <param name="tokens">Becomes the distinct values of a UNIQUE meter.</param>
    /// <param name="except">Events that are left out.</param>
    /// <param name="including">A backfill that is counted as if it were closed; 0 = none.</param>
    internal async Task<Tally> FoldAsync(
        Session session, MeterVersion meter, UsageKey key, UsageWindow interval, HashSet<byte[]> tokens,
        IReadOnlySet<EventAddress>? except = null, long including = 0)
    {
        var horizon = meter.Horizon.SummedAt;
        while (true)
        {
            tokens.Clear();
            var tally = await FoldAsync(session, meter, key, interval, horizon, tokens, except, including);
            // The writer of events, who leaves out what it is counting, holds the lock that moving the horizon takes.
            if (except is not null || await MovedAsync(session, key, horizon) is not { } moved)
                return tally;
            horizon = moved;
        }
    }

    /// <summary>Events before the horizon as their sums, the others one by one.</summary>
    private async Task<Tally> FoldAsync(
        Session session, MeterVersion meter, UsageKey key, UsageWindow interval, long horizon, HashSet<byte[]> tokens,
        IReadOnlySet<EventAddress>? except, long including)
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

        await foreach (var stored in ReadAsync(session, key, interval, horizon, including))
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

    /// <summary>The events that a meter counts, as the measurements that a history is made of.</summary>
    internal async Task<IReadOnlyList<Measurement>> MeasurementsAsync(
        Session session, MeterVersion meter, UsageKey key, UsageWindow interval, bool withDimensions)
    {
        var horizon = meter.Horizon.SummedAt;
        while (true)
        {
            var measurements = await MeasurementsAsync(session, meter, key, interval, horizon, withDimensions);
            if (await MovedAsync(session, key, horizon) is not { } moved)
                return [.. measurements, .. await MeterReports.MeasurementsAsync(session, key, interval)];
            horizon = moved;
        }
    }

    private async Task<List<Measurement>> MeasurementsAsync(
        Session session, MeterVersion meter, UsageKey key, UsageWindow interval, long horizon, bool withDimensions)
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

        await foreach (var stored in ReadAsync(session, key, interval, horizon))
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
                Distinct = sample.Value is { } value && start < until ? Convert.ToHexString(UniqueToken.Of(value)) : sample.Value,
            });
        }

        return measurements;
    }

    private static Measurement Summed(long day) => new(
        day == MeterDays.Before ? Instant.MinValue : Instant.FromUnixTimeMilliseconds(day), -1, UpdateBehavior.Delta, 0);

    /// <summary>
    /// Null when the horizon is where it was before something was read; else where it is: what was read may have been
    /// removed meanwhile, and is summed up by now.
    /// </summary>
    private static async Task<long?> MovedAsync(Session session, UsageKey key, long horizon)
    {
        var now = (await RetentionStore.HorizonAsync(session, key.Environment)).SummedAt;
        return now == horizon ? null : now;
    }

    /// <summary>The counter as one who stores nothing reads it.</summary>
    internal async Task<UsageCounter> CountAsync(Session session, MeterVersion meter, UsageKey key, UsageWindow interval)
    {
        var count = (await FindAsync(session, meter, key, interval))?.ToCount() ?? new(
            meter.Generation, 0, await FoldAsync(session, meter, key, interval, new(TokenComparer.Instance)))
        {
            Reported = await MeterReports.SumAsync(session, key, interval),
        };
        return count.Counter(meter.Function);
    }

    /// <summary>Whether a UNIQUE meter has counted the value.</summary>
    internal async Task<bool> HasValueAsync(
        Session session, MeterVersion meter, UsageKey key, UsageWindow interval, byte[] token)
    {
        if (await FindAsync(session, meter, key, interval) is { } row)
        {
            return await session.Connection.ExecuteScalarAsync<bool>(
                "SELECT EXISTS (SELECT 1 FROM meter_values WHERE counter_seq = @row AND value = @token)",
                new { row = row.Seq, token },
                session.Transaction);
        }

        var tokens = new HashSet<byte[]>(TokenComparer.Instance);
        await FoldAsync(session, meter, key, interval, tokens);
        return tokens.Contains(token);
    }

    private static Task<MeterCounterRow?> FindAsync(Session session, MeterVersion meter, UsageKey key, UsageWindow interval) =>
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

    /// <summary>
    /// Every event that counts for the key and is dated in the interval and not before the horizon, each source's in
    /// order of time.
    /// </summary>
    internal async IAsyncEnumerable<StoredEvent> ReadAsync(
        Session session, UsageKey key, UsageWindow interval, long horizon, long including = 0)
    {
        foreach (var source in await SourcesAsync(session, key, including))
        {
            await foreach (var stored in ReadAsync(session, source, key, interval, horizon))
                yield return stored;
        }
    }

    /// <summary>Every event of a customer in a backfill, with its resource.</summary>
    internal async IAsyncEnumerable<(ResourceId? Resource, StoredEvent Stored)> ReadBackfillAsync(
        Session session, EnvironmentId environment, long backfill, CustomerId customer)
    {
        foreach (var (number, resource) in await SendersAsync(session, environment, backfill, customer))
        {
            await foreach (var stored in ReadNumberAsync(session, number, Instant.MinValue))
                yield return (resource, stored);
        }
    }

    /// <summary>The numbers under which a backfill holds events of a customer, each with its resource.</summary>
    internal static async Task<IReadOnlyList<(int Number, ResourceId? Resource)>> SendersAsync(
        Session session, EnvironmentId environment, long backfill, CustomerId customer)
    {
        var rows = await session.Connection.QueryAsync<SourceRow>(
            """
            SELECT -b.seq AS Seq, b.source_id AS Sender, s.resource_id AS Resource FROM backfill_sources b
            JOIN event_sources s ON s.seq = b.source_id
            WHERE b.backfill_seq = @backfill AND s.environment_id = @environment AND s.customer_id = @customer ORDER BY b.seq
            """,
            new { backfill, environment = environment.Value, customer = customer.Value },
            session.Transaction);
        return [.. rows.Select(row => ((int)row.Seq, row.Resource.Length == 0 ? (ResourceId?)null : new ResourceId(row.Resource)))];
    }

    /// <summary>Every event that is stored under a number and dated from an instant on, whether it counts or not.</summary>
    internal IAsyncEnumerable<StoredEvent> ReadNumberAsync(Session session, int number, Instant from) => ReadAsync(
        session, new SourceRow { Seq = number, Sender = number }, default, new(from, Instant.MaxValue), long.MinValue);

    /// <summary>Whether an event counts at customer level for the feature; what a customer sent without a resource does.</summary>
    internal static async Task<bool> CountsAtCustomerAsync(Session session, StoredEvent stored, FeatureId feature)
    {
        var sender = stored.Address.Source > 0
            ? stored.Address.Source
            : (int)await session.Connection.ExecuteScalarAsync<long>(
                "SELECT source_id FROM backfill_sources WHERE seq = @seq", new { seq = -stored.Address.Source }, session.Transaction);
        return (await LevelsAsync(session, sender, feature)).CountsAt(stored.ReceivedAt);
    }

    private async IAsyncEnumerable<StoredEvent> ReadAsync(
        Session session, SourceRow source, UsageKey key, UsageWindow interval, long horizon)
    {
        var levels = await LevelsAsync(session, source, key);
        var corrections = await CorrectionsAsync(session, source.Seq, interval);
        var (from, after) = (Math.Max(Bounds.Start(interval), horizon), long.MinValue);
        while (true)
        {
            var rows = await PageAsync(session, source.Seq, (from, after), Bounds.End(interval));
            Interlocked.Add(ref _rowsRead, rows.Count);
            foreach (var row in rows)
            {
                if (!levels.CountsAt(row.ReceivedAt))
                    continue;
                var (shape, dimensions) = (row.Shape, row.Dimensions);
                if (corrections.TryGetValue((row.At, row.Hash), out var corrected))
                {
                    if (corrected.Dimensions is null)
                        continue;
                    (shape, dimensions) = ((int)corrected.Shape, corrected.Dimensions);
                }

                yield return new(
                    new((int)source.Seq, row.At, row.Hash),
                    row.ReceivedAt,
                    await dictionaries.NameAsync(session, row.Name),
                    await dictionaries.DimensionsAsync(session, shape, dimensions));
            }

            if (rows.Count < PageSize)
                break;
            (from, after) = (rows[^1].At, rows[^1].Hash);
        }
    }

    /// <summary>What an event counts as; null = as it was sent.</summary>
    internal async Task<EventCorrection?> CorrectionAsync(Session session, EventAddress address)
    {
        var row = await session.Connection.QuerySingleOrDefaultAsync<CorrectionRow>(
            $"SELECT {CorrectionRow.Columns} FROM event_corrections WHERE source_id = @source AND event_at = @at AND key_hash = @hash",
            new { source = address.Source, at = address.At, hash = address.Hash },
            session.Transaction);
        if (row is null)
            return null;
        var dimensions = row.Dimensions is { } bytes
            ? await dictionaries.DimensionsAsync(session, (int)row.Shape, bytes)
            : null;
        return new(dimensions, row.Reason, Instant.FromUnixTimeMilliseconds(row.CorrectedAt))
        {
            HeldBy = row.HeldBy is { } feature ? new(feature) : null,
        };
    }

    private static async Task<Dictionary<(long At, long Hash), CorrectionRow>> CorrectionsAsync(
        Session session, long source, UsageWindow interval) =>
        (await session.Connection.QueryAsync<CorrectionRow>(
            $"""
            SELECT {CorrectionRow.Columns} FROM event_corrections
            WHERE source_id = @source AND event_at >= @floor AND event_at < @end
            """,
            new { source = (int)source, floor = Bounds.Start(interval), end = Bounds.End(interval) },
            session.Transaction)).ToDictionary(row => (row.At, row.Hash));

    /// <summary>
    /// Page by page, because a connection answers one question at a time and the dictionaries may need it.
    /// </summary>
    private static async Task<List<EventRow>> PageAsync(Session session, long source, (long At, long Hash) after, long end)
    {
        await using var command = session.Connection.CreateCommand();
        command.CommandText = """
            SELECT event_at, key_hash, name_id, shape_id, dimensions, received_at FROM usage_events
            WHERE source_id = @source AND event_at >= @floor AND event_at < @end AND (event_at > @floor OR key_hash > @hash)
            ORDER BY event_at, key_hash LIMIT @page
            """;
        command.Transaction = session.Transaction;
        Add("source", (int)source);
        Add("floor", after.At);
        Add("hash", after.Hash);
        Add("end", end);
        Add("page", PageSize);
        var rows = new List<EventRow>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            rows.Add(new(
                reader.GetInt64(0), reader.GetInt64(1), reader.GetInt32(2), reader.GetInt32(3), reader.GetFieldValue<byte[]>(4),
                reader.GetInt64(5)));
        }

        return rows;

        void Add(string name, object value)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value;
            command.Parameters.Add(parameter);
        }
    }

    /// <summary>What came live, and what closed backfills brought.</summary>
    private static async Task<IReadOnlyList<SourceRow>> SourcesAsync(Session session, UsageKey key, long including) =>
        (await session.Connection.QueryAsync<SourceRow>(
            $"""
            SELECT seq AS Seq, seq AS Sender, resource_id AS Resource FROM event_sources
            WHERE environment_id = @environment AND customer_id = @customer
              {(key.Resource is null ? "" : "AND resource_id = @resource")}
            UNION ALL
            SELECT -b.seq, b.source_id, s.resource_id FROM event_sources s
            JOIN backfill_sources b ON b.source_id = s.seq JOIN backfills f ON f.seq = b.backfill_seq
            WHERE s.environment_id = @environment AND s.customer_id = @customer AND (f.state = 1 OR f.seq = @including)
              {(key.Resource is null ? "" : "AND s.resource_id = @resource")}
            ORDER BY 1
            """,
            new
            {
                including,
                environment = key.Environment.Value,
                customer = key.Customer.Value,
                resource = key.Resource?.Value,
            },
            session.Transaction)).AsList();

    /// <summary>
    /// At customer level the events of a resource count while its own subscriptions do not grant the feature.
    /// </summary>
    private static async Task<LevelLog> LevelsAsync(Session session, SourceRow source, UsageKey key)
    {
        if (key.Resource is not null || source.Resource.Length == 0)
            return LevelLog.Always;
        return await LevelsAsync(session, (int)source.Sender, key.Feature);
    }

    /// <summary>The same by the number of the sender.</summary>
    private static async Task<LevelLog> LevelsAsync(Session session, int sender, FeatureId feature)
    {
        var rows = await session.Connection.QueryAsync<LevelRow>(
            """
            SELECT from_at AS "From", customer_level AS Level FROM event_levels
            WHERE source_id = @sender AND feature_id = @feature ORDER BY from_at
            """,
            new { sender, feature = feature.Value },
            session.Transaction);
        return new([.. rows.Select(row => (row.From, row.Level == 1))]);
    }

    private readonly record struct EventRow(long At, long Hash, int Name, int Shape, byte[] Dimensions, long ReceivedAt);

    private sealed class CorrectionRow
    {
        public const string Columns = """
            event_at AS At, key_hash AS Hash, shape_id AS Shape, dimensions AS Dimensions, reason AS Reason,
            corrected_at AS CorrectedAt, held_by AS HeldBy
            """;

        public long At { get; set; }
        public long Hash { get; set; }
        public long Shape { get; set; }
        public byte[]? Dimensions { get; set; }
        public string Reason { get; set; } = "";
        public long CorrectedAt { get; set; }
        public string? HeldBy { get; set; }
    }

    private sealed class LevelRow
    {
        public long From { get; set; }
        public long Level { get; set; }
    }

    private sealed class SourceRow
    {
        /// <summary>The number its events are stored under.</summary>
        public long Seq { get; set; }
        public long Sender { get; set; }
        public string Resource { get; set; } = "";
    }
}

/// <summary>An event as it was stored.</summary>
internal readonly record struct StoredEvent(
    EventAddress Address, long ReceivedAt, string Name, EventDimensions Dimensions);
