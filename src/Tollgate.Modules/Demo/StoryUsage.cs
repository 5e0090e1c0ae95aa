using NodaTime;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Usage;

namespace Tollgate.Modules.Demo;

/// <summary>
/// The usage of one feature: in each month from the first to the last (both counted from 0), the same value is reported
/// on the days 1, 4, 7 ... 25 after the month began.
/// </summary>
/// <param name="Value">Of month 0, in the reporting unit.</param>
/// <param name="Growth">Added for each month that has passed.</param>
internal sealed record UsageSeries(string Customer, string? Resource, string Feature, decimal Value, decimal Growth)
{
    public int FirstMonth { get; init; }
    public int LastMonth { get; init; } = int.MaxValue;
    public UpdateBehavior Behavior { get; init; } = UpdateBehavior.Delta;
}

/// <summary>
/// Who uses how much. Instants and keys follow from the beginning of the demo alone: sent twice, a report counts once.
/// </summary>
internal static class StoryUsage
{
    private const decimal Gigabyte = DeveloperSheet.BytesPerGigabyte;
    private const decimal Million = AiSheet.Million;

    public static IReadOnlyList<UsageSeries> Series { get; } =
    [
        Level("maple-studio", CollaborationSheet.Seats, 8, 1),
        Level("maple-studio", CollaborationSheet.Guests, 20, 1),
        Level("maple-studio", CollaborationSheet.Storage, 20 * Gigabyte, 5 * Gigabyte),
        Level("harbor-legal", CollaborationSheet.Seats, 22, 0),
        Level("harbor-legal", CollaborationSheet.Storage, 310.5m * Gigabyte, 40 * Gigabyte),
        Level("tidewater-group", CollaborationSheet.Seats, 340, 10),
        Level("tidewater-group", CollaborationSheet.Storage, 2_600 * Gigabyte, 300 * Gigabyte),
        Level("juniper-cafe", CollaborationSheet.Seats, 10, 0),
        Level("juniper-cafe", CollaborationSheet.Guests, 3, 0),
        Level("birch-partners", CollaborationSheet.Seats, 4, 0) with { LastMonth = 1 },
        Level("lumen-press", CollaborationSheet.Seats, 8, 0),
        Level("olive-works", CollaborationSheet.Seats, 3, 0) with { FirstMonth = 1 },
        Level("granite-bank", CollaborationSheet.Seats, 900, 120) with { FirstMonth = 2 },
        Level("wren-media", CollaborationSheet.Seats, 5, 0) with { FirstMonth = 3 },
        .. Platform("pixel-forge", 60, 3, 30_000),
        .. Platform("cloud-orchard", 250, 300, 600_000, growth: 50),
        .. Platform("stack-yard", 400, 90, 900_000, growth: 100),
        .. Platform("byte-bakery", 2_000, 350, 7_000_000),
        .. Platform("ferry-soft", 100, 10, 50_000).Select(series => series with { LastMonth = 2 }),
        .. Platform("dune-robotics", 40, 8, 60_000).Select(series => series with { FirstMonth = 1 }),
        .. Platform("cedar-games", 150, 120, 800_000).Select(series => series with { FirstMonth = 3 }),
        .. Models("quill-ai", "production", 400, 70),
        .. Models("quill-ai", "staging", 0.1m, 0.02m),
        .. Models("parrot-labs", "main", 30, 6),
        .. Models("echo-health", "main", 0.35m, 0.05m),
        .. Models("prism-search", "europe", 12, 2),
        .. Models("prism-search", "america", 25, 5),
        .. Models("sable-data", "main", 45, 10).Select(series => series with { FirstMonth = 1 }),
    ];

    /// <summary>The reports of one month, those up to <paramref name="now"/>.</summary>
    public static IEnumerable<UsageReport> OfMonth(Instant beginning, int month, Instant now) =>
        from series in Series
        where series.FirstMonth <= month && month <= series.LastMonth
        from day in Enumerable.Range(0, 9).Select(i => 1 + (3 * i))
        let at = BillingPeriods.AddMonths(beginning, month) + Duration.FromDays(day)
        where at <= now
        select Report(series, month, at, $"day-{month}-{day}");

    /// <summary>Today's calls of every workspace: their limit is a daily one.</summary>
    public static IEnumerable<UsageReport> OfLastDay(Instant now) =>
    [
        .. new[] { ("quill-ai", "production", 48_200m), ("quill-ai", "staging", 35m), ("parrot-labs", "main", 6_400m),
            ("echo-health", "main", 200m), ("prism-search", "europe", 2_150m), ("prism-search", "america", 3_900m),
            ("sable-data", "main", 9_999m) }
            .Select(today => Report(new(today.Item1, today.Item2, AiSheet.Calls, today.Item3, 0), 0, now, "last-day")),
    ];

    private static UsageReport Report(UsageSeries series, int month, Instant at, string key) => new()
    {
        CustomerId = new(series.Customer),
        ResourceId = series.Resource is { } resource ? new(resource) : null,
        FeatureId = new(series.Feature),
        Value = series.Value + (series.Growth * (month - series.FirstMonth)),
        Behavior = series.Behavior,
        CreatedAt = at,
        IdempotencyKey = $"demo-{series.Customer}-{series.Resource}-{series.Feature}-{key}",
    };

    /// <summary>Seats, guests and files are told as a level, not as a difference.</summary>
    private static UsageSeries Level(string customer, string feature, decimal value, decimal growth) =>
        new(customer, null, feature, value, growth) { Behavior = UpdateBehavior.Set };

    private static IEnumerable<UsageSeries> Platform(
        string customer, decimal minutes, decimal gigabytes, decimal requests, decimal growth = 0) =>
    [
        new(customer, null, DeveloperSheet.BuildMinutes, minutes, growth),
        new(customer, null, DeveloperSheet.Bandwidth, gigabytes * Gigabyte, 0),
        new(customer, null, DeveloperSheet.Requests, requests, 0),
    ];

    /// <param name="input">Million tokens.</param>
    /// <param name="output">Million tokens.</param>
    private static IEnumerable<UsageSeries> Models(string customer, string workspace, decimal input, decimal output) =>
    [
        new(customer, workspace, AiSheet.Input, input * Million, 0),
        new(customer, workspace, AiSheet.Output, output * Million, 0),
    ];
}
