using System.Text.Json.Nodes;
using Tollgate.Contracts.Rest.Schemas;

namespace Tollgate.Contracts.Rest;

/// <summary>
/// The REST contract: the compatible operations of <c>rest.json</c> with <c>rest.overlay.json</c> merged in, and our
/// own ones of <c>tollgate.*.json</c>, compiled once at start. Immutable and safe for concurrent use.
/// </summary>
public sealed class RestContract
{
    private readonly Dictionary<string, RestOperation> _operations;
    private readonly Dictionary<string, Schema> _schemas;

    private RestContract(JsonObject document)
    {
        Document = document;
        var compiler = new SchemaCompiler(document["components"]!["schemas"]!.AsObject()).CompileAll();
        Operations = [.. Read(document, compiler)];
        compiler.Complete();
        _operations = Operations.ToDictionary(o => o.OperationId, StringComparer.Ordinal);
        _schemas = compiler.Named.ToDictionary(n => n.Key, n => new Schema(n.Value), StringComparer.Ordinal);
    }

    /// <summary>Every operation in contract order.</summary>
    public IReadOnlyList<RestOperation> Operations { get; }

    /// <summary>The merged document. Not to be changed; whoever needs another one clones it.</summary>
    internal JsonObject Document { get; }

    /// <summary>
    /// Reads and compiles the embedded contract; throws when it holds anything that nothing would check.
    /// </summary>
    public static RestContract Load()
    {
        var document = JsonNodes.Embedded("rest.json");
        ContractOverlay.Apply(document, JsonNodes.Embedded("rest.overlay.json"));
        foreach (var ours in JsonNodes.EmbeddedNames("tollgate."))
            AddOurs(document, JsonNodes.Embedded(ours));
        return new(document);
    }

    /// <summary>The operation named as in the contract, such as <c>v1.features.createFeature</c>.</summary>
    public RestOperation Operation(string operationId) => _operations.TryGetValue(operationId, out var operation)
        ? operation
        : throw new ArgumentException($"The contract has no operation {operationId}.", nameof(operationId));

    /// <summary>The component schema of that name, such as <c>Customer</c>.</summary>
    public Schema Schema(string name) => _schemas.TryGetValue(name, out var schema)
        ? schema
        : throw new ArgumentException($"The contract has no schema {name}.", nameof(name));

    /// <summary>
    /// Adds our own paths, tags and components; a name that is taken fails, so nothing compatible is overwritten.
    /// </summary>
    private static void AddOurs(JsonObject document, JsonObject ours)
    {
        Add(document["paths"]!.AsObject(), ours["paths"]!.AsObject());
        foreach (var tag in ours["tags"]!.AsArray())
            document["tags"]!.AsArray().Add(tag!.DeepClone());
        foreach (var (kind, components) in ours["components"]!.AsObject())
            Add(document["components"]![kind]!.AsObject(), components!.AsObject());
    }

    private static void Add(JsonObject target, JsonObject additions)
    {
        foreach (var (name, value) in additions)
            target.Add(name, value!.DeepClone());
    }

    private static IEnumerable<RestOperation> Read(JsonObject document, SchemaCompiler compiler)
    {
        foreach (var (path, item) in document["paths"]!.AsObject())
        {
            foreach (var (verb, operation) in item!.AsObject())
            {
                var method = verb.ToUpperInvariant();
                yield return RestOperation.Read(method, path, operation!.AsObject(), document, compiler);
            }
        }
    }
}
