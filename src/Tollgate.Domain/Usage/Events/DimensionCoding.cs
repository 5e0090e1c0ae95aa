using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Tollgate.Domain.Usage.Events;

/// <summary>
/// The values of an event as bytes, self-describing and short: each value is a tag byte and what the tag announces. The
/// low three bits of the tag say what it is, the upper five how long a text is or how many decimal places a number has.
/// </summary>
/// <remarks>
/// <code>
/// 0 text      upper bits = bytes of UTF-8 (0 to 30), 31 = a varint with the length follows
/// 1 number    0 or more: places in the upper bits, then a varint of the digits
/// 2 number    below 0, likewise
/// 3 number    with more than 63 bits of digits: places, then 12 bytes of digits (big-endian); 4 the same below 0
/// 5 truth     upper bits 0 or 1
/// 6 name      a text as in 0 that is the name of the value after it (where there is no shape to name it)
/// </code>
/// The coding is stored and stays: a new tag may be added, none may change.
/// </remarks>
public static class DimensionCoding
{
    private const int Text = 0;
    private const int Positive = 1;
    private const int Negative = 2;
    private const int LargePositive = 3;
    private const int LargeNegative = 4;
    private const int Truth = 5;
    private const int Name = 6;

    /// <summary>The values alone; the names are kept elsewhere, in the same order.</summary>
    public static byte[] Encode(EventDimensions dimensions) => Encode(dimensions, withNames: false);

    /// <summary>Names and values.</summary>
    public static byte[] EncodeNamed(EventDimensions dimensions) => Encode(dimensions, withNames: true);

    /// <summary>What <see cref="Encode(EventDimensions)"/> was given.</summary>
    public static EventDimensions Decode(string[] names, ReadOnlySpan<byte> bytes)
    {
        var values = new DimensionValue[names.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = ReadValue(ref bytes);
        return EventDimensions.OfOwned(names, values);
    }

    /// <summary>What <see cref="EncodeNamed"/> was given.</summary>
    public static EventDimensions DecodeNamed(ReadOnlySpan<byte> bytes)
    {
        var pairs = new List<KeyValuePair<string, DimensionValue>>();
        while (!bytes.IsEmpty)
        {
            var name = ReadText(ref bytes, Name);
            pairs.Add(new(name, ReadValue(ref bytes)));
        }

        return EventDimensions.Of(pairs);
    }

    private static byte[] Encode(EventDimensions dimensions, bool withNames)
    {
        if (dimensions.Count == 0)
            return [];
        var bytes = new ArrayBufferWriter<byte>(64);
        var values = dimensions.Values;
        for (var i = 0; i < values.Length; i++)
        {
            if (withNames)
                WriteText(bytes, Name, dimensions.Names[i]);
            Write(bytes, values[i]);
        }

        return bytes.WrittenSpan.ToArray();
    }

    private static void Write(ArrayBufferWriter<byte> bytes, in DimensionValue value)
    {
        switch (value.Kind)
        {
            case DimensionKind.Text:
                WriteText(bytes, Text, value.AsText());
                break;
            case DimensionKind.Number:
                WriteNumber(bytes, value.Number);
                break;
            case DimensionKind.Flag:
                WriteByte(bytes, Truth | (value.Flag ? 1 << 3 : 0));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(value), value.Kind, "Unknown kind of dimension.");
        }
    }

    private static void WriteText(ArrayBufferWriter<byte> bytes, int tag, string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        WriteByte(bytes, tag | (Math.Min(length, 31) << 3));
        if (length >= 31)
            WriteVarint(bytes, (ulong)length);
        bytes.Advance(Encoding.UTF8.GetBytes(text, bytes.GetSpan(length)));
    }

    private static void WriteNumber(ArrayBufferWriter<byte> bytes, decimal number)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(number, parts);
        var places = ((parts[3] >> 16) & 0xFF) << 3;
        var (low, middle, high) = unchecked(((uint)parts[0], (uint)parts[1], (uint)parts[2]));
        if (high == 0 && middle <= int.MaxValue)
        {
            WriteByte(bytes, (number < 0 ? Negative : Positive) | places);
            WriteVarint(bytes, ((ulong)middle << 32) | low);
            return;
        }

        WriteByte(bytes, (number < 0 ? LargeNegative : LargePositive) | places);
        var digits = bytes.GetSpan(12);
        BinaryPrimitives.WriteUInt32BigEndian(digits, high);
        BinaryPrimitives.WriteUInt32BigEndian(digits[4..], middle);
        BinaryPrimitives.WriteUInt32BigEndian(digits[8..], low);
        bytes.Advance(12);
    }

    private static DimensionValue ReadValue(ref ReadOnlySpan<byte> bytes)
    {
        var tag = bytes[0];
        switch (tag & 7)
        {
            case Text:
                return DimensionValue.Of(ReadText(ref bytes, Text));
            case Positive:
            case Negative:
                bytes = bytes[1..];
                var digits = ReadVarint(ref bytes);
                return Number(
                    unchecked((int)digits), unchecked((int)(digits >> 32)), 0, (tag & 7) == Negative, tag >> 3);
            case LargePositive:
            case LargeNegative:
                var high = BinaryPrimitives.ReadInt32BigEndian(bytes[1..]);
                var middle = BinaryPrimitives.ReadInt32BigEndian(bytes[5..]);
                var low = BinaryPrimitives.ReadInt32BigEndian(bytes[9..]);
                bytes = bytes[13..];
                return Number(low, middle, high, (tag & 7) == LargeNegative, tag >> 3);
            case Truth:
                bytes = bytes[1..];
                return DimensionValue.Of(tag >> 3 == 1);
            default:
                throw new FormatException($"A stored dimension has the unknown tag {tag}.");
        }
    }

    private static DimensionValue Number(int low, int middle, int high, bool isNegative, int places) =>
        DimensionValue.Of(new decimal(low, middle, high, isNegative, (byte)places));

    private static string ReadText(ref ReadOnlySpan<byte> bytes, int expected)
    {
        var tag = bytes[0];
        if ((tag & 7) != expected)
            throw new FormatException($"A stored dimension has the tag {tag} where a text was expected.");
        bytes = bytes[1..];
        var length = tag >> 3;
        if (length == 31)
            length = (int)ReadVarint(ref bytes);
        var text = Encoding.UTF8.GetString(bytes[..length]);
        bytes = bytes[length..];
        return text;
    }

    private static void WriteByte(ArrayBufferWriter<byte> bytes, int value)
    {
        bytes.GetSpan(1)[0] = (byte)value;
        bytes.Advance(1);
    }

    private static void WriteVarint(ArrayBufferWriter<byte> bytes, ulong value)
    {
        while (value >= 0x80)
        {
            WriteByte(bytes, (int)(value & 0x7F) | 0x80);
            value >>= 7;
        }

        WriteByte(bytes, (int)value);
    }

    private static ulong ReadVarint(ref ReadOnlySpan<byte> bytes)
    {
        var (value, shift, read) = (0UL, 0, 0);
        while (true)
        {
            var next = bytes[read++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                break;
            shift += 7;
        }

        bytes = bytes[read..];
        return value;
    }
}
