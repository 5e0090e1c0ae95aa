using System.Text.Json.Nodes;

namespace Tollgate.Contracts.Rest;

/// <summary>
/// Merges <c>rest.overlay.json</c> into the contract: limits the specification states in prose, and fields of our own.
/// Every address must exist, so that a renamed field cannot silently lose its limits.
/// </summary>
internal static class ContractOverlay
{
    public static void Apply(JsonObject document, JsonObject overlay)
    {
        var schemas = document["components"]!["schemas"]!.AsObject();
        foreach (var rule in overlay["rules"]!.AsArray())
        {
            foreach (var address in rule!["at"]!.AsArray())
                Merge(Find(schemas, address!.GetValue<string>()), rule["apply"]!.AsObject());
        }

        foreach (var extension in overlay["extend"]!.AsArray().Select(e => e!.AsObject()))
        {
            var properties = schemas[extension.Text("schema")]?["properties"]?.AsObject()
                ?? throw new FormatException($"The overlay extends {extension.Text("schema")}, which does not exist.");
            properties.Add(extension.Text("property"), extension["as"]!.DeepClone());
        }
    }

    /// <summary>A keyword of null is taken away, so that a bare reference can become one of several.</summary>
    private static void Merge(JsonObject schema, JsonObject keywords)
    {
        foreach (var (keyword, value) in keywords)
        {
            if (value is null)
                schema.Remove(keyword);
            else
                schema[keyword] = value.DeepClone();
        }
    }

    private static JsonObject Find(JsonObject schemas, string address)
    {
        var isItem = address.EndsWith("[]", StringComparison.Ordinal);
        var parts = (isItem ? address[..^2] : address).Split('.');
        var property = parts is [var schema, var name] ? schemas[schema]?["properties"]?[name] : null;
        return (isItem ? property?["items"] : property) as JsonObject
            ?? throw new FormatException($"The overlay names {address}, which does not exist in the contract.");
    }
}
