using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Credits;

public enum CreditUsageTimeRange
{
    LastDay,
    LastWeek,
    LastMonth,
    LastYear,
}

/// <summary>The widths of the buckets of a series, aligned to UTC.</summary>
public enum CreditUsageBucket
{
    Hour,
    Day,
    Month,
}

/// <summary>
/// The time and the buckets of a usage chart (spec credits 12): <c>[Start, End)</c>, whole buckets at the start.
/// </summary>
public sealed record CreditUsageWindow(Instant Start, Instant End, CreditUsageBucket Bucket)
{
    /// <summary>Buckets of one answer.</summary>
    public const int MaxBuckets = 2_500;

    /// <param name="range">Used unless a start is given.</param>
    /// <param name="start">Wins over the range.</param>
    /// <param name="end">Null: now.</param>
    /// <param name="now">The time of the call.</param>
    public static Result<CreditUsageWindow> Of(CreditUsageTimeRange range, Instant? start, Instant? end, Instant now)
    {
        var until = end ?? now;
        if (start is not { } from)
        {
            var bucket = range switch
            {
                CreditUsageTimeRange.LastDay => CreditUsageBucket.Hour,
                CreditUsageTimeRange.LastYear => CreditUsageBucket.Month,
                _ => CreditUsageBucket.Day,
            };
            var begin = range switch
            {
                CreditUsageTimeRange.LastDay => until - Duration.FromHours(24),
                CreditUsageTimeRange.LastWeek => until - Duration.FromDays(7),
                CreditUsageTimeRange.LastMonth => until - Duration.FromDays(30),
                CreditUsageTimeRange.LastYear => until.InUtc().LocalDateTime.PlusMonths(-12).InUtc().ToInstant(),
                _ => throw new ArgumentOutOfRangeException(nameof(range), range, "Not a time range."),
            };
            return new CreditUsageWindow(begin, until, bucket);
        }

        if (from >= until)
        {
            return Refusal.Of(ErrorCode.BadUserInput,
                [new("startDate", $"startDate {from} is not before the end {until}; give an earlier instant.")]);
        }

        var length = until - from;
        var window = new CreditUsageWindow(
            from,
            until,
            length <= Duration.FromDays(2) ? CreditUsageBucket.Hour
            : length <= Duration.FromDays(92) ? CreditUsageBucket.Day
            : CreditUsageBucket.Month);
        return length > Duration.FromDays(366 * 100)
            ? Refusal.Of(ErrorCode.BadUserInput,
                [new("startDate", $"From {from} to {until} are more than 100 years; give a shorter range.")])
            : window;
    }

    /// <summary>The first instants of the buckets, ascending.</summary>
    public IReadOnlyList<Instant> Buckets
    {
        get
        {
            var buckets = new List<Instant>();
            for (var at = BucketOf(Start); at < End; at = Next(at))
                buckets.Add(at);
            return buckets;
        }
    }

    public Instant BucketOf(Instant at)
    {
        var utc = at.InUtc();
        return Bucket switch
        {
            CreditUsageBucket.Hour => Instant.FromUtc(utc.Year, utc.Month, utc.Day, utc.Hour, 0),
            CreditUsageBucket.Day => Instant.FromUtc(utc.Year, utc.Month, utc.Day, 0, 0),
            _ => Instant.FromUtc(utc.Year, utc.Month, 1, 0, 0),
        };
    }

    /// <summary>After the last one of the calendar comes no other.</summary>
    private Instant Next(Instant bucket) => Bucket switch
    {
        CreditUsageBucket.Hour => After(bucket, Duration.FromHours(1)),
        CreditUsageBucket.Day => After(bucket, Duration.FromDays(1)),
        _ => BillingPeriods.AddMonths(bucket, 1) is var next && next < BillingPeriods.EndOfCalendar
            ? next
            : Instant.MaxValue,
    };

    private static Instant After(Instant bucket, Duration length) =>
        bucket < Instant.MaxValue - length ? bucket + length : Instant.MaxValue;
}

/// <summary>A value of a dimension.</summary>
public readonly record struct CreditUsageTag(string Key, string Value);

/// <summary>What one series consumed in one bucket.</summary>
public readonly record struct CreditUsagePoint(Instant At, decimal Credits, long Events);

/// <param name="FeatureId">Null for direct consumption, and when grouped by dimensions only.</param>
/// <param name="Tags">The values of the asked dimensions; one that an event did not have is left out.</param>
/// <param name="Credits">Sum of the points.</param>
/// <param name="Events">Number of events; not additive across series of several dimensions.</param>
/// <param name="Points">Every bucket, those without events as 0.</param>
public sealed record CreditUsageSeries(
    FeatureId? FeatureId, IReadOnlyList<CreditUsageTag> Tags, decimal Credits, long Events,
    IReadOnlyList<CreditUsagePoint> Points);

/// <summary>Adds consumptions up into series, one a combination of feature and asked dimensions.</summary>
/// <param name="window">Which time, in which buckets.</param>
/// <param name="groupBy">Dimensions; empty = by feature; <c>featureId</c> among them = by feature too.</param>
public sealed class CreditUsageFold(CreditUsageWindow window, IReadOnlyList<string> groupBy)
{
    /// <summary>The name that stands for the feature among the dimensions.</summary>
    public const string FeatureKey = "featureId";

    private readonly Dictionary<string, Series> _series = [];

    private bool ByFeature => groupBy.Count == 0 || groupBy.Contains(FeatureKey);

    /// <param name="at">When it happened.</param>
    /// <param name="feature">What was used; null for direct consumption.</param>
    /// <param name="credits">What it cost; negative for what a correction gave back.</param>
    /// <param name="dimensions">Of the event.</param>
    /// <param name="count">Events it stands for: 0 for a correction of one that is counted already.</param>
    public void Add(
        Instant at, FeatureId? feature, decimal credits, IReadOnlyDictionary<string, string>? dimensions, int count = 1)
    {
        var own = ByFeature ? feature : null;
        var tags = groupBy.Where(key => key != FeatureKey && dimensions?.ContainsKey(key) == true)
            .Select(key => new CreditUsageTag(key, dimensions![key]))
            .ToList();
        var name = string.Join('\u001f', tags.Select(tag => $"{tag.Key}\u001e{tag.Value}").Prepend(own?.Value ?? ""));
        if (!_series.TryGetValue(name, out var series))
            _series[name] = series = new(own, tags);
        var bucket = window.BucketOf(at);
        var (sum, events) = series.Points.GetValueOrDefault(bucket);
        series.Points[bucket] = (sum + credits, events + count);
    }

    /// <summary>The series that consumed most first; ties by name.</summary>
    public IReadOnlyList<CreditUsageSeries> Close()
    {
        var buckets = window.Buckets;
        return
        [
            .. _series.Select(entry => (entry.Key, Series: entry.Value.Close(buckets)))
                .OrderByDescending(entry => entry.Series.Credits)
                .ThenBy(entry => entry.Key, StringComparer.Ordinal)
                .Select(entry => entry.Series),
        ];
    }

    private sealed class Series(FeatureId? feature, IReadOnlyList<CreditUsageTag> tags)
    {
        public Dictionary<Instant, (decimal Credits, long Events)> Points { get; } = [];

        public CreditUsageSeries Close(IReadOnlyList<Instant> buckets) => new(
            feature,
            tags,
            Points.Values.Sum(point => point.Credits),
            Points.Values.Sum(point => point.Events),
            [
                .. buckets.Select(at => Points.TryGetValue(at, out var point)
                    ? new CreditUsagePoint(at, point.Credits, point.Events)
                    : new CreditUsagePoint(at, 0, 0)),
            ]);
    }
}
