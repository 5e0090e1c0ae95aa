using System.Text.Json;
using Dapper;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Tasks;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// Fills the counters of a new version of a meter, customer by customer, while the old numbers are served; then the new version is
/// read. A counter that is not there by then is counted from the events when it is asked for, so the task saves time and
/// decides nothing.
/// </summary>
internal sealed class RebuildMeter(
    Database database, EntitlementSnapshots snapshots, EventReader reader, EventMeters meters) : ITaskHandler
{
    private const int PageSize = 5_000;

    private readonly MeterCounters _counters = MeterCounters.Of(database.Kind);

    public string Kind => nameof(TaskType.MeterRebuild);

    public async Task RunAsync(TaskRun run, CancellationToken cancellationToken)
    {
        var rebuild = JsonSerializer.Deserialize(run.Task.Body, BodyJson.Default.MeterRebuild)!;
        var position = run.Task.Position;
        while (await NextAsync(run.Task.EnvironmentId, position, cancellationToken) is { Count: > 0 } customers)
        {
            foreach (var customer in customers)
            {
                var scope = run.Scope(Actor.Scheduler);
                IReadOnlyList<SenderAccess> senders = [];
                await run.DoAsync(
                    new(customer.Id, customer.Seq),
                    scope,
                    [EventLocks.Meters(scope.EnvironmentId).Shared,
                        UnitOfWork.CustomerLock(scope.EnvironmentId, new(customer.Id))],
                    async token => senders = await SendersAsync(scope, customer.Id, token),
                    (work, token) => FillAsync(work, rebuild, senders, token),
                    cancellationToken);
                position = customer.Seq;
            }
        }

        await run.FinishAsync(
            run.Scope(Actor.Scheduler),
            [EventLocks.Meters(run.Task.EnvironmentId)],
            async work =>
            {
                if (await MeterChanges.IsBuildingAsync(work.Session, work.Scope.EnvironmentId, rebuild))
                    await MeterChanges.SwitchAsync(work, rebuild);
            },
            cancellationToken);
        await PurgeAsync(run.Task.EnvironmentId, rebuild, cancellationToken);
    }

    /// <summary>The counters of the versions before, in portions. What a crash leaves is never read.</summary>
    private async Task PurgeAsync(EnvironmentId environment, MeterRebuild rebuild, CancellationToken cancellationToken)
    {
        var after = 0L;
        while (true)
        {
            var rows = (await database.ReadAsync(
                (session, _) => session.Connection.QueryAsync<long>(
                    """
                    SELECT seq FROM meter_counters
                    WHERE environment_id = @environment AND feature_id = @feature AND generation < @generation AND seq > @after
                    ORDER BY seq LIMIT 200
                    """,
                    new { environment = environment.Value, feature = rebuild.Feature, generation = rebuild.Generation, after }),
                cancellationToken)).AsList();
            if (rows.Count == 0)
                return;
            await database.WriteAsync(
                [],
                async (session, _) =>
                {
                    await MeterCounters.DeleteAsync(session, rows);
                    return true;
                },
                cancellationToken);
            after = rows[^1];
        }
    }

    /// <summary>Each customer by its oldest sender.</summary>
    private Task<IReadOnlyList<CustomerRow>> NextAsync(
        EnvironmentId environment, long after, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<CustomerRow>>(
            async (session, _) => (await session.Connection.QueryAsync<CustomerRow>(
                """
                SELECT min(seq) AS Seq, customer_id AS Id FROM event_sources WHERE environment_id = @environment
                GROUP BY customer_id HAVING min(seq) > @after ORDER BY 1 LIMIT @page
                """,
                new { environment = environment.Value, after, page = PageSize })).AsList(),
            cancellationToken);

    private async Task<IReadOnlyList<SenderAccess>> SendersAsync(
        OperationScope scope, string customer, CancellationToken cancellationToken)
    {
        var senders = await database.ReadAsync(
            (session, _) => session.Connection.QueryAsync<SenderRow>(
                """
                SELECT seq AS Seq, resource_id AS Resource FROM event_sources
                WHERE environment_id = @environment AND customer_id = @customer ORDER BY seq
                """,
                new { environment = scope.EnvironmentId.Value, customer }),
            cancellationToken);
        var id = new CustomerId(customer);
        var found = new List<SenderAccess>
        {
            new(0, null, await snapshots.GetAsync(scope.Environment, id, null, scope.Now, cancellationToken)),
        };
        foreach (var sender in senders.Where(sender => sender.Resource.Length > 0))
        {
            var resource = new ResourceId(sender.Resource);
            var access = await snapshots.GetAsync(scope.Environment, id, resource, scope.Now, cancellationToken);
            if (!access.Facts.IsResourceUnknown)
                found.Add(new((int)sender.Seq, resource, access));
        }

        return found;
    }

    private async Task<Result<Done>> FillAsync(
        Work work, MeterRebuild rebuild, IReadOnlyList<SenderAccess> senders, CancellationToken cancellationToken)
    {
        var set = await meters.GetAsync(work.Session, work.Scope.EnvironmentId);
        var feature = new FeatureId(rebuild.Feature);
        if (set.Building(feature) is not { } meter || meter.Generation != rebuild.Generation)
            return default(Done);
        // While a version counts, how events count is noted as they come; what has no note was sent for an unknown customer.
        var unnoted = set.Current(feature) is null ? senders.Where(sender => sender.Resource is not null) : [];
        foreach (var sender in unnoted)
        {
            var counts = sender.Access.Find(rebuild.Feature)?.Entitlement.CountsOnResource == true;
            await EventLevels.BeginAsync(work.Session, sender.Source, feature, !counts);
        }

        // What nobody is entitled to is counted when somebody is.
        foreach (var compiled in senders.Select(sender => sender.Access.Find(rebuild.Feature)))
        {
            if (compiled?.Cell is { } cell)
                await FillAsync(work, meter, cell.Key, compiled.IntervalAt(work.Scope.Now), cancellationToken);
        }

        return default(Done);
    }

    private async Task FillAsync(
        Work work, MeterVersion meter, UsageKey key, UsageWindow interval, CancellationToken cancellationToken)
    {
        var stored = await _counters.LoadAsync(work.Session, [key], cancellationToken);
        if (stored.Any(row => row.Row.Generation == meter.Generation && row.Row.Interval == interval))
            return;
        var tokens = new HashSet<byte[]>(TokenComparer.Instance);
        var tally = await reader.FoldAsync(work.Session, meter, key, interval, tokens);
        var slot = new MeterSlot(key, meter, interval, 0, meter.CountsDistinct ? default : tally)
        {
            Tokens = tokens,
            Reported = await MeterReports.SumAsync(work.Session, key, interval),
        };
        await _counters.SaveAsync(work.Session, [slot], cancellationToken);
    }

    private sealed record SenderAccess(int Source, ResourceId? Resource, ScopeAccess Access);

    private sealed class CustomerRow
    {
        public long Seq { get; set; }
        public string Id { get; set; } = "";
    }

    private sealed class SenderRow
    {
        public long Seq { get; set; }
        public string Resource { get; set; } = "";
    }
}
