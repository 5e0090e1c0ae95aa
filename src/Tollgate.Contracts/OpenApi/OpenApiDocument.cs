using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Contracts.Rest;

namespace Tollgate.Contracts.OpenApi;

/// <summary>
/// The document served at /openapi.json: the operations that this build implements, with only the schemas they need.
/// </summary>
public static class OpenApiDocument
{
    private static readonly JsonSerializerOptions Readable =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="contract">The REST contract.</param>
    /// <param name="implemented">The operation ids to show; one that the contract does not know is a broken
    /// call.</param>
    /// <param name="version">The version of this build.</param>
    /// <returns>OpenAPI 3.1 as UTF-8 JSON.</returns>
    public static byte[] Build(RestContract contract, IReadOnlySet<string> implemented, string version)
    {
        foreach (var operationId in implemented)
            contract.Operation(operationId);
        var document = contract.Document.DeepClone().AsObject();
        document.Remove("webhooks");
        document["info"]!["version"] = version;
        KeepOperations(document["paths"]!.AsObject(), implemented);
        KeepUsedTags(document);
        KeepUsedComponents(document);
        return JsonSerializer.SerializeToUtf8Bytes(document, Readable);
    }

    private static void KeepOperations(JsonObject paths, IReadOnlySet<string> implemented)
    {
        foreach (var (path, item) in paths.ToList())
        {
            var operations = item!.AsObject();
            foreach (var (method, operation) in operations.ToList())
            {
                if (!implemented.Contains(operation!.AsObject().Text("operationId")))
                    operations.Remove(method);
            }

            if (operations.Count == 0)
                paths.Remove(path);
        }
    }

    private static void KeepUsedTags(JsonObject document)
    {
        var used = Operations(document)
            .SelectMany(o => o["tags"]!.AsArray())
            .Select(t => t!.GetValue<string>())
            .ToHashSet();
        var tags = document["tags"]!.AsArray();
        foreach (var tag in tags.Where(t => !used.Contains(t!.AsObject().Text("name"))).ToList())
            tags.Remove(tag);
    }

    private static void KeepUsedComponents(JsonObject document)
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        Follow(document["paths"]!, document, used);
        foreach (var (kind, components) in document["components"]!.AsObject())
        {
            // Security schemes are named by the requirement, not by a reference.
            if (kind == "securitySchemes")
                continue;
            foreach (var (name, _) in components!.AsObject().ToList())
            {
                if (!used.Contains($"#/components/{kind}/{name}"))
                    components.AsObject().Remove(name);
            }
        }
    }

    private static void Follow(JsonNode? node, JsonObject document, HashSet<string> used)
    {
        switch (node)
        {
            case JsonArray list:
                foreach (var element in list)
                    Follow(element, document, used);
                break;
            case JsonObject obj:
                if (obj["$ref"] is JsonValue reference && used.Add(reference.GetValue<string>()))
                    Follow(obj.Resolved(document), document, used);
                foreach (var (_, value) in obj)
                    Follow(value, document, used);
                break;
        }
    }

    private static IEnumerable<JsonObject> Operations(JsonObject document) =>
        document["paths"]!.AsObject().SelectMany(p => p.Value!.AsObject()).Select(o => o.Value!.AsObject());
}
