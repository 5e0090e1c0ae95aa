using System.Globalization;
using Dapper;
using NodaTime;
using Tollgate.Domain.EventLog;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Retention;

/// <summary>
/// The months of usage_events on PostgreSQL, each a partition: made before events come, and dropped as a whole. Neither
/// waits for those who write events, nor makes them wait. SQLite has one table and nothing to do.
/// </summary>
public sealed class EventMonths(Database database)
{
    /// <summary>Months that are there before they begin.</summary>
    private const int Ahead = 2;

    /// <summary>How long a change of the table waits for those who use it before it is tried again later.</summary>
    private const string LockTimeout = "5s";

    private static readonly LockKey Dropping = LockKey.Of(0, "events-months", "drop");

    /// <summary>Makes the months around an instant, so that the first event of a month need not.</summary>
    public async Task PrepareAsync(Instant now, CancellationToken cancellationToken)
    {
        if (database.Kind == DatabaseKind.Sqlite)
            return;
        for (var (month, last) = (MonthOf(now), MonthOf(now) + Ahead); month <= last; month++)
            await AddAsync(database, month, cancellationToken);
    }

    /// <summary>Year * 12 + month - 1.</summary>
    internal static int MonthOf(Instant at)
    {
        var date = at.InUtc().Date;
        return date.Year * 12 + date.Month - 1;
    }

    /// <summary>
    /// Attached, not created in place: that would wait for every other writer of events, and they for it.
    /// </summary>
    internal static Task AddAsync(Database database, int month, CancellationToken cancellationToken)
    {
        var name = NameOf(month);
        var (from, until) = (StartOf(month).ToUnixTimeMilliseconds(), StartOf(month + 1).ToUnixTimeMilliseconds());
        return database.WriteAsync(
            [LockKey.Of(0, "events-month", name)],
            async (session, _) =>
            {
                if (await session.Connection.ExecuteScalarAsync<string?>(
                    "SELECT to_regclass(@name)::text", new { name }, session.Transaction) is not null)
                {
                    return false;
                }

                await session.Connection.ExecuteAsync(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"""
                        CREATE TABLE {name} (LIKE usage_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
                        ALTER TABLE usage_events ATTACH PARTITION {name} FOR VALUES FROM ({from}) TO ({until});
                        """),
                    transaction: session.Transaction);
                return true;
            },
            cancellationToken);
    }

    /// <summary>
    /// Drops the months that end at or before the horizon, one after the other; how many, and how many events they
    /// held. Nothing is stored in them any more. One that is in use for long is left for the next time.
    /// </summary>
    internal async Task<(int Months, long Events)> DropBeforeAsync(Instant horizon, CancellationToken cancellationToken)
    {
        // Detaching without a pause for others is not possible within a transaction.
        await using var session = await database.OpenReadAsync(cancellationToken);
        await session.Connection.ExecuteAsync($"SET lock_timeout = '{LockTimeout}'");
        try
        {
            // Another node may be at it.
            if (!await session.Connection.ExecuteScalarAsync<bool>("SELECT pg_try_advisory_lock(@key)", new { key = Dropping.Value }))
                return (0, 0);
            try
            {
                var (months, events) = (0, 0L);
                foreach (var month in await EventMonth.EndedAsync(session, horizon))
                {
                    events += await DropAsync(session, month);
                    months++;
                }

                return (months, events);
            }
            finally
            {
                await session.Connection.ExecuteAsync("SELECT pg_advisory_unlock(@key)", new { key = Dropping.Value });
            }
        }
        finally
        {
            await session.Connection.ExecuteAsync("RESET lock_timeout");
        }
    }

    /// <summary>Whether a month ends at or before the horizon.</summary>
    internal static async Task<bool> AnyBeforeAsync(Session session, Instant horizon) =>
        (await EventMonth.EndedAsync(session, horizon)).Count > 0;

    private static async Task<long> DropAsync(Session session, EventMonth month)
    {
        if (month.IsPending)
            await session.Connection.ExecuteAsync($"ALTER TABLE usage_events DETACH PARTITION {month.Name} FINALIZE");
        else if (month.IsAttached)
            await session.Connection.ExecuteAsync($"ALTER TABLE usage_events DETACH PARTITION {month.Name} CONCURRENTLY");
        var events = await session.Connection.ExecuteScalarAsync<long>($"SELECT count(*) FROM {month.Name}");
        await session.Connection.ExecuteAsync($"DROP TABLE {month.Name}");
        return events;
    }

    private static string NameOf(int month) =>
        string.Create(CultureInfo.InvariantCulture, $"usage_events_{month / 12:0000}_{month % 12 + 1:00}");

    internal static Instant StartOf(int month) => RetentionMonths.StartOf(Instant.FromUtc(month / 12, month % 12 + 1, 1, 0, 0));
}
