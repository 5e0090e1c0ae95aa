using Tollgate.Domain.Usage.Events;

namespace Tollgate.Modules.Usage.Events;

/// <summary>A stored event, or a payload that conflicts with one, as the feed reads it.</summary>
internal sealed class RawRow
{
    public long Seq { get; set; }
    public long Source { get; set; }
    public long At { get; set; }
    public long Hash { get; set; }
    public long ReceivedAt { get; set; }
    public long Name { get; set; }
    public long Shape { get; set; }
    public byte[] Key { get; set; } = [];
    public byte[] Dimensions { get; set; } = [];
    public string Customer { get; set; } = "";
    public string Resource { get; set; } = "";

    /// <summary>Of its backfill; null = it came live.</summary>
    public long? State { get; set; }
    public Guid? Backfill { get; set; }

    /// <summary>1: it has a correction of the asked fate; told only where rows are looked through for it.</summary>
    public long IsMarked { get; set; }

    /// <summary>When it last came again, in a list of what did; null elsewhere.</summary>
    public long? RepeatedAt { get; set; }

    public EventAddress Address => new((int)Source, At, Hash);

    public FeedPosition Position => new(Seq, RepeatedAt ?? ReceivedAt, Address, default);
}
