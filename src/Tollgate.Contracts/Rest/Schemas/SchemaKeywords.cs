using System.Text.Json.Nodes;

namespace Tollgate.Contracts.Rest.Schemas;

/// <summary>
/// The keywords the contract may use. One that is in neither list fails the start: nothing in the contract goes
/// unchecked without somebody having decided so.
/// </summary>
internal static class SchemaKeywords
{
    /// <summary>Keywords that <see cref="SchemaCompiler"/> turns into rules.</summary>
    public static readonly HashSet<string> Checked =
    [
        "$ref", "type", "properties", "required", "additionalProperties", "items", "minItems", "maxItems", "enum",
        "const", "oneOf", "discriminator", "anyOf", "allOf", "minLength", "maxLength", "pattern", "format", "minimum",
        "maximum", "exclusiveMinimum", "default", "x-pattern-hint", "x-allows-empty-string", "x-empty-string-clears",
        "x-csv", "x-mutually-exclusive-with", "x-format",
    ];

    /// <summary>
    /// Keywords that bind no value: texts for readers, hints for the use case (<c>x-map-patch</c>: the map merges,
    /// <c>x-applies-to</c>: which features), open lists of symbols (<c>x-known-values</c>).
    /// </summary>
    public static readonly HashSet<string> Annotations =
    [
        "title", "description", "deprecated", "example", "x-known-values", "x-map-patch", "x-applies-to",
    ];

    public static void Check(JsonObject schema)
    {
        foreach (var (keyword, _) in schema)
        {
            if (!Checked.Contains(keyword) && !Annotations.Contains(keyword))
            {
                throw new FormatException(
                    $"The schema at {schema.GetPath()} uses the keyword '{keyword}', which nothing checks.");
            }
        }
    }
}
