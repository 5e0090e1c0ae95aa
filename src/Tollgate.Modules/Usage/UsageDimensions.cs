using System.Text.Json;

namespace Tollgate.Modules.Usage;

/// <summary>The dimensions of a report: stored as the JSON object that was sent, read as texts for grouping.</summary>
internal static class UsageDimensions
{
    /// <summary>
    /// Each dimension's text: strings as they are, numbers and booleans as written; null when there are none.
    /// </summary>
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

    private static string TextOf(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
