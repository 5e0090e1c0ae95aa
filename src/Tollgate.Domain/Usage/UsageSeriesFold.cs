using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Usage.Events;

namespace Tollgate.Domain.Usage;

/// <summary>
/// Runs the measurements once and reads off every series at every point. A SET counts in its own series as the
/// difference it made to the whole, so that the series always sum up to the feature's usage.
/// </summary>
internal sealed class UsageSeriesFold
{
    private readonly UsageHistoryQuery _query;
    private readonly List<Measurement> _ordered;
    private readonly SeriesGroups _groups;
    private readonly decimal[] _values;
    private readonly Tally[] _tallies;
    private readonly decimal[] _reported;
    private readonly HashSet<string>[] _distinct;
    private readonly List<UsagePoint>[] _points;
    private decimal _total;
    private int _position;
    private Instant? _countedFrom;

    private UsageSeriesFold(UsageHistoryQuery query, IEnumerable<Measurement> measurements)
    {
        _query = query;
        var from = query.Timeline.NeededFrom(query.Start, query.End);
        _ordered = [.. measurements.Where(each => from <= each.At && each.At <= query.End)];
        _ordered.Sort(Measurement.InEffectOrder);
        _groups = new(query.GroupBy, _ordered);
        _values = new decimal[_groups.Count];
        _tallies = new Tally[_groups.Count];
        _reported = new decimal[_groups.Count];
        _distinct = new HashSet<string>[_groups.Count];
        _points = new List<UsagePoint>[_groups.Count];
        for (var i = 0; i < _points.Length; i++)
            (_points[i], _distinct[i]) = ([], new(StringComparer.Ordinal));
    }

    public static IReadOnlyList<UsageSeries> Of(
        UsageHistoryQuery query, List<UsageReset> resets, IEnumerable<Measurement> measurements)
    {
        var fold = new UsageSeriesFold(query, measurements);
        fold.Run(resets);
        return [.. fold._points.Select((points, series) => new UsageSeries(fold._groups.Tags(series), points))];
    }

    private void Run(List<UsageReset> resets)
    {
        var nextReset = 0;
        foreach (var stepEnd in StepEnds())
        {
            while (nextReset < resets.Count && resets[nextReset].At < stepEnd)
                AddResetPoint(resets[nextReset++].At);
            if (nextReset < resets.Count && resets[nextReset].At == stepEnd)
            {
                // A step that ends at a reset shows what the window had come to, then the fresh start.
                if (stepEnd > _query.Start)
                    AddPointBefore(stepEnd);
                AddResetPoint(resets[nextReset++].At);
                if (stepEnd < _query.End || !HasMeasurementAt(stepEnd))
                    continue;
            }

            AddPointAt(stepEnd);
        }
    }

    private IEnumerable<Instant> StepEnds()
    {
        var step = UsageHistory.StepOf(_query.Start, _query.End);
        for (var at = _query.Start + step; at < _query.End; at += step)
            yield return at;
        yield return _query.End;
    }

    private bool HasMeasurementAt(Instant at) => _ordered.Count > 0 && _ordered[^1].At == at;

    private void AddResetPoint(Instant at)
    {
        foreach (var points in _points)
            points.Add(new(at, 0, IsResetPoint: true));
    }

    /// <summary>Usage with everything dated up to and at the instant.</summary>
    private void AddPointAt(Instant at)
    {
        CountFrom(_query.Timeline.CountedAt(at).Start);
        while (_position < _ordered.Count && _ordered[_position].At <= at)
            Count(_ordered[_position++]);
        AddPoint(at);
    }

    /// <summary>Usage of the window that ends at the instant, without what is dated at it.</summary>
    private void AddPointBefore(Instant end)
    {
        CountFrom(_query.Timeline.CountedAt(end - Duration.FromTicks(1)).Start);
        while (_position < _ordered.Count && _ordered[_position].At < end)
            Count(_ordered[_position++]);
        AddPoint(end);
    }

    /// <summary>
    /// Starts again at 0 with the first measurement of the window unless that is where counting started already.
    /// </summary>
    private void CountFrom(Instant start)
    {
        if (_countedFrom == start)
            return;
        _countedFrom = start;
        _total = 0;
        Array.Clear(_values);
        Array.Clear(_tallies);
        Array.Clear(_reported);
        Array.ForEach(_distinct, values => values.Clear());
        _position = FirstAtOrAfter(start);
    }

    private int FirstAtOrAfter(Instant start)
    {
        var (low, high) = (0, _ordered.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_ordered[middle].At < start)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private void Count(in Measurement measurement)
    {
        if (_query.Aggregation is { } function)
        {
            CountEvent(measurement, function);
            return;
        }

        var difference = measurement.Behavior == UpdateBehavior.Set ? measurement.Value - _total : measurement.Value;
        _total += difference;
        _values[_groups.SeriesOf(measurement)] += difference;
    }

    /// <summary>Each series has its own aggregate: those of the largest or of distinct values do not sum up.</summary>
    private void CountEvent(in Measurement measurement, AggregationFunction function)
    {
        var series = _groups.SeriesOf(measurement);
        ref var tally = ref _tallies[series];
        if (measurement.IsReported)
            _reported[series] += measurement.Value;
        else if (measurement.Tally is { } day)
            tally = tally.Merge(day);
        else if (measurement.Distinct is not { } value)
            tally = tally.Add(measurement.Value);
        else if (_distinct[series].Add(value))
            tally = tally.AddDistinct(1);
        // A total below 0 reads as 0, as in checks.
        _values[series] = Math.Max(tally.Value(function) + _reported[series], 0);
    }

    private void AddPoint(Instant at)
    {
        for (var i = 0; i < _points.Length; i++)
            _points[i].Add(new(at, SoldUnits.Of(_values[i], _query.Transformation), IsResetPoint: false));
    }
}
