namespace Tollgate.Domain.Usage;

/// <summary>
/// Which series of a history a measurement belongs to: the combination of its values of the asked dimensions.
/// </summary>
internal sealed class SeriesGroups
{
    private readonly IReadOnlyList<string> _names;
    private readonly Dictionary<string, int> _seriesByKey = [];
    private readonly List<IReadOnlyList<SeriesTag>> _tags = [];

    public SeriesGroups(IReadOnlyList<string> names, List<Measurement> measurements)
    {
        _names = names;
        if (names.Count == 0)
        {
            _seriesByKey[""] = 0;
            _tags.Add([]);
            return;
        }

        // The combinations that move the most usage get a series of their own; ties are broken by the values.
        var combinations = measurements
            .GroupBy(Key, StringComparer.Ordinal)
            .Select(group => (group.Key, Moved: group.Sum(each => Math.Abs(each.Value)), Tags: TagsOf(group.First())))
            .OrderByDescending(each => each.Moved).ThenBy(each => each.Key, StringComparer.Ordinal)
            .ToList();
        var own = combinations.Count > UsageHistory.MaxSeries ? UsageHistory.MaxSeries - 1 : combinations.Count;
        foreach (var each in combinations.Take(own).OrderBy(each => each.Key, StringComparer.Ordinal))
        {
            _seriesByKey[each.Key] = _tags.Count;
            _tags.Add(each.Tags);
        }

        if (own == combinations.Count)
            return;
        foreach (var each in combinations.Skip(own))
            _seriesByKey[each.Key] = _tags.Count;
        _tags.Add([.. names.Select(name => new SeriesTag(name, UsageHistory.Other))]);
    }

    public int Count => _tags.Count;

    public IReadOnlyList<SeriesTag> Tags(int series) => _tags[series];

    public int SeriesOf(in Measurement measurement) => _seriesByKey[Key(measurement)];

    /// <summary>
    /// The values joined by commas; commas inside a value are escaped, so different combinations never meet.
    /// </summary>
    private string Key(Measurement measurement) => string.Join(',', _names.Select(name =>
        Value(measurement, name).Replace("\\", "\\\\").Replace(",", "\\,")));

    private List<SeriesTag> TagsOf(Measurement measurement) =>
        [.. _names.Select(name => new SeriesTag(name, Value(measurement, name)))];

    /// <summary>A measurement without the dimension has the empty text.</summary>
    private static string Value(in Measurement measurement, string name) =>
        measurement.Dimensions is { } dimensions && dimensions.TryGetValue(name, out var value) ? value : "";
}
