using System.Buffers.Binary;
using Tollgate.Domain;

namespace Tollgate.Modules.Credits;

/// <summary>
/// The id of the event that a row of the ledger is: a UUID of version 8 that holds environment and row number, so that
/// it is unique and stays without being stored. Ids of stored events are of version 7.
/// </summary>
internal static class BalanceEventId
{
    /// <summary>Version 8, and a mark of our own.</summary>
    private const ushort Mark = 0x8C5E;

    /// <summary>The variant of such UUIDs; the rest is not used.</summary>
    private const ushort Variant = 0x8000;

    public static Guid Of(EnvironmentId environment, long seq)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt32BigEndian(bytes, environment.Value);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], (ulong)seq);
        // Above the 48 bits at the end.
        BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], (ushort)(seq >> 48));
        BinaryPrimitives.WriteUInt16BigEndian(bytes[6..], Mark);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[8..], Variant);
        return new(bytes, bigEndian: true);
    }

    /// <summary>The number of the row; null for an id of anything else.</summary>
    public static long? Read(EnvironmentId environment, Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        var high = (long)BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]) << 48;
        var seq = high | (BinaryPrimitives.ReadInt64BigEndian(bytes[8..]) & 0xFFFF_FFFF_FFFF);
        return seq >= 0 && id == Of(environment, seq) ? seq : null;
    }
}
