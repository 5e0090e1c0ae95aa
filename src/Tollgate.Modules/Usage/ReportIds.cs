using System.Buffers.Binary;

namespace Tollgate.Modules.Usage;

/// <summary>
/// Ids of reports (RFC 9562, version 7) that grow with every report of this process, also within a millisecond: the
/// feed lists reports in their order.
/// </summary>
internal static class ReportIds
{
    /// <summary>The 12 bits after the version count within the millisecond.</summary>
    private const int Counters = 1 << 12;

    private static readonly Lock Gate = new();

    /// <summary>Milliseconds since 1970, times <see cref="Counters"/>, with the counter of the last id.</summary>
    private static long _last;

    public static Guid Next()
    {
        var random = Guid.CreateVersion7();
        Span<byte> bytes = stackalloc byte[16];
        random.TryWriteBytes(bytes, bigEndian: true, out _);
        var now = (BinaryPrimitives.ReadInt64BigEndian(bytes) >> 16) * Counters;
        long next;
        lock (Gate)
            next = _last = Math.Max(now, _last + 1);
        BinaryPrimitives.WriteInt64BigEndian(bytes, ((next / Counters) << 16) | 0x7000L | (next % Counters));
        return new(bytes, bigEndian: true);
    }
}
