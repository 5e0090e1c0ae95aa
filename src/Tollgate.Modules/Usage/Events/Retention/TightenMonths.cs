using Dapper;
using NodaTime;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Retention;

/// <summary>
/// Builds the index of a month of events anew, once, when the month is over (PostgreSQL). Events come in the order of their
/// arrival, the index is in that of their senders, so its pages are little over half full while they come; built anew they
/// are full, and an event takes about 20 bytes less. Nobody waits meanwhile. SQLite has one table and nothing to do.
/// </summary>
public sealed class TightenMonths(Database database)
{
    /// <summary>Late events mostly came by then.</summary>
    private static readonly Duration Rest = Duration.FromDays(3);

    /// <summary>Bytes of an index that it is worth the work for.</summary>
    private const long Least = 16 * 1024 * 1024;

    /// <summary>What an index that was built anew says of itself.</summary>
    private const string Mark = "built anew when its month was over";

    private static readonly LockKey Tightening = LockKey.Of(0, "events-months", "tighten");

    /// <summary>Months that were over three days before the instant; how many were built anew.</summary>
    public Task<int> RunAsync(Instant now, CancellationToken cancellationToken) => RunAsync(now, Least, cancellationToken);

    /// <summary>The same for indexes of that many bytes.</summary>
    internal async Task<int> RunAsync(Instant now, long least, CancellationToken cancellationToken)
    {
        if (database.Kind == DatabaseKind.Sqlite)
            return 0;
        // An index is built without a pause for others only outside of transactions.
        await using var session = await database.OpenReadAsync(cancellationToken);
        // Another node may be at it.
        if (!await session.Connection.ExecuteScalarAsync<bool>("SELECT pg_try_advisory_lock(@key)", new { key = Tightening.Value }))
            return 0;
        try
        {
            var built = 0;
            foreach (var month in await EventMonth.EndedAsync(session, now - Rest))
            {
                if (!month.IsAttached || month.IsPending)
                    continue;
                foreach (var index in await LooseAsync(session, month.Name, least))
                {
                    await BuildAsync(session, month.Name, index, cancellationToken);
                    built++;
                }
            }

            return built;
        }
        finally
        {
            await session.Connection.ExecuteAsync("SELECT pg_advisory_unlock(@key)", new { key = Tightening.Value });
        }
    }

    private static async Task<IReadOnlyList<string>> LooseAsync(Session session, string month, long least) =>
        [.. await session.Connection.QueryAsync<string>(
            """
            SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE i.indrelid = @month::regclass AND i.indisunique AND i.indisvalid AND pg_relation_size(c.oid) >= @least
              AND obj_description(c.oid, 'pg_class') IS DISTINCT FROM @mark
            """,
            new { month, least, mark = Mark })];

    private static async Task BuildAsync(
        Session session, string month, string index, CancellationToken cancellationToken)
    {
        // What a run that was cut off left behind is kept up by every insert and used by nobody.
        foreach (var left in await session.Connection.QueryAsync<string>(
            """
            SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE i.indrelid = @month::regclass AND NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$'
            """,
            new { month }))
        {
            await RunAsync($"DROP INDEX CONCURRENTLY {left}");
        }

        await RunAsync($"REINDEX INDEX CONCURRENTLY {index}");
        await RunAsync($"COMMENT ON INDEX {index} IS '{Mark}'");

        // It takes as long as it takes, and as long as those who use the index take.
        Task RunAsync(string statement) => session.Connection.ExecuteAsync(
            new CommandDefinition(statement, commandTimeout: 0, cancellationToken: cancellationToken));
    }
}
