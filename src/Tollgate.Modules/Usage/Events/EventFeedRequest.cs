using NodaTime;
using Tollgate.Domain;

namespace Tollgate.Modules.Usage.Events;

/// <summary>What is asked of the feed.</summary>
/// <param name="Limit">1 to <see cref="EventFeed.MaxLimit"/>.</param>
/// <param name="After">The cursor of the page before; null = the newest.</param>
/// <param name="CustomerId">Only what was sent for this customer, known or not.</param>
/// <param name="EventName">Only events of this name; <see cref="ReportFeed.EventName"/>: only reports.</param>
/// <param name="Fate">
/// Only what became this; null = every event. CONFLICT: the payloads that came later under a stored key, which are no
/// events. Of COUNTED, UNMATCHED and UNATTRIBUTED a page may be short, or empty, and go on all the same.
/// </param>
/// <param name="Now">The environment's instant in milliseconds: nothing arrives after it.</param>
public sealed record EventFeedRequest(
    int Limit, string? After, CustomerId? CustomerId, string? EventName, EventFeedFate? Fate, long Now)
{
    /// <summary>
    /// Only events of this backfill, whatever its state; null = those of open and discarded ones are left out.
    /// </summary>
    public Guid? Backfill { get; init; }

    /// <summary>Only what arrived at or after this instant.</summary>
    public Instant? From { get; init; }

    /// <summary>Only what arrived before this instant.</summary>
    public Instant? Until { get; init; }
}

/// <summary>A page; <paramref name="Next"/> is null at the end.</summary>
public sealed record EventPage(IReadOnlyList<FeedEvent> Items, string? Next);
