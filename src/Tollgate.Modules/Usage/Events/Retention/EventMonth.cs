using System.Globalization;
using Dapper;
using NodaTime;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Retention;

/// <summary>A month of usage_events on PostgreSQL.</summary>
internal sealed class EventMonth
{
    public string Name { get; set; } = "";
    public bool IsAttached { get; set; }

    /// <summary>Somebody began to detach it and did not end.</summary>
    public bool IsPending { get; set; }

    public int Month =>
        int.Parse(Name.AsSpan(13, 4), CultureInfo.InvariantCulture) * 12
        + int.Parse(Name.AsSpan(18, 2), CultureInfo.InvariantCulture) - 1;

    /// <summary>
    /// Those that end at or before the horizon, what an earlier run detached and did not drop among them.
    /// </summary>
    public static async Task<IReadOnlyList<EventMonth>> EndedAsync(Session session, Instant horizon) =>
        [.. (await session.Connection.QueryAsync<EventMonth>(
            """
            SELECT c.relname AS "Name", i.inhrelid IS NOT NULL AS "IsAttached",
              COALESCE(i.inhdetachpending, false) AS "IsPending"
            FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
            WHERE c.relkind = 'r' AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'usage_events'::regclass)
              AND c.relname ~ '^usage_events_[0-9]{4}_[0-9]{2}$'
            ORDER BY c.relname
            """,
            transaction: session.Transaction)).Where(row => EventMonths.StartOf(row.Month + 1) <= horizon)];
}
