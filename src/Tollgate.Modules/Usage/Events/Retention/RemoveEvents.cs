using System.Globalization;
using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Retention;

/// <summary>
/// Deletes what is stored of events before the horizon, sender by sender, in batches that are transactions of their
/// own: whoever writes usage waits for one of them at most.
/// </summary>
internal sealed class RemoveEvents(Database database)
{
    /// <summary>Rows of one transaction; on SQLite it keeps the one writer for some tens of milliseconds.</summary>
    internal const int Batch = 2_000;

    private const int KeysRead = 5_000;

    /// <summary>The next senders, in the order of their numbers.</summary>
    public Task<IReadOnlyList<long>> SendersAsync(
        EnvironmentId environment, string after, int most, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<long>>(
            async (session, _) => (await session.Connection.QueryAsync<long>(
                "SELECT seq FROM event_sources WHERE environment_id = @environment AND seq > @after ORDER BY seq LIMIT @most",
                new
                {
                    environment = environment.Value,
                    after = after.Length == 0 ? 0 : long.Parse(after, CultureInfo.InvariantCulture),
                    most,
                })).AsList(),
            cancellationToken);

    /// <summary>The number of events deleted.</summary>
    /// <param name="sender">In event_sources.</param>
    /// <param name="horizon">What is dated before it goes.</param>
    /// <param name="withEvents">False: whole months go elsewhere, and here only what belongs to their events.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    public async Task<long> ExecuteAsync(
        long sender, Instant horizon, bool withEvents, CancellationToken cancellationToken)
    {
        var removed = 0L;
        var until = horizon.ToUnixTimeMilliseconds();
        foreach (var source in await NumbersAsync(sender, cancellationToken))
        {
            if (withEvents)
                removed += await DeleteAsync("usage_events", "source_id, event_at, key_hash", source, until, cancellationToken);
            await DeleteAsync("event_corrections", "source_id, event_at, key_hash", source, until, cancellationToken);
            await DeleteAsync("event_conflicts", "seq", source, until, cancellationToken);
            await DeleteAsync("event_duplicates", "source_id, event_at, key_hash", source, until, cancellationToken);
            await DeleteKeysAsync(source, until, cancellationToken);
        }

        return removed;
    }

    /// <summary>The numbers that a sender's events are stored under: its own, and one for each backfill.</summary>
    private Task<IReadOnlyList<int>> NumbersAsync(long sender, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<int>>(
            async (session, _) =>
            [
                (int)sender,
                .. await session.Connection.QueryAsync<int>(
                    "SELECT -seq FROM backfill_sources WHERE source_id = @sender", new { sender }),
            ],
            cancellationToken);

    private async Task<long> DeleteAsync(
        string table, string key, int source, long until, CancellationToken cancellationToken)
    {
        var deleted = 0L;
        int batch;
        do
        {
            // A look first, because a write session would make writers wait for nothing.
            if (!await database.ReadAsync(
                (session, _) => session.Connection.ExecuteScalarAsync<bool>(
                    $"SELECT EXISTS (SELECT 1 FROM {table} WHERE source_id = @source AND event_at < @until)",
                    new { source, until }),
                cancellationToken))
            {
                break;
            }

            batch = 0;
            await database.WriteAsync(
                [],
                async (session, _) =>
                {
                    batch = await session.Connection.ExecuteAsync(
                        $"""
                        DELETE FROM {table} WHERE ({key}) IN (
                          SELECT {key} FROM {table} WHERE source_id = @source AND event_at < @until LIMIT @most)
                        """,
                        new { source, until, most = Batch },
                        session.Transaction);
                    return true;
                },
                cancellationToken);
            deleted += batch;
        }
        while (batch == Batch);

        return deleted;
    }

    /// <summary>
    /// Keys of events that came without a timestamp lie by their hash, so they are looked through outside of the
    /// writer.
    /// </summary>
    private async Task DeleteKeysAsync(int source, long until, CancellationToken cancellationToken)
    {
        var after = long.MinValue;
        while (true)
        {
            var keys = (await database.ReadAsync(
                (session, _) => session.Connection.QueryAsync<KeyRow>(
                    """
                    SELECT key_hash AS Hash, event_at AS At FROM event_keys WHERE source_id = @source AND key_hash > @after
                    ORDER BY key_hash LIMIT @most
                    """,
                    new { source, after, most = KeysRead }),
                cancellationToken)).AsList();
            foreach (var old in keys.Where(key => key.At < until).Select(key => key.Hash).Chunk(Batch))
            {
                await database.WriteAsync(
                    [],
                    async (session, _) =>
                    {
                        foreach (var hash in old)
                        {
                            await session.Connection.ExecuteAsync(
                                "DELETE FROM event_keys WHERE source_id = @source AND key_hash = @hash",
                                new { source, hash },
                                session.Transaction);
                        }

                        return true;
                    },
                    cancellationToken);
            }

            if (keys.Count < KeysRead)
                return;
            after = keys[^1].Hash;
        }
    }

    private sealed class KeyRow
    {
        public long Hash { get; set; }
        public long At { get; set; }
    }
}
