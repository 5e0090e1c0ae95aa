using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>Lengths of the texts that catalog entities and customers share (spec catalog 0.2), in characters.</summary>
public static class TextLimits
{
    public const int MaxLength = 255;

    /// <summary>An optional text: null is fine.</summary>
    public static void Check(Findings findings, string path, string? value)
    {
        if (value is { Length: > MaxLength })
            findings.Bad(path, $"{path} has {value.Length} characters; at most {MaxLength} are allowed.");
    }

    /// <summary>A text that must say something.</summary>
    public static void CheckRequired(Findings findings, string path, string? value)
    {
        if (string.IsNullOrWhiteSpace(value))
            findings.Bad(path, $"{path} is empty; give 1 to {MaxLength} characters.");
        else
            Check(findings, path, value);
    }
}
