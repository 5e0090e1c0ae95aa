using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>
/// The shape of ids that callers choose: 1 to 255 characters, a letter or digit first, then letters, digits, <c>_ | .
/// -</c>;
/// customer ids also <c>@</c> (spec catalog 0.1). Ids are compared as they are, case included.
/// </summary>
public static class PublicId
{
    public const int MaxLength = 255;

    public static bool IsValid(string? value) => HasShape(value, extra: '-');

    public static bool IsValidForCustomer(string? value) => HasShape(value, extra: '@');

    /// <summary>Adds a finding when the id cannot be one.</summary>
    public static void Check(Findings findings, string path, string? value)
    {
        if (!IsValid(value))
            findings.Bad(path, Message(path, value, "letters, digits, '_', '|', '.' and '-'"));
    }

    public static void CheckForCustomer(Findings findings, string path, string? value)
    {
        if (!IsValidForCustomer(value))
            findings.Bad(path, Message(path, value, "letters, digits, '_', '|', '.', '@' and '-'"));
    }

    private static string Message(string path, string? value, string alphabet) => value switch
    {
        null or "" => $"{path} is empty; give 1 to {MaxLength} characters.",
        { Length: > MaxLength } => $"{path} has {value.Length} characters; at most {MaxLength} are allowed.",
        _ => $"{path} '{value}' is not an id: start with a letter or digit, then use only {alphabet}.",
    };

    private static bool HasShape(string? value, char extra)
    {
        if (value is null || value.Length is 0 or > MaxLength || !char.IsAsciiLetterOrDigit(value[0]))
            return false;
        foreach (var c in value)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '|' or '.' or '-') && c != extra)
                return false;
        }

        return true;
    }
}
