using System.Globalization;
using System.Text.Json;
using Dapper;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Retention;

/// <summary>
/// Works out what the events before the horizon come to under each meter, customer by customer, before they go. They
/// cannot change any more, so this reads without a lock; nothing reads what it writes until all of it is there.
/// </summary>
internal sealed class SumEvents(Database database, EventReader reader)
{
    /// <summary>
    /// The meters that count at present, of a feature with two that share their sums the one that is read.
    /// </summary>
    public static async Task<string> MetersAsync(Session session, EnvironmentId environment) => string.Join(
        ',',
        (await ListAsync(session, environment, "state <> 2", [])).GroupBy(row => (row.Feature, row.Archive))
            .Select(group => group.OrderByDescending(row => row.State).First().Seq));

    /// <summary>The next customers that sent anything, in the order of their ids.</summary>
    public Task<IReadOnlyList<string>> CustomersAsync(
        EnvironmentId environment, string after, int most, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<string>>(
            async (session, _) => (await session.Connection.QueryAsync<string>(
                """
                SELECT DISTINCT customer_id FROM event_sources WHERE environment_id = @environment AND customer_id > @after
                ORDER BY customer_id LIMIT @most
                """,
                new { environment = environment.Value, after, most })).AsList(),
            cancellationToken);

    public async Task ExecuteAsync(
        EnvironmentId environment, CustomerId customer, RetentionState state, CancellationToken cancellationToken)
    {
        var interval = new UsageHorizon(
            state.ClosedAt!.Value.ToUnixTimeMilliseconds(), state.SummedAt?.ToUnixTimeMilliseconds() ?? long.MinValue);
        var (meters, resources) = await database.ReadAsync(
            (session, _) => PrepareAsync(session, environment, customer, interval, state.Meters), cancellationToken);
        foreach (var meter in meters)
        {
            foreach (var resource in resources)
                await SumAsync(meter, new(environment, customer, resource, meter.Feature), interval, cancellationToken);
        }
    }

    /// <summary>
    /// No meters when nothing was sent in the interval; the first resource is none: the customer's own level.
    /// </summary>
    private static async Task<(IReadOnlyList<MeterVersion>, IReadOnlyList<ResourceId?>)> PrepareAsync(
        Session session, EnvironmentId environment, CustomerId customer, UsageHorizon interval, string meters)
    {
        var resources = (await session.Connection.QueryAsync<string>(
            """
            SELECT resource_id FROM event_sources s
            WHERE environment_id = @environment AND customer_id = @customer AND (
              EXISTS (SELECT 1 FROM usage_events e WHERE e.source_id = s.seq AND e.event_at >= @from AND e.event_at < @until)
              OR EXISTS (SELECT 1 FROM backfill_sources b WHERE b.source_id = s.seq
                AND EXISTS (SELECT 1 FROM usage_events e
                  WHERE e.source_id = -b.seq AND e.event_at >= @from AND e.event_at < @until)))
            """,
            new
            {
                environment = environment.Value,
                customer = customer.Value,
                from = interval.SummedAt,
                until = interval.ClosedAt,
            })).AsList();
        if (resources.Count == 0)
            return ([], []);
        var rows = await ListAsync(
            session, environment, "seq = ANY(@seqs)",
            [.. meters.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(seq => long.Parse(seq, CultureInfo.InvariantCulture))]);
        return (
            [.. rows.Select(row => row.ToMeter(interval))],
            [null, .. resources.Where(resource => resource.Length > 0).Select(resource => (ResourceId?)new ResourceId(resource))]);
    }

    private async Task SumAsync(
        MeterVersion meter, UsageKey key, UsageHorizon interval, CancellationToken cancellationToken)
    {
        var days = new SortedDictionary<long, Tally>();
        var values = new Dictionary<byte[], long>(TokenComparer.Instance);
        await database.ReadAsync(
            async (session, _) =>
            {
                await foreach (var stored in reader.ReadAsync(
                    session, key, Bounds.Interval(interval.SummedAt, interval.ClosedAt), UsageHorizon.None.SummedAt))
                {
                    if (!meter.Compiled.TryRead(stored.Name, stored.Dimensions, out var sample))
                        continue;
                    var day = MeterDays.DayOf(stored.Address.At);
                    if (!meter.CountsDistinct)
                    {
                        days[day] = days.GetValueOrDefault(day).Add(sample.Number);
                        continue;
                    }

                    var token = UniqueToken.Of(sample.Value!);
                    values[token] = Math.Max(values.GetValueOrDefault(token, long.MinValue), day);
                }

                return true;
            },
            cancellationToken);
        await MeterDays.WriteAsync(database, key, meter.Archive, interval, days, cancellationToken);
        await MeterDays.WriteAsync(database, key, meter.Archive, values, cancellationToken);
        // Only days of runs before: those of this one are stored anew when it breaks off, and not read yet.
        await MeterDays.MergeAsync(
            database, key, meter.Archive,
            Math.Min(interval.SummedAt, interval.ClosedAt - (long)Domain.Usage.ReportSummary.TellsDays.TotalMilliseconds),
            cancellationToken);
    }

    private static async Task<IReadOnlyList<Row>> ListAsync(
        Session session, EnvironmentId environment, string filter, long[] seqs)
    {
        if (session.Kind == DatabaseKind.Sqlite)
            filter = filter.Replace("= ANY(@seqs)", "IN (SELECT value FROM json_each(@seqs))", StringComparison.Ordinal);
        return (await session.Connection.QueryAsync<Row>(
            $"""
            SELECT seq AS Seq, feature_id AS Feature, generation AS Generation, state AS State, definition AS Definition,
              CASE WHEN archive = 0 THEN generation ELSE archive END AS Archive
            FROM event_meters WHERE environment_id = @environment AND {filter} ORDER BY seq
            """,
            new
            {
                environment = environment.Value,
                seqs = session.Kind == DatabaseKind.Sqlite ? (object)JsonSerializer.Serialize(seqs) : seqs,
            },
            session.Transaction)).AsList();
    }

    private sealed class Row
    {
        public long Seq { get; set; }
        public string Feature { get; set; } = "";
        public long Generation { get; set; }
        public long State { get; set; }
        public string Definition { get; set; } = "";
        public long Archive { get; set; }

        public MeterVersion ToMeter(UsageHorizon horizon) => new(
            new(Feature), (int)Generation, (MeterStage)State, JsonSerializer.Deserialize(Definition, BodyJson.Default.Meter)!, null)
        {
            Archive = (int)Archive,
            Horizon = horizon,
        };
    }
}
