using Tollgate.Modules.Usage.Events;

namespace Tollgate.Modules.Tests.Usage.Events;

/// <summary>What is asked of the event feed; null = whatever it is.</summary>
internal sealed record FeedQuestion
{
    public int Limit { get; init; } = 20;
    public string? After { get; init; }
    public string? Customer { get; init; }
    public string? Resource { get; init; }
    public string? Name { get; init; }
    public string? Key { get; init; }
    public string? Feature { get; init; }
    public EventFeedFate? Fate { get; init; }
    public NodaTime.Instant? From { get; init; }
    public NodaTime.Instant? Until { get; init; }
    public Guid? Backfill { get; init; }
    public string Environment { get; init; } = "development";
}
