using Dapper;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Retention;

/// <summary>
/// What events that were removed came to: by UTC day, and of UNIQUE meters each value with its last day. Whoever counts
/// from events adds this for what is before the horizon.
/// </summary>
internal static class MeterDays
{
    /// <summary>Everything before the days that are told apart.</summary>
    public const long Before = long.MinValue;

    /// <summary>Rows of one statement and transaction.</summary>
    private const int Batch = 200;

    private const string Key = """
        environment_id = @environment AND customer_id = @customer AND feature_id = @feature AND resource_id = @resource
          AND archive = @archive
        """;

    private const string KeyColumns = "environment_id, customer_id, feature_id, resource_id, archive";

    private const string Columns =
        "day_at AS At, tally_count AS Count, tally_sum AS Sum, tally_min AS Min, tally_max AS Max";

    public static long DayOf(long instant) => instant - (((instant % Day) + Day) % Day);

    private const long Day = 86_400_000;

    /// <summary>The days that begin in an interval, oldest first.</summary>
    public static async Task<IReadOnlyList<(long At, Tally Tally)>> ReadAsync(
        Session session, UsageKey key, int archive, long from, long until) =>
        [.. (await session.Connection.QueryAsync<Row>(
            $"SELECT {Columns} FROM meter_days WHERE {Key} AND day_at >= @from AND day_at < @until ORDER BY day_at",
            Parameters(key, archive, from, until),
            session.Transaction)).Select(row => (row.At, row.ToTally()))];

    /// <summary>The values whose last day begins in an interval.</summary>
    public static async Task<IReadOnlyList<(long At, byte[] Value)>> ReadValuesAsync(
        Session session, UsageKey key, int archive, long from, long until) =>
        [.. (await session.Connection.QueryAsync<ValueRow>(
            $"SELECT day_at AS At, value AS Value FROM meter_day_values WHERE {Key} AND day_at >= @from AND day_at < @until",
            Parameters(key, archive, from, until),
            session.Transaction)).Select(row => (row.At, row.Value))];

    /// <summary>
    /// Stores the days of an interval instead of those that a run which broke off may have stored. Looks first, because whoever
    /// writes usage waits for each transaction.
    /// </summary>
    public static async Task WriteAsync(
        Database database, UsageKey key, int archive, UsageHorizon interval, IReadOnlyDictionary<long, Tally> days,
        CancellationToken cancellationToken)
    {
        var (from, until) = (interval.SummedAt, interval.ClosedAt);
        var hasStored = await database.ReadAsync(
            async (session, _) => (await ReadAsync(session, key, archive, from, until)).Count > 0, cancellationToken);
        if (hasStored && days.Count == 0)
            await DoAsync(database, session => DeleteAsync(session, key, archive, from, until), cancellationToken);
        foreach (var batch in days.Chunk(Batch))
        {
            await DoAsync(
                database,
                async session =>
                {
                    if (hasStored)
                        await DeleteAsync(session, key, archive, from, until);
                    hasStored = false;
                    foreach (var (day, tally) in batch)
                        await InsertAsync(session, key, archive, day, tally);
                },
                cancellationToken);
        }
    }

    /// <summary>Stores values with their last day, or moves it.</summary>
    public static async Task WriteAsync(
        Database database, UsageKey key, int archive, IReadOnlyDictionary<byte[], long> values, CancellationToken cancellationToken)
    {
        foreach (var batch in values.Chunk(Batch))
        {
            await DoAsync(
                database,
                async session =>
                {
                    foreach (var (value, day) in batch)
                    {
                        var parameters = Parameters(key, archive, 0, 0);
                        parameters.Add("value", value);
                        parameters.Add("day", day);
                        await session.Connection.ExecuteAsync(
                            $"""
                            INSERT INTO meter_day_values ({KeyColumns}, value, day_at)
                            VALUES (@environment, @customer, @feature, @resource, @archive, @value, @day)
                            ON CONFLICT ({KeyColumns}, value) DO UPDATE SET day_at = excluded.day_at
                            WHERE meter_day_values.day_at < excluded.day_at
                            """,
                            parameters,
                            session.Transaction);
                    }
                },
                cancellationToken);
        }
    }

    /// <summary>Makes one of the days before an instant; readers see either.</summary>
    public static async Task MergeAsync(
        Database database, UsageKey key, int archive, long before, CancellationToken cancellationToken)
    {
        if (await database.ReadAsync((session, _) => ReadMergeableAsync(session), cancellationToken) is null)
            return;
        await DoAsync(
            database,
            async session =>
            {
                // Another node may have made one of them meanwhile.
                if (await ReadMergeableAsync(session) is not { } days)
                    return;
                await DeleteAsync(session, key, archive, long.MinValue, before);
                await InsertAsync(
                    session, key, archive, Before, days.Aggregate(default(Tally), (sum, day) => sum.Merge(day.Tally)));
            },
            cancellationToken);

        async Task<IReadOnlyList<(long At, Tally Tally)>?> ReadMergeableAsync(Session session) =>
            await ReadAsync(session, key, archive, long.MinValue, before) is { Count: > 0 } days and not [(Before, _)]
                ? days
                : null;
    }

    private static Task<int> DeleteAsync(Session session, UsageKey key, int archive, long from, long until) =>
        session.Connection.ExecuteAsync(
            $"DELETE FROM meter_days WHERE {Key} AND day_at >= @from AND day_at < @until",
            Parameters(key, archive, from, until),
            session.Transaction);

    /// <summary>Another node may have stored the same meanwhile.</summary>
    private static Task<int> InsertAsync(Session session, UsageKey key, int archive, long day, Tally tally)
    {
        var parameters = Parameters(key, archive, 0, 0);
        parameters.Add("day", day);
        parameters.Add("count", tally.Count);
        parameters.Add("sum", tally.Sum);
        parameters.Add("min", tally.Min);
        parameters.Add("max", tally.Max);
        return session.Connection.ExecuteAsync(
            $"""
            INSERT INTO meter_days ({KeyColumns}, day_at, tally_count, tally_sum, tally_min, tally_max)
            VALUES (@environment, @customer, @feature, @resource, @archive, @day, @count, @sum, @min, @max)
            ON CONFLICT ({KeyColumns}, day_at) DO UPDATE SET tally_count = excluded.tally_count, tally_sum = excluded.tally_sum,
              tally_min = excluded.tally_min, tally_max = excluded.tally_max
            """,
            parameters,
            session.Transaction);
    }

    private static Task DoAsync(Database database, Func<Session, Task> write, CancellationToken cancellationToken) =>
        database.WriteAsync(
            [],
            async (session, _) =>
            {
                await write(session);
                return true;
            },
            cancellationToken);

    private static DynamicParameters Parameters(UsageKey key, int archive, long from, long until) => new(new
    {
        environment = key.Environment.Value,
        customer = key.Customer.Value,
        feature = key.Feature.Value,
        resource = key.Resource?.Value ?? "",
        archive,
        from,
        until,
    });

    private sealed class Row
    {
        public long At { get; set; }
        public long Count { get; set; }
        public object Sum { get; set; } = 0m;
        public object Min { get; set; } = 0m;
        public object Max { get; set; } = 0m;

        public Tally ToTally() => new(Count, Exact.Of(Sum), Exact.Of(Min), Exact.Of(Max));
    }

    private sealed class ValueRow
    {
        public long At { get; set; }
        public byte[] Value { get; set; } = [];
    }
}
