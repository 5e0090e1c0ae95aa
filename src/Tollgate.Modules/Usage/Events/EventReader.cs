using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Usage;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Entitlements;
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

    /// <summary>
    /// Every event that counts for the key and is dated in the interval and not before the horizon, each source's in
    /// order of time.
    /// </summary>
    internal async IAsyncEnumerable<StoredEvent> ReadAsync(
        Session session, UsageKey key, UsageWindow interval, long horizon, long including = 0)
    {
        foreach (var source in await SourceNumbers.ThatCountAsync(session, key, including))
        {
            await foreach (var stored in ReadAsync(session, source, key, interval, horizon))
                yield return stored;
        }
    }

    /// <summary>Every event of a customer in a backfill, with its resource.</summary>
    internal async IAsyncEnumerable<(ResourceId? Resource, StoredEvent Stored)> ReadBackfillAsync(
        Session session, EnvironmentId environment, long backfill, CustomerId customer)
    {
        var numbers = await SourceNumbers.OfBackfillAsync(session, environment, backfill, customer);
        foreach (var (number, resource) in numbers)
        {
            await foreach (var stored in ReadNumberAsync(session, number, Instant.MinValue))
                yield return (resource, stored);
        }
    }

    /// <summary>
    /// Every event that is stored under a number and dated from an instant on, as it was corrected, whatever the state
    /// of its backfill.
    /// </summary>
    internal IAsyncEnumerable<StoredEvent> ReadNumberAsync(Session session, int number, Instant from) => ReadAsync(
        session,
        new SourceNumber { Seq = number, Sender = number },
        default,
        new(from, Instant.MaxValue),
        long.MinValue);

    private async IAsyncEnumerable<StoredEvent> ReadAsync(
        Session session, SourceNumber source, UsageKey key, UsageWindow interval, long horizon)
    {
        var levels = await LevelsAsync(session, source, key);
        var corrections = await CorrectionRow.ListAsync(session, (int)source.Seq, interval);
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
        var row = await CorrectionRow.FindAsync(session, address);
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

    /// <summary>
    /// Page by page, because a connection answers one question at a time and the dictionaries may need it.
    /// </summary>
    private static async Task<List<EventRow>> PageAsync(
        Session session, long source, (long At, long Hash) after, long end)
    {
        await using var command = session.Connection.CreateCommand();
        command.CommandText = """
            SELECT event_at, key_hash, name_id, shape_id, dimensions, received_at FROM usage_events
            WHERE source_id = @source AND event_at >= @floor AND event_at < @end
              AND (event_at > @floor OR key_hash > @hash)
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
                reader.GetInt64(0), reader.GetInt64(1), reader.GetInt32(2), reader.GetInt32(3),
                reader.GetFieldValue<byte[]>(4), reader.GetInt64(5)));
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

    /// <summary>
    /// At customer level the events of a resource count while its own subscriptions do not grant the feature.
    /// </summary>
    private static async Task<LevelLog> LevelsAsync(Session session, SourceNumber source, UsageKey key)
    {
        if (key.Resource is not null || source.Resource.Length == 0)
            return LevelLog.Always;
        return await LevelLog.OfSenderAsync(session, (int)source.Sender, key.Feature);
    }

    private readonly record struct EventRow(
        long At, long Hash, int Name, int Shape, byte[] Dimensions, long ReceivedAt);
}
