using System.Text.Json.Nodes;
using Tollgate.Contracts.Rest.Schemas;

namespace Tollgate.Contracts.Rest;

/// <summary>A parameter in the path or in the query.</summary>
public sealed class RestParameter
{
    public required string Name { get; init; }

    public required bool IsRequired { get; init; }

    public required Schema Schema { get; init; }

    /// <summary>Parameters that may not be given together with this one.</summary>
    public required IReadOnlyList<string> ExcludedBy { get; init; }

    internal SchemaNode Node => Schema.Node;

    /// <summary>The keys in brackets of a deepObject parameter: <c>createdAt[gte]</c>.</summary>
    internal bool IsObject => Node.Allows(JsonTypes.Object) && Node.Types != JsonTypes.Any;

    internal bool IsArray => Node.Allows(JsonTypes.Array) && Node.Types != JsonTypes.Any;

    /// <summary>Every fault of a value from the path, already percent-decoded.</summary>
    public IReadOnlyList<SchemaFault> Validate(string value)
    {
        var walk = new SchemaWalk(UnknownFields.Refused);
        walk.Push(Name);
        walk.CheckText(Node, value);
        walk.Pop();
        return walk.Faults;
    }

    internal static RestParameter Read(JsonObject parameter, SchemaCompiler compiler) => new()
    {
        Name = parameter.Text("name"),
        IsRequired = parameter.Flag("required"),
        Schema = new(compiler.Compile(parameter["schema"]!.AsObject())),
        ExcludedBy = parameter["x-mutually-exclusive-with"] is JsonArray others
            ? [.. others.Select(o => o!.GetValue<string>())]
            : [],
    };
}
