using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Usage.Events;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage;

/// <summary>
/// The counters that a group of usage requests touches, as the group has them by now: read once, folded here, written
/// and published together. Used by one flow of control, while the customers are locked.
/// </summary>
internal sealed class GroupCounters(Session session, IUsageRows rows, UsageStore store, UsageLevels levels)
{
    private readonly Dictionary<UsageKey, GroupCounter> _keys = [];
    private readonly Dictionary<EnvironmentId, MeterSet> _meters = [];

    public GroupCounter this[UsageKey key] => _keys[key];

    /// <summary>What is to be written.</summary>
    public IReadOnlyList<ChangedCounter> Changes => [.. _keys.Values.SelectMany(counter => counter.Changes())];

    /// <summary>Every cell the group publishes into.</summary>
    public IEnumerable<UsageCell> Cells =>
        _keys.Values.Where(counter => !counter.IsFromEvents || counter.IsReported).Select(counter => counter.Cell);

    /// <summary>Takes the counter of a cell in; it is read by <see cref="LoadAsync"/>.</summary>
    public async Task TrackAsync(UsageCell cell, bool mayComeFromEvents)
    {
        if (_keys.ContainsKey(cell.Key))
            return;
        var isFromEvents = mayComeFromEvents
            && (await MetersAsync(cell.Key.Environment)).Current(cell.Key.Feature) is not null;
        _keys.Add(cell.Key, new(cell, session.Kind, isFromEvents));
    }

    /// <summary>Reads what is stored of everything that was taken in.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        // SQLite belongs to this process, so complete cells are the truth; PostgreSQL may have been written by others.
        var missing = _keys.Values
            .Where(state => session.Kind == DatabaseKind.PostgreSql || state.IsFromEvents || !state.Cell.IsComplete)
            .Select(state => state.Cell.Key)
            .ToArray();
        if (missing.Length == 0)
            return;
        foreach (var (key, interval, counter) in await rows.LoadCountersAsync(session, missing, cancellationToken))
            _keys[key].Counters[interval] = counter;
    }

    /// <summary>The counter of an interval as the group has it by now, kept from here on.</summary>
    public async Task<decimal> ValueAsync(UsageKey key, UsageWindow interval)
    {
        if (_keys[key] is { IsFromEvents: true } counted)
        {
            if (!counted.Stored.TryGetValue(interval, out var stored))
                counted.Stored[interval] = stored = (await levels.ReadStoredAsync(session, key, interval)).Value;
            return stored + counted.Reported.Where(report => interval.Contains(report.At)).Sum(report => report.Amount);
        }

        await _keys[key].NeedAsync(interval, LoadIntervalAsync);
        return _keys[key].Counters[interval].Value;
    }

    /// <summary>
    /// Every counter of the key whose interval holds the instant moves, whichever plan it was made for.
    /// </summary>
    public async Task ApplyAsync(GroupCounter state, PlannedMeasurement plan)
    {
        foreach (var interval in state.Counters.Keys.Where(i => i.Contains(plan.At)).ToArray())
        {
            var step = state.Counters[interval].Apply(plan.Report.Behavior, plan.Report.Value, plan.At);
            state.Set(interval, step.NeedsRecount ? await RecountAsync(state.Cell.Key, interval, plan) : step.Counter);
        }

        state.Pending.Add(plan);
    }

    private async Task<UsageCounter> RecountAsync(UsageKey key, UsageWindow interval, PlannedMeasurement plan) =>
        UsageFold.Of([.. await AllAsync(key, interval), MeasurementOf(plan, long.MaxValue)]);

    public async Task<UsageCounter> LoadIntervalAsync(UsageKey key, UsageWindow interval) =>
        UsageFold.Of(await AllAsync(key, interval));

    /// <summary>What is stored, and what this group has accepted but not written yet, in order of arrival.</summary>
    private async Task<IReadOnlyList<Measurement>> AllAsync(UsageKey key, UsageWindow interval)
    {
        var stored = await store.MeasurementsAsync(session, key, interval);
        var arrival = long.MaxValue - _keys[key].Pending.Count;
        var pending = _keys[key].Pending
            .Select(plan => MeasurementOf(plan, arrival++))
            .Where(measurement => interval.Contains(measurement.At));
        return [.. stored, .. pending];
    }

    private static Measurement MeasurementOf(PlannedMeasurement plan, long arrival) =>
        new(plan.At, arrival, plan.Report.Behavior, plan.Report.Value);

    /// <summary>
    /// Writes what features that are counted from events were reported; the rest is <see cref="Changes"/>.
    /// </summary>
    public async Task WriteReportsAsync()
    {
        foreach (var state in _keys.Values)
        {
            foreach (var (at, amount, dimensions) in state.Reported)
                await MeterReports.AddAsync(session, state.Cell.Key, at, amount, dimensions);
            // From here on it is what is stored.
            state.MarkStored();
        }
    }

    /// <summary>After the commit: what was written is what checks see.</summary>
    public void Publish()
    {
        foreach (var state in _keys.Values)
        {
            if (!state.IsFromEvents)
                state.Cell.Publish(state.Counters, state.CellVersion, state.TouchesPast);
            else if (state.IsReported)
                state.Cell.Doubt();
        }
    }

    private async ValueTask<MeterSet> MetersAsync(EnvironmentId environment) =>
        _meters.TryGetValue(environment, out var known)
            ? known
            : _meters[environment] = await levels.MetersAsync(session, environment);
}
