using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tollgate.Contracts;

/// <summary>
/// An instant on the wire: ISO 8601 in UTC with exactly three fractional digits and <c>Z</c>. The default value is
/// 1970. Instants of the years 1 to 9999 can be written.
/// </summary>
[JsonConverter(typeof(WireInstantConverter))]
public readonly record struct WireInstant(long UnixMilliseconds) : IComparable<WireInstant>
{
    /// <summary>The length of every written instant.</summary>
    internal const int Length = 24;

    /// <summary>
    /// Reads an RFC 3339 date-time: any offset, any number of fractional digits (finer than a millisecond is cut off).
    /// A date without a time, a time without an offset and days that do not exist are refused.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out WireInstant instant)
    {
        instant = default;
        if (text.Length < 20 || text[4] != '-' || text[7] != '-' || text[10] is not ('T' or 't')
            || text[13] != ':' || text[16] != ':'
            || !Digits(text[..4], out var year)
            || !Digits(text[5..7], out var month) || !Digits(text[8..10], out var day)
            || !Digits(text[11..13], out var hour) || !Digits(text[14..16], out var minute)
            || !Digits(text[17..19], out var second)
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)
            || hour > 23 || minute > 59 || second > 59)
            return false;
        var rest = text[19..];
        if (!Fraction(ref rest, out var milliseconds) || !Offset(rest, out var offsetMinutes))
            return false;
        var days = (new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc) - DateTime.UnixEpoch).Days;
        var utcMinutes = (((days * 24L) + hour) * 60L) + minute - offsetMinutes;
        instant = new((((utcMinutes * 60L) + second) * 1000L) + milliseconds);
        return instant.IsWritable;
    }

    public int CompareTo(WireInstant other) => UnixMilliseconds.CompareTo(other.UnixMilliseconds);

    public override string ToString() => string.Create(Length, this, static (text, instant) => instant.Write(text));

    internal void Write(Span<char> text)
    {
        if (!IsWritable)
            throw new InvalidOperationException($"The instant {UnixMilliseconds} ms lies outside the years 1 to 9999.");
        // By hand, because a custom format costs ten times as much and every answer holds several instants.
        var at = DateTime.UnixEpoch.AddTicks(UnixMilliseconds * TimeSpan.TicksPerMillisecond);
        var (year, month, day) = at;
        "0000-00-00T00:00:00.000Z".CopyTo(text);
        Put(text[..4], year);
        Put(text[5..7], month);
        Put(text[8..10], day);
        Put(text[11..13], at.Hour);
        Put(text[14..16], at.Minute);
        Put(text[17..19], at.Second);
        Put(text[20..23], at.Millisecond);
    }

    private static void Put(Span<char> digits, int value)
    {
        for (var i = digits.Length - 1; i >= 0; i--)
        {
            digits[i] = (char)('0' + (value % 10));
            value /= 10;
        }
    }

    private bool IsWritable =>
        UnixMilliseconds >= (DateTime.MinValue - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMillisecond
        && UnixMilliseconds <= (DateTime.MaxValue - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMillisecond;

    private static bool Fraction(ref ReadOnlySpan<char> text, out int milliseconds)
    {
        milliseconds = 0;
        if (text is not ['.', ..])
            return true;
        var end = text[1..].IndexOfAnyExceptInRange('0', '9');
        if (end < 1)
            return false;
        for (var i = 0; i < 3; i++)
            milliseconds = (milliseconds * 10) + (i < end ? text[1 + i] - '0' : 0);
        text = text[(1 + end)..];
        return true;
    }

    private static bool Offset(ReadOnlySpan<char> text, out int minutes)
    {
        minutes = 0;
        if (text is ['Z' or 'z'])
            return true;
        if (text is not ['+' or '-', _, _, ':', _, _]
            || !Digits(text[1..3], out var hours) || !Digits(text[4..6], out minutes) || hours > 23 || minutes > 59)
            return false;
        minutes = ((hours * 60) + minutes) * (text[0] == '-' ? -1 : 1);
        return true;
    }

    private static bool Digits(ReadOnlySpan<char> text, out int value)
    {
        value = 0;
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c))
                return false;
            value = (value * 10) + (c - '0');
        }

        return true;
    }
}

/// <summary>Reads and writes <see cref="WireInstant"/> as a JSON string.</summary>
public sealed class WireInstantConverter : JsonConverter<WireInstant>
{
    public override WireInstant Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        WireInstant.TryParse(reader.GetString(), out var instant)
            ? instant
            : throw new JsonException("The value is not an ISO 8601 date-time.");

    public override void Write(Utf8JsonWriter writer, WireInstant value, JsonSerializerOptions options)
    {
        Span<char> text = stackalloc char[WireInstant.Length];
        value.Write(text);
        writer.WriteStringValue(text);
    }
}
