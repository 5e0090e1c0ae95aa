using System.Globalization;

namespace Tollgate.Domain.Usage.Events;

/// <summary>
/// Numbers as JSON writes them, exact or not at all: at most 28 significant digits, none beyond the 28th decimal place.
/// </summary>
public static class JsonNumber
{
    private const int MaxDigits = 28;

    /// <summary>
    /// True with the value, without trailing zeros, when the text is a JSON number that a decimal holds exactly.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out decimal value)
    {
        value = 0;
        if (!IsExact(text) || !decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed))
            return false;
        value = Shortest(parsed);
        return true;
    }

    /// <summary>The same number with as few decimal places as it needs; 0 without a sign.</summary>
    public static decimal Shortest(decimal value) =>
        value == 0 ? 0 : value.Scale == 0 ? value : value / 1.0000000000000000000000000000m;

    /// <summary>Shortest decimal form, never with an exponent.</summary>
    public static string Text(decimal value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>The grammar of JSON, and no digit that a decimal would round away.</summary>
    private static bool IsExact(ReadOnlySpan<char> text)
    {
        var at = text.StartsWith('-') ? 1 : 0;
        var whole = Digits(text[at..]);
        if (whole == 0 || (whole > 1 && text[at] == '0'))
            return false;
        var integer = text.Slice(at, whole);
        at += whole;
        var fraction = ReadOnlySpan<char>.Empty;
        if (at < text.Length && text[at] == '.')
        {
            var places = Digits(text[(at + 1)..]);
            if (places == 0)
                return false;
            fraction = text.Slice(at + 1, places);
            at += places + 1;
        }

        var exponent = 0;
        if (at < text.Length && text[at] is 'e' or 'E')
        {
            var sign = at + 1 < text.Length && text[at + 1] is '+' or '-' ? 1 : 0;
            var digits = text[(at + 1 + sign)..];
            if (digits.Length is 0 or > 4 || Digits(digits) != digits.Length)
                return false;
            exponent = int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
            if (text[at + 1] == '-')
                exponent = -exponent;
            at = text.Length;
        }

        return at == text.Length && Fits(integer, fraction, exponent);
    }

    private static bool Fits(ReadOnlySpan<char> integer, ReadOnlySpan<char> fraction, int exponent)
    {
        fraction = fraction.TrimEnd('0');
        var leading = integer.TrimStart('0');
        // Places after the point once the exponent has moved it, and digits before it.
        var places = fraction.Length - exponent;
        var before = leading.Length + exponent;
        if (leading.IsEmpty)
        {
            var significant = fraction.TrimStart('0');
            if (significant.IsEmpty)
                return true;
            before = exponent - (fraction.Length - significant.Length);
            leading = significant;
            return places <= MaxDigits && before <= MaxDigits && significant.Length <= MaxDigits;
        }

        var trimmed = fraction.IsEmpty ? leading.TrimEnd('0') : leading;
        if (fraction.IsEmpty)
            places = -exponent - (leading.Length - trimmed.Length);
        return places <= MaxDigits && before <= MaxDigits && trimmed.Length + fraction.Length <= MaxDigits;
    }

    private static int Digits(ReadOnlySpan<char> text)
    {
        var other = text.IndexOfAnyExceptInRange('0', '9');
        return other < 0 ? text.Length : other;
    }
}
