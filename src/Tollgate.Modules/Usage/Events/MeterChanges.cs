using System.Text.Json;
using Dapper;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Tasks;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// Follows the catalog: a new or changed meter becomes a new generation, which counts from the stored events and is
/// read once a task has filled its counters. Where no event was ever sent it is read at once.
/// </summary>
internal sealed class MeterChanges(TaskStore tasks) : IMeterChanges
{
    public LockKey Lock(EnvironmentId environment) => EventLocks.Meters(environment);

    public async Task ApplyAsync(Work work, Feature? before, Feature? after)
    {
        var environment = work.Scope.EnvironmentId;
        if (after?.Meter is not { } meter)
        {
            if (before?.Meter is not null)
                await RetireAsync(work, before.Id, "state <> 2");
            return;
        }

        if (before is not null && MeterRules.Same(before.Meter, meter))
            return;
        var archive = await ArchiveAsync(work, after.Id, meter.Aggregation);
        // A version that was still being filled is not wanted any more.
        await RetireAsync(work, after.Id, "state = 0");
        var hasEvents = await work.Session.Connection.ExecuteScalarAsync<bool>(
            "SELECT EXISTS (SELECT 1 FROM event_names WHERE environment_id = @environment)",
            new { environment = environment.Value },
            work.Session.Transaction);
        if (!hasEvents)
            await RetireAsync(work, after.Id, "state = 1");
        var generation = await work.Session.Connection.ExecuteScalarAsync<long>(
            """
            SELECT coalesce(max(generation), 0) + 1 FROM event_meters
            WHERE environment_id = @environment AND feature_id = @feature
            """,
            new { environment = environment.Value, feature = after.Id.Value },
            work.Session.Transaction);
        await work.Session.Connection.ExecuteAsync(
            """
            INSERT INTO event_meters (environment_id, feature_id, generation, state, definition, created_at, archive)
            VALUES (@environment, @feature, @generation, @state, @definition, @at, @archive)
            """,
            new
            {
                environment = environment.Value,
                feature = after.Id.Value,
                generation = (int)generation,
                state = hasEvents ? (int)MeterStage.Building : (int)MeterStage.Current,
                definition = BodyJson.Write(meter),
                at = work.Scope.Now.ToUnixTimeMilliseconds(),
                archive,
            },
            work.Session.Transaction);
        await ChangedAsync(work);
        if (hasEvents)
        {
            await tasks.EnqueueAsync(
                work.Session,
                work.Scope,
                nameof(TaskType.MeterRebuild),
                JsonSerializer.Serialize(new(after.Id.Value, (int)generation), BodyJson.Default.MeterRebuild),
                await work.Session.Connection.ExecuteScalarAsync<long>(
                    "SELECT count(*) FROM event_sources WHERE environment_id = @environment",
                    new { environment = environment.Value },
                    work.Session.Transaction));
        }
    }

    /// <summary>
    /// The version whose sums of removed events a new one goes on from: what was counted stays counted where the same
    /// is added up. Where another function or field is read they would not fit, and it counts what is still there; 0.
    /// </summary>
    private static async Task<int> ArchiveAsync(Work work, FeatureId feature, MeterAggregation aggregation)
    {
        var current = await work.Session.Connection.QuerySingleOrDefaultAsync<CurrentRow>(
            """
            SELECT definition AS Definition, CASE WHEN archive = 0 THEN generation ELSE archive END AS Archive
            FROM event_meters
            WHERE environment_id = @environment AND feature_id = @feature AND state = 1
            """,
            new { environment = work.Scope.EnvironmentId.Value, feature = feature.Value },
            work.Session.Transaction);
        return current is not null
            && JsonSerializer.Deserialize(current.Definition, BodyJson.Default.Meter)!.Aggregation == aggregation
                ? (int)current.Archive
                : 0;
    }

    private sealed class CurrentRow
    {
        public string Definition { get; set; } = "";
        public long Archive { get; set; }
    }

    /// <summary>What a version of a meter was while it is still being built; null when it is not any more.</summary>
    internal static async Task<bool> IsBuildingAsync(
        Session session, EnvironmentId environment, MeterRebuild rebuild) =>
        await session.Connection.ExecuteScalarAsync<bool>(
            """
            SELECT EXISTS (SELECT 1 FROM event_meters
              WHERE environment_id = @environment AND feature_id = @feature AND generation = @generation AND state = 0)
            """,
            new { environment = environment.Value, feature = rebuild.Feature, generation = rebuild.Generation },
            session.Transaction);

    /// <summary>The version that was built is read from now on, and the one before it is not.</summary>
    internal static async Task SwitchAsync(Work work, MeterRebuild rebuild)
    {
        await RetireAsync(work, new(rebuild.Feature), "state = 1");
        await work.Session.Connection.ExecuteAsync(
            """
            UPDATE event_meters SET state = 1
            WHERE environment_id = @environment AND feature_id = @feature AND generation = @generation AND state = 0
            """,
            new
            {
                environment = work.Scope.EnvironmentId.Value,
                feature = rebuild.Feature,
                generation = rebuild.Generation,
            },
            work.Session.Transaction);
        await ChangedAsync(work);
    }

    private static async Task RetireAsync(Work work, FeatureId feature, string states)
    {
        await work.Session.Connection.ExecuteAsync(
            $"""
            UPDATE event_meters SET state = 2
            WHERE environment_id = @environment AND feature_id = @feature AND {states}
            """,
            new { environment = work.Scope.EnvironmentId.Value, feature = feature.Value },
            work.Session.Transaction);
        await ChangedAsync(work);
    }

    /// <summary>The meters of the environment are to be read anew.</summary>
    internal static async Task ChangedAsync(Work work)
    {
        await work.Session.Connection.ExecuteAsync(
            """
            INSERT INTO meter_sets (environment_id, version) VALUES (@environment, 1)
            ON CONFLICT (environment_id) DO UPDATE SET version = meter_sets.version + 1
            """,
            new { environment = work.Scope.EnvironmentId.Value },
            work.Session.Transaction);
        work.MetersChanged();
    }
}

/// <summary>Which version of a meter a task fills the counters of.</summary>
internal sealed record MeterRebuild(string Feature, int Generation);
