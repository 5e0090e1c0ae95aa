using System.Text;

namespace Tollgate.Contracts.Rest.Queries;

/// <summary>Splits and decodes a raw query string: <c>%xx</c> is a byte of UTF-8, <c>+</c> is a blank.</summary>
internal static class QueryString
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// The pairs in order; the value is null when its encoding is broken. Names that cannot be decoded are left out.
    /// </summary>
    public static List<(string Name, string? Value)> Split(string? raw)
    {
        var pairs = new List<(string, string?)>();
        foreach (var part in (raw ?? "").TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=');
            if (Decode(equals < 0 ? part : part[..equals]) is { } name)
                pairs.Add((name, equals < 0 ? "" : Decode(part[(equals + 1)..])));
        }

        return pairs;
    }

    private static string? Decode(string text)
    {
        if (!text.Contains('%') && !text.Contains('+'))
            return text;
        var bytes = new List<byte>(text.Length);
        var encoded = Encoding.UTF8.GetBytes(text);
        for (var i = 0; i < encoded.Length; i++)
        {
            if (encoded[i] != '%')
            {
                bytes.Add(encoded[i] == '+' ? (byte)' ' : encoded[i]);
                continue;
            }

            if (i + 2 >= encoded.Length || !Hex(encoded[i + 1], out var high) || !Hex(encoded[i + 2], out var low))
                return null;
            bytes.Add((byte)((high << 4) | low));
            i += 2;
        }

        try
        {
            return Utf8.GetString([.. bytes]);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static bool Hex(byte digit, out int value)
    {
        value = char.IsAsciiHexDigit((char)digit) ? Convert.ToInt32(((char)digit).ToString(), 16) : -1;
        return value >= 0;
    }
}
