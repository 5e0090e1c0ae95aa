using System.Text.Json;

namespace Tollgate.Modules.Usage;

/// <summary>The dimensions of a report: stored as the JSON object that was sent, read as texts for grouping.</summary>
internal static class UsageDimensions
{
    /// <summary>Each dimension's text: strings as they are, numbers and booleans as written; null when there are none.</summary>
    public static IReadOnlyDictionary<string, string>? Texts(string? json)
    {
        if (json is null)
            return null;
        using var document = JsonDocument.Parse(json);
        var texts = new Dictionary<string, string>();
        // Of a name given twice the last one counts, as in every JSON reader.
        foreach (var property in document.RootElement.EnumerateObject())
            texts[property.Name] = TextOf(property.Value);
        return texts;
    }

    /// <summary>True when both say the same, however they are written.</summary>
    public static bool AreSame(string? left, string? right)
    {
        if (left == right)
            return true;
        if (left is null || right is null)
            return false;
        using var one = JsonDocument.Parse(left);
        using var other = JsonDocument.Parse(right);
        return JsonElement.DeepEquals(one.RootElement, other.RootElement);
    }

    private static string TextOf(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
