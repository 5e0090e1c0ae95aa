using NodaTime;
using Tollgate.Domain;

namespace Tollgate.Modules.Usage.Events.Backfills;

/// <summary>
/// A session that brings events of the past: nothing of it counts until it is closed, then all of it does.
/// </summary>
public sealed record Backfill
{
    public required Guid Uid { get; init; }
    public required string Name { get; init; }

    /// <summary>Why, in the words of who opened it.</summary>
    public required string Reason { get; init; }

    /// <summary>It takes events of this customer only; null = of every one.</summary>
    public CustomerId? CustomerId { get; init; }

    /// <summary>It takes events only that the meter of this feature counts; null = every event.</summary>
    public FeatureId? FeatureId { get; init; }
    public required BackfillState State { get; init; }

    /// <summary>Events it holds. One that came live meanwhile is held no more.</summary>
    public long Events { get; init; }

    /// <summary>Events it was sent that were known already.</summary>
    public long Duplicates { get; init; }

    /// <summary>Events it was sent whose key is stored with another payload; they are listed as conflicts.</summary>
    public long Conflicts { get; init; }

    /// <summary>The first instant that an event of it has; null = it never held one.</summary>
    public Instant? First { get; init; }
    public Instant? Last { get; init; }
    public required Instant CreatedAt { get; init; }

    /// <summary>When it was closed or discarded.</summary>
    public Instant? EndedAt { get; init; }
    public Instant? RevertedAt { get; init; }
}

/// <summary>Where a session stands. The numbers are stored and stay.</summary>
public enum BackfillState
{
    /// <summary>It takes events; nobody counts them.</summary>
    Open = 0,

    /// <summary>Its events count.</summary>
    Closed = 1,

    /// <summary>It was given up; its events are deleted.</summary>
    Discarded = 2,

    /// <summary>It was closed and taken back: its events are kept and do not count.</summary>
    Reverted = 3,
}

/// <summary>What is asked for when a session is opened.</summary>
public sealed record BackfillRequest(string Name, string Reason, CustomerId? CustomerId, FeatureId? FeatureId);

/// <summary>What became of the events of one call.</summary>
/// <param name="Accepted">Events that are new.</param>
/// <param name="Duplicates">Known with the same payload.</param>
/// <param name="Conflicts">Known with another payload.</param>
public sealed record BackfillIngested(int Accepted, int Duplicates, int Conflicts);
