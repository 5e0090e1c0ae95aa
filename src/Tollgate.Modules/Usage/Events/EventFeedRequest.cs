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
/// events. DUPLICATE: the stored events that came again, the one that did last first. Of COUNTED, UNMATCHED and
/// UNATTRIBUTED a page may be short, or empty, and go on all the same.
/// </param>
/// <param name="Now">The environment's instant in milliseconds: nothing arrives after it.</param>
public sealed record EventFeedRequest(
    int Limit, string? After, CustomerId? CustomerId, string? EventName, EventFeedFate? Fate, long Now)
{
    /// <summary>
    /// Only events of this backfill, whatever its state; null = those of open and discarded ones are left out.
    /// </summary>
    public Guid? Backfill { get; init; }

    /// <summary>Only what was sent with this resource, known or not.</summary>
    public ResourceId? ResourceId { get; init; }

    /// <summary>
    /// Only what was sent with this key; of a report without one its id. With a customer or a resource an index leads
    /// to it; else a page looks through some ten thousands of the latest and may be short, or empty, and go on.
    /// </summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>Only what the meter of this feature counts, and its reports; pages as of COUNTED.</summary>
    public FeatureId? FeatureId { get; init; }

    /// <summary>Only what arrived at or after this instant; of DUPLICATE, arrived again.</summary>
    public Instant? From { get; init; }

    /// <summary>Only what arrived, or arrived again, before this instant.</summary>
    public Instant? Until { get; init; }
}

/// <summary>A page; <paramref name="Next"/> is null at the end.</summary>
public sealed record EventPage(IReadOnlyList<FeedEvent> Items, string? Next);
