using System.Text.Json.Nodes;

namespace Tollgate.Contracts.Rest;

/// <summary>Reading of the embedded documents; a document that is not as expected fails the start.</summary>
internal static class JsonNodes
{
    public static JsonObject Object(string json) => JsonNode.Parse(json)!.AsObject();

    /// <summary>The embedded documents whose names start so, in the order of their names.</summary>
    public static IEnumerable<string> EmbeddedNames(string prefix) =>
        typeof(JsonNodes).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    public static JsonObject Embedded(string name)
    {
        using var stream = typeof(JsonNodes).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The embedded document {name} is missing from the assembly.");
        return JsonNode.Parse(stream)!.AsObject();
    }

    public static string Text(this JsonObject node, string key) =>
        node[key]?.GetValue<string>() ?? throw new FormatException($"'{key}' is missing at {node.GetPath()}.");

    public static bool Flag(this JsonObject node, string key) => node[key]?.GetValue<bool>() ?? false;

    /// <summary>
    /// Follows <c>#/a/b</c> from <paramref name="root"/>; a node without <c>$ref</c> is returned as it is.
    /// </summary>
    public static JsonObject Resolved(this JsonObject node, JsonObject root)
    {
        if (node["$ref"] is not { } reference)
            return node;
        JsonNode? target = root;
        foreach (var part in reference.GetValue<string>().Split('/').Skip(1))
            target = target?[part];
        return target?.AsObject() ?? throw new FormatException($"The reference {reference} leads nowhere.");
    }
}
