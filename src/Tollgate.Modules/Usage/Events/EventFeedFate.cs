namespace Tollgate.Modules.Usage.Events;

/// <summary>What became of an event of the feed.</summary>
public enum EventFeedFate
{
    /// <summary>At least one meter counts it; every report is counted.</summary>
    Counted,

    /// <summary>No meter wants it.</summary>
    Unmatched,

    /// <summary>Its customer is not known; it counts when it is.</summary>
    Unattributed,

    /// <summary>Another payload is stored under its key.</summary>
    Conflict,

    /// <summary>
    /// It came again with the same payload, which changed nothing; only asked for, an event keeps its own fate.
    /// </summary>
    Duplicate,

    /// <summary>Somebody took it out of the count, or reverted its backfill.</summary>
    Voided,

    /// <summary>It came later than a meter accepts, and does not count until it is released.</summary>
    Quarantined,

    /// <summary>Its backfill is not closed.</summary>
    Pending,
}
