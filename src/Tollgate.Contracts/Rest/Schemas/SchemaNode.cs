using System.Text.Json;
using System.Text.RegularExpressions;

namespace Tollgate.Contracts.Rest.Schemas;

/// <summary>
/// The compiled rules of one schema. Written only by <see cref="SchemaCompiler"/> (in two steps, because schemas may
/// refer to each other in circles) and read-only afterwards.
/// </summary>
internal sealed class SchemaNode
{
    public string? Name { get; init; }
    public JsonTypes Types { get; set; } = JsonTypes.Any;

    /// <summary>Declared properties in contract order; null when the schema says nothing about properties.</summary>
    public PropertyRule[]? Properties { get; set; }

    /// <summary>The schema of undeclared properties; null when there is none.</summary>
    public SchemaNode? AdditionalProperties { get; set; }

    /// <summary>The contract says <c>additionalProperties: true</c>, or says nothing about properties at all.</summary>
    public bool IsOpen { get; set; }
    public SchemaNode? Items { get; set; }
    public int? MinItems { get; set; }
    public int? MaxItems { get; set; }
    public string[]? Symbols { get; set; }

    /// <summary>The values of an enum of numbers.</summary>
    public decimal[]? Numbers { get; set; }

    /// <summary>Null is one of the listed enum values.</summary>
    public bool NullIsSymbol { get; set; }
    public SchemaNode[] AllOf { get; set; } = [];

    /// <summary>
    /// All property names that the branches of <see cref="AllOf"/> declare; null when one of them is open.
    /// </summary>
    public IReadOnlySet<string>? AllOfNames { get; set; }
    public SchemaNode[] AnyOf { get; set; } = [];
    public Discriminator? Discriminator { get; set; }
    public int? MinLength { get; set; }
    public int? MaxLength { get; set; }
    public Regex? Pattern { get; set; }

    /// <summary>The pattern in words, for messages.</summary>
    public string? PatternHint { get; set; }
    public TextFormat Format { get; set; }

    /// <summary>The empty string is legal whatever the other text rules say (it clears the field).</summary>
    public bool AllowsEmptyText { get; set; }

    /// <summary>A comma list in one string; only parameters have it.</summary>
    public bool IsCommaList { get; set; }
    public decimal? Minimum { get; set; }
    public decimal? Maximum { get; set; }
    public decimal? ExclusiveMinimum { get; set; }

    /// <summary>The value a missing parameter stands for, as text; null when there is none.</summary>
    public string? Default { get; set; }

    public bool Accepts(JsonValueKind kind)
    {
        if (AnyOf.Length > 0)
            return AnyOf.Any(branch => branch.Accepts(kind));
        if (Discriminator is not null)
            return kind == JsonValueKind.Object;
        return AllOf.All(branch => branch.Accepts(kind)) && Allows(TypeOf(kind));
    }

    /// <summary>One of the types is allowed.</summary>
    public bool Allows(JsonTypes types) => (Types & types) != JsonTypes.None;

    public static JsonTypes TypeOf(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => JsonTypes.Object,
        JsonValueKind.Array => JsonTypes.Array,
        JsonValueKind.String => JsonTypes.String,
        JsonValueKind.Number => JsonTypes.Number | JsonTypes.Integer,
        JsonValueKind.True or JsonValueKind.False => JsonTypes.Boolean,
        _ => JsonTypes.Null,
    };
}

/// <summary>One declared property.</summary>
internal sealed record PropertyRule(string Name, SchemaNode Node, bool IsRequired)
{
    /// <summary>Properties that may not be given together with this one.</summary>
    public string[] ExcludedBy { get; init; } = [];

    public byte[] Utf8Name { get; } = System.Text.Encoding.UTF8.GetBytes(Name);
}

/// <summary>The property whose value selects the branch of a union.</summary>
internal sealed record Discriminator(string Property, IReadOnlyDictionary<string, SchemaNode> Branches);

[Flags]
internal enum JsonTypes
{
    None = 0,
    Object = 1,
    Array = 2,
    String = 4,
    Number = 8,
    Integer = 16,
    Boolean = 32,
    Null = 64,
    Any = Object | Array | String | Number | Boolean | Null,
}

internal enum TextFormat
{
    None,
    DateTime,
    Uuid,
    Email,
    Uri,
    Duration,
}
