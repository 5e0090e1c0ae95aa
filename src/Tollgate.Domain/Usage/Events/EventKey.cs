using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Tollgate.Domain.Usage.Events;

/// <summary>The idempotency key of an event: how it is stored, and the number it is found by.</summary>
public static class EventKey
{
    /// <summary>
    /// 64 bits of the event's name and key. Two keys may have the same number: then the later one takes the number of
    /// the next <paramref name="salt"/>.
    /// </summary>
    public static long Hash(string name, string key, int salt)
    {
        unchecked
        {
            var hash = 14695981039346656037UL + (ulong)salt * 0x9E3779B97F4A7C15UL;
            foreach (var c in name)
                hash = (hash ^ c) * 1099511628211UL;
            // No character of a text has this number, so that moving the border between name and key changes the hash.
            hash = (hash ^ 0x10000) * 1099511628211UL;
            foreach (var c in key)
                hash = (hash ^ c) * 1099511628211UL;
            hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCDUL;
            hash = (hash ^ (hash >> 33)) * 0xC4CEB9FE1A85EC53UL;
            return (long)(hash ^ (hash >> 33));
        }
    }

    /// <summary>
    /// The key as bytes: 16 of a UUID in its lower-case form with hyphens, else UTF-8, with one byte before those that
    /// are 16 long.
    /// </summary>
    public static byte[] Encode(string key)
    {
        if (key.Length == 36 && Guid.TryParseExact(key, "D", out var uuid)
            && key.AsSpan().IndexOfAnyInRange('A', 'F') < 0)
        {
            return uuid.ToByteArray(bigEndian: true);
        }

        var bytes = Encoding.UTF8.GetBytes(key);
        return bytes.Length == 16 || (bytes.Length == 17 && bytes[0] == 0) ? [0, .. bytes] : bytes;
    }

    /// <summary>What <see cref="Encode"/> was given.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 16)
            return new Guid(bytes, bigEndian: true).ToString("D", CultureInfo.InvariantCulture);
        return Encoding.UTF8.GetString(bytes.Length is 17 or 18 && bytes[0] == 0 ? bytes[1..] : bytes);
    }
}

/// <summary>Where an event is stored, and by that its public id.</summary>
/// <param name="Source">The number of its customer and resource.</param>
/// <param name="At">Milliseconds since 1970 in UTC: when it happened.</param>
/// <param name="Hash">The number of its name and key.</param>
public readonly record struct EventAddress(int Source, long At, long Hash)
{
    /// <summary>27 characters that mean nothing to anybody else.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[20];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes, Source);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes[4..], At);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes[12..], Hash);
        return Base64Url.EncodeToString(bytes);
    }

    public static bool TryParse(string text, out EventAddress address)
    {
        address = default;
        Span<byte> bytes = stackalloc byte[20];
        if (text.Length != 27 || !Base64Url.IsValid(text)
            || !Base64Url.TryDecodeFromChars(text, bytes, out var length) || length != 20)
        {
            return false;
        }

        address = new(
            System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes),
            System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(bytes[4..]),
            System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(bytes[12..]));
        return true;
    }
}
