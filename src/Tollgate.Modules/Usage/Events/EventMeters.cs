using System.Collections.Concurrent;
using System.Text.Json;
using Dapper;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Usage.Events.Lateness;
using Tollgate.Modules.Usage.Events.Retention;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// The meters that count at present, per environment, compiled. Each session asks which version of the set holds, so it
/// counts by what is committed whatever this process remembers.
/// </summary>
public sealed class EventMeters
{
    private readonly ConcurrentDictionary<int, MeterSet> _sets = new();

    internal async ValueTask<MeterSet> GetAsync(Session session, EnvironmentId environment)
    {
        var version = await session.Connection.ExecuteScalarAsync<long?>(
            "SELECT version FROM meter_sets WHERE environment_id = @environment",
            new { environment = environment.Value },
            session.Transaction) ?? 0;
        if (_sets.TryGetValue(environment.Value, out var known) && known.Version == version)
            return known;
        var rows = await session.Connection.QueryAsync<Row>(
            """
            SELECT feature_id AS Feature, generation AS Generation, state AS State, definition AS Definition,
              CASE WHEN archive = 0 THEN generation ELSE archive END AS Archive
            FROM event_meters WHERE environment_id = @environment AND state <> 2 ORDER BY feature_id, generation
            """,
            new { environment = environment.Value },
            session.Transaction);
        var lateness = await LatenessStore.ListAsync(session, environment);
        var hasBackfills = await session.Connection.ExecuteScalarAsync<bool>(
            "SELECT EXISTS (SELECT 1 FROM backfills WHERE environment_id = @environment AND state IN (0, 1))",
            new { environment = environment.Value },
            session.Transaction);
        var horizon = await RetentionStore.HorizonAsync(session, environment);
        var set = new MeterSet(version, [.. rows.Select(row => row.ToMeter(lateness, horizon))]) { HasBackfills = hasBackfills };
        _sets[environment.Value] = set;
        return set;
    }

    private sealed class Row
    {
        public string Feature { get; set; } = "";
        public long Generation { get; set; }
        public long State { get; set; }
        public string Definition { get; set; } = "";
        public long Archive { get; set; }

        public MeterVersion ToMeter(IReadOnlyDictionary<FeatureId, LatenessPolicy> lateness, UsageHorizon horizon) => new(
            new(Feature), (int)Generation, (MeterStage)State, JsonSerializer.Deserialize(Definition, BodyJson.Default.Meter)!,
            lateness.GetValueOrDefault(new(Feature)))
        {
            Archive = (int)Archive,
            Horizon = horizon,
        };
    }
}

/// <summary>Where a version of a meter stands. The numbers are stored and stay.</summary>
internal enum MeterStage
{
    /// <summary>Its counters are being filled; it is not read yet.</summary>
    Building = 0,
    Current = 1,

    /// <summary>Replaced or removed: its counters are only good for deletion.</summary>
    Retired = 2,
}

/// <summary>One version of a feature's meter.</summary>
internal sealed class MeterVersion(
    FeatureId feature, int generation, MeterStage stage, Meter meter, LatenessPolicy? lateness)
{
    public FeatureId Feature { get; } = feature;

    public int Generation { get; } = generation;

    public MeterStage Stage { get; } = stage;

    public CompiledMeter Compiled { get; } = CompiledMeter.Of(meter);

    public AggregationFunction Function => Compiled.Function;

    /// <summary>Null: whatever comes counts, and no bill is made twice.</summary>
    public LatenessPolicy? Lateness { get; } = lateness;

    public bool CountsDistinct => Compiled.Function == AggregationFunction.Unique;

    /// <summary>The version under which the sums of removed events are kept that this one goes on from.</summary>
    public required int Archive { get; init; }

    /// <summary>How far back the events of the environment went when it was read.</summary>
    public required UsageHorizon Horizon { get; init; }
}

/// <summary>The meters of an environment as of one version of the set.</summary>
internal sealed class MeterSet
{
    private readonly Dictionary<FeatureId, MeterVersion> _current;
    private readonly Dictionary<FeatureId, MeterVersion> _building;
    private readonly MeterIndex<MeterVersion> _index;

    public MeterSet(long version, IReadOnlyList<MeterVersion> meters)
    {
        Version = version;
        _current = meters.Where(m => m.Stage == MeterStage.Current).ToDictionary(m => m.Feature);
        _building = meters.Where(m => m.Stage == MeterStage.Building).ToDictionary(m => m.Feature);
        _index = new(meters, meter => meter.Compiled);
        LateFeatures = meters.Where(m => m.Lateness is not null).Select(m => m.Feature).ToHashSet();
        RecomputedFeatures = meters.Where(m => m.Lateness is { Then: LateEventAction.RecomputeDraft })
            .Select(m => m.Feature).ToHashSet();
    }

    public long Version { get; }

    /// <summary>A backfill is open or closed, so that an event may be known under another number.</summary>
    public bool HasBackfills { get; init; }

    /// <summary>Those with a lateness policy.</summary>
    public IReadOnlySet<FeatureId> LateFeatures { get; }

    /// <summary>Those whose policy keeps the bill of a period a DRAFT and makes it anew.</summary>
    public IReadOnlySet<FeatureId> RecomputedFeatures { get; }

    /// <summary>The meter whose counters are read; null when the feature's usage is reported.</summary>
    public MeterVersion? Current(FeatureId feature) => _current.GetValueOrDefault(feature);

    public MeterVersion? Building(FeatureId feature) => _building.GetValueOrDefault(feature);

    /// <summary>Features that are counted from events, or will be.</summary>
    public IEnumerable<FeatureId> Features => _current.Keys.Concat(_building.Keys).Distinct();

    /// <summary>Every version, current or building, that events of the name may match.</summary>
    public ReadOnlySpan<MeterVersion> Of(string eventName) => _index.Of(eventName);
}
