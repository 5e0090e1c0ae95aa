using System.Text.Json;

namespace Tollgate.Contracts.Rest.Schemas;

/// <summary>A schema of the contract, compiled once; immutable and safe for concurrent use.</summary>
public sealed class Schema
{
    internal Schema(SchemaNode node) => Node = node;

    internal SchemaNode Node { get; }

    /// <summary>The component name, such as <c>FeatureCreateRequest</c>; null for a schema written in place.</summary>
    public string? Name => Node.Name;

    /// <summary>Every fault of <paramref name="value"/>, in document order; empty when it conforms.</summary>
    public IReadOnlyList<SchemaFault> Validate(JsonElement value, UnknownFields unknownFields)
    {
        var walk = new SchemaWalk(unknownFields);
        walk.Check(Node, value);
        return walk.Faults;
    }

    /// <summary>
    /// Compiles a schema that stands alone; its references resolve against <paramref name="components"/>.
    /// </summary>
    internal static Schema Compile(string schema, string components = "{}")
    {
        var compiler = new SchemaCompiler(JsonNodes.Object(components)).CompileAll();
        var node = compiler.Compile(JsonNodes.Object(schema));
        compiler.Complete();
        return new(node);
    }
}
