using Tollgate.Domain;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Entitlements;

namespace Tollgate.Modules.Usage.Events;

/// <summary>A valid event on its way into a transaction.</summary>
internal sealed class PlannedEvent(UsageEvent reported, EventSource sender, ScopeAccess access, long receivedAt)
{
    public UsageEvent Event { get; } = reported;

    public EventSource Sender { get; } = sender;

    /// <summary>What the scope of the event may use; says so when the customer is unknown.</summary>
    public ScopeAccess Access { get; } = access;

    /// <summary>Milliseconds since 1970: when it arrived.</summary>
    public long ReceivedAt { get; } = receivedAt;

    /// <summary>When it counts: its timestamp, or its arrival when it has none.</summary>
    public long At { get; set; } = reported.Timestamp?.ToUnixTimeMilliseconds() ?? receivedAt;

    public bool IsDated { get; } = reported.Timestamp is not null;

    public byte[] Key { get; } = EventKey.Encode(reported.IdempotencyKey);

    public byte[] Dimensions { get; private set; } = [];

    /// <summary>The number it is stored under: the sender's, or the one that the sender has in a backfill.</summary>
    public int Source { get; private set; }

    /// <summary>The number of its sender.</summary>
    public int SenderNumber { get; private set; }
    public int Name { get; private set; }
    public int Shape { get; private set; }

    /// <summary>The number it is stored under, once it is.</summary>
    public long Hash { get; set; }

    public EventFate Fate { get; set; }

    /// <summary>The meter that keeps it out of the count because it came late; null = none does.</summary>
    public FeatureId? HeldBy { get; set; }

    public EventAddress Address => new(Source, At, Hash);

    public void Number(int source, int name, int shape)
    {
        Source = source;
        SenderNumber = source;
        Name = name;
        Shape = shape;
        Dimensions = shape == EventDictionaries.NoShape
            ? DimensionCoding.EncodeNamed(Event.Dimensions)
            : DimensionCoding.Encode(Event.Dimensions);
    }

    /// <summary>As before the transaction that was rolled back.</summary>
    public void Again()
    {
        (At, Source, Hash) = (Event.Timestamp?.ToUnixTimeMilliseconds() ?? ReceivedAt, SenderNumber, 0);
        (Fate, HeldBy) = (EventFate.Undecided, null);
    }

    /// <summary>It is stored with the events of a backfill.</summary>
    public void BelongTo(int source) => Source = source;

    /// <summary>Whether a stored row is this event: the same occurrence, whatever its payload.</summary>
    public bool Is(int name, ReadOnlySpan<byte> key) => name == Name && key.SequenceEqual(Key);

    /// <summary>What it is when the stored row of the same occurrence holds this payload.</summary>
    public EventFate Against(int shape, ReadOnlySpan<byte> dimensions) =>
        shape == Shape && dimensions.SequenceEqual(Dimensions) ? EventFate.Duplicate : EventFate.Conflict;
}

/// <summary>What became of an event when it was stored.</summary>
internal enum EventFate
{
    Undecided,
    New,

    /// <summary>It was stored before with the same payload: dropped.</summary>
    Duplicate,

    /// <summary>Its key was stored with another payload: kept as a conflict and not counted.</summary>
    Conflict,
}
