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
        return document.RootElement.EnumerateObject().ToDictionary(
            property => property.Name,
            property => property.Value.ValueKind == JsonValueKind.String
                ? property.Value.GetString()!
                : property.Value.GetRawText());
    }
}
