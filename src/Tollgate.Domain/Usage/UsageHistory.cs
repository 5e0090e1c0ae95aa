using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Usage;

/// <summary>What a usage history is asked for (spec entitlements-and-usage 10).</summary>
public sealed record UsageHistoryQuery
{
    /// <summary>How usage was reset in the scope over time.</summary>
    public required UsageTimeline Timeline { get; init; }
    public required Instant Start { get; init; }

    /// <summary>
    /// Not before <see cref="Start"/>; the point at the end includes what is dated at that very instant.
    /// </summary>
    public required Instant End { get; init; }

    /// <summary>Dimension names; empty = one series of everything.</summary>
    public IReadOnlyList<string> GroupBy { get; init; } = [];

    /// <summary>How the measurements add up when they are events; null = they are reports.</summary>
    public AggregationFunction? Aggregation { get; init; }

    /// <summary>Applied to the values shown; null = raw units are shown.</summary>
    public UnitTransformation? Transformation { get; init; }

    /// <summary>
    /// The end of the last subscription that had access: later resets have no marker. Null = one is active.
    /// </summary>
    public Instant? ActiveUntil { get; init; }
}

/// <summary>
/// The course of a feature's usage: one series per value combination, and the instants it started again at 0.
/// </summary>
public sealed record UsageHistory(IReadOnlyList<UsageSeries> Series, IReadOnlyList<UsageReset> Markers)
{
    /// <summary>
    /// Series at most; where there are more combinations the smallest are merged into the last one, "other".
    /// </summary>
    public const int MaxSeries = 100;

    /// <summary>The tag value of the merged series.</summary>
    public const string Other = "other";

    /// <summary>
    /// Points at the end of each step (hours up to 2 days, days up to a year, else weeks, counted from the start; the
    /// last step ends at the end) and one at every reset.
    /// </summary>
    /// <param name="query">What is asked for.</param>
    /// <param name="measurements">
    /// In any order, those from <c>Timeline.NeededFrom(Start, End)</c> to End at least; earlier and later ones are
    /// ignored.
    /// </param>
    public static Result<UsageHistory> Of(UsageHistoryQuery query, IEnumerable<Measurement> measurements)
    {
        if (query.Start > query.End)
        {
            return new Refusal(ErrorCode.InvalidArgumentError,
                $"startDate {query.Start} is after endDate {query.End}; give a startDate at or before the endDate.");
        }

        var resets = query.Timeline.ResetsBetween(query.Start, query.End).ToList();
        return new UsageHistory(
            UsageSeriesFold.Of(query, resets, measurements),
            [.. resets.Where(reset => !(reset.At >= query.ActiveUntil))]);
    }

    /// <summary>The step of a history that spans this long.</summary>
    public static Duration StepOf(Instant start, Instant end)
    {
        if (end - start <= Duration.FromDays(2))
            return Duration.FromHours(1);
        var year = start.InUtc().LocalDateTime.PlusYears(1).InUtc().ToInstant();
        return end <= year ? Duration.FromDays(1) : Duration.FromDays(7);
    }
}

/// <summary>One line of a history; <paramref name="Tags"/> are empty without grouping.</summary>
public sealed record UsageSeries(IReadOnlyList<SeriesTag> Tags, IReadOnlyList<UsagePoint> Points);

public sealed record SeriesTag(string Key, string Value);

/// <summary>The running usage of the window at an instant, in sold units; 0 at a reset.</summary>
public readonly record struct UsagePoint(Instant Timestamp, decimal Value, bool IsResetPoint);
