namespace Tollgate.Contracts.Rest.Schemas;

/// <summary>The text formats of the contract and their names in messages.</summary>
internal static class TextFormats
{
    public static bool IsMatch(TextFormat format, string text) => format switch
    {
        TextFormat.None => true,
        TextFormat.DateTime => WireInstant.TryParse(text, out _),
        TextFormat.Uuid => Guid.TryParseExact(text, "D", out _),
        TextFormat.Email => IsEmail(text),
        TextFormat.Uri => IsAbsoluteUri(text),
        TextFormat.Duration => IsDuration(text),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Not a text format."),
    };

    public static string Describe(TextFormat format) => format switch
    {
        TextFormat.None => "a string",
        TextFormat.DateTime => "an ISO 8601 date-time such as 2025-01-31T12:00:00.000Z",
        TextFormat.Uuid => "a UUID such as 0f8fad5b-d9cb-469f-a165-70867728950e",
        TextFormat.Email => "an e-mail address such as ana@example.com",
        TextFormat.Uri => "an absolute URI such as https://example.com/done",
        TextFormat.Duration => "an ISO 8601 duration of one unit such as P1M",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Not a text format."),
    };

    // What a mail system could deliver to, not the full grammar: one @, something on both sides, no blanks, no empty
    // label.
    private static bool IsEmail(string text)
    {
        var at = text.IndexOf('@');
        if (at < 1 || at != text.LastIndexOf('@') || text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
            return false;
        return text[(at + 1)..].Split('.').All(label => label.Length > 0 && label[0] != '-' && label[^1] != '-');
    }

    // A rooted path counts as an absolute file URI on Unix; a scheme must be written out.
    private static bool IsAbsoluteUri(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && text.StartsWith(uri.Scheme + ":", StringComparison.OrdinalIgnoreCase);

    private static bool IsDuration(string text)
    {
        var isTime = text.StartsWith("PT", StringComparison.Ordinal);
        if (!isTime && !text.StartsWith('P'))
            return false;
        var amount = text.AsSpan(isTime ? 2 : 1);
        return amount.Length >= 2
            && (isTime ? "HMS" : "YMWD").Contains(amount[^1])
            && amount[..^1].IndexOfAnyExceptInRange('0', '9') < 0
            && amount[..^1].IndexOfAnyExcept('0') >= 0;
    }
}
