using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Usage.Events;

namespace Tollgate.Modules.Usage.Events;

/// <summary>A stored event, or a usage report shown as one, and what became of it.</summary>
public sealed record FeedEvent
{
    /// <summary>Of a raw event; of a report it says nothing.</summary>
    public required EventAddress Address { get; init; }

    /// <summary>The id of the report; null: it is a raw event.</summary>
    public Guid? ReportId { get; init; }

    /// <summary>The public id.</summary>
    public string Id => ReportId?.ToString() ?? Address.ToString();

    /// <summary>As it was sent; one sent without a timestamp shows its arrival.</summary>
    public required UsageEvent Event { get; init; }
    public required Instant ReceivedAt { get; init; }
    public required EventFeedFate Fate { get; init; }

    /// <summary>
    /// The features whose meters count it at present, also of an event that is listed because it came again; of a
    /// report the one that it reports.
    /// </summary>
    public required IReadOnlyList<FeatureId> Features { get; init; }

    /// <summary>Null: nobody corrected it.</summary>
    public EventCorrection? Correction { get; init; }

    /// <summary>The backfill that brought it; null: it came live.</summary>
    public Guid? Backfill { get; init; }

    /// <summary>Null: it came once.</summary>
    public EventRepeats? Repeats { get; init; }

    /// <summary>False while its backfill is open, and for ever when that was discarded or reverted.</summary>
    public bool CanCount { get; init; } = true;
}

/// <summary>That an event was sent again with the same payload.</summary>
/// <param name="Times">How often after the first time; at least 1.</param>
/// <param name="LastAt">When it arrived last.</param>
public sealed record EventRepeats(long Times, Instant LastAt);

/// <summary>What an event counts as since it was corrected.</summary>
/// <param name="Dimensions">Null: it does not count.</param>
/// <param name="Reason">Why, in the words of who did it.</param>
/// <param name="At">When.</param>
public sealed record EventCorrection(EventDimensions? Dimensions, string Reason, Instant At)
{
    /// <summary>The feature whose meter holds the event because it came late; null = somebody corrected it.</summary>
    public FeatureId? HeldBy { get; init; }
}
