using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Tollgate.Contracts.Rest.Schemas;

/// <summary>Turns the JSON of schemas into <see cref="SchemaNode"/>s. Used at start only, by one thread.</summary>
internal sealed class SchemaCompiler(JsonObject components)
{
    private const string ComponentPrefix = "#/components/schemas/";

    // Entered before they are filled, so that schemas may refer to each other in circles.
    private readonly Dictionary<string, SchemaNode> _named = new(StringComparer.Ordinal);
    private readonly List<SchemaNode> _unions = [];

    // Most fields share the two id patterns, and building an automaton is what takes time at start.
    private readonly Dictionary<string, Regex> _patterns = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, SchemaNode> Named => _named;

    /// <summary>Compiles every component, so that an unknown keyword anywhere fails the start.</summary>
    public SchemaCompiler CompileAll()
    {
        foreach (var name in components.Select(c => c.Key))
            Component(name);
        return this;
    }

    public SchemaNode Compile(JsonObject schema)
    {
        var reference = schema["$ref"]?.GetValue<string>();
        if (reference is not null && schema.All(k => k.Key == "$ref" || SchemaKeywords.Annotations.Contains(k.Key)))
            return Component(reference);
        var node = new SchemaNode();
        Fill(node, schema);
        return node;
    }

    /// <summary>
    /// The last step, after every <see cref="Compile"/>: a union may be met before the components it joins are filled.
    /// </summary>
    public void Complete()
    {
        foreach (var union in _unions)
            union.AllOfNames = NamesOf(union);
        _unions.Clear();
    }

    private SchemaNode Component(string reference)
    {
        var name = reference.StartsWith(ComponentPrefix, StringComparison.Ordinal)
            ? reference[ComponentPrefix.Length..]
            : reference;
        if (_named.TryGetValue(name, out var known))
            return known;
        if (components[name] is not JsonObject schema)
            throw new FormatException($"The schema {reference} does not exist.");
        var node = new SchemaNode { Name = name };
        _named.Add(name, node);
        Fill(node, schema);
        return node;
    }

    private void Fill(SchemaNode node, JsonObject schema)
    {
        SchemaKeywords.Check(schema);
        FillObject(node, schema);
        FillArray(node, schema);
        FillText(node, schema);
        FillUnions(node, schema);
        FillSymbols(node, schema);
        node.Types = schema["type"] is { } type ? Types(type) : TypesOfSymbols(node);
        node.Minimum = Number(schema, "minimum");
        node.Maximum = Number(schema, "maximum");
        node.ExclusiveMinimum = Number(schema, "exclusiveMinimum");
        node.Default = DefaultText(schema["default"]);
    }

    private void FillObject(SchemaNode node, JsonObject schema)
    {
        var required = schema["required"]?.AsArray().Select(r => r!.GetValue<string>()).ToHashSet() ?? [];
        if (schema["properties"] is JsonObject properties)
        {
            node.Properties = [.. properties.Select(p => Property(p.Key, p.Value!.AsObject(), required.Remove(p.Key)))];
            if (required.Count > 0)
            {
                throw new FormatException(
                    $"{schema.GetPath()} requires {required.First()}, which it does not declare.");
            }
        }

        if (schema["additionalProperties"] is JsonObject additional)
            node.AdditionalProperties = Compile(additional);
        node.IsOpen = schema["additionalProperties"] switch
        {
            null => node.Properties is null,
            JsonValue flag => flag.GetValue<bool>(),
            _ => false,
        };
    }

    private PropertyRule Property(string name, JsonObject schema, bool isRequired)
    {
        var excludedBy = schema["x-mutually-exclusive-with"]?.AsArray().Select(o => o!.GetValue<string>()) ?? [];
        return new(name, Compile(schema), isRequired) { ExcludedBy = [.. excludedBy] };
    }

    private void FillArray(SchemaNode node, JsonObject schema)
    {
        node.MinItems = (int?)Number(schema, "minItems");
        node.MaxItems = (int?)Number(schema, "maxItems");
        if (schema["items"] is JsonObject items)
            node.Items = Compile(items);
    }

    private void FillText(SchemaNode node, JsonObject schema)
    {
        node.MinLength = (int?)Number(schema, "minLength");
        node.MaxLength = (int?)Number(schema, "maxLength");
        node.PatternHint = schema["x-pattern-hint"]?.GetValue<string>();
        node.AllowsEmptyText = schema.Flag("x-allows-empty-string") || schema.Flag("x-empty-string-clears");
        node.IsCommaList = schema.Flag("x-csv");
        if (schema["pattern"]?.GetValue<string>() is { } pattern)
        {
            // In .NET a closing $ also matches before a final line feed, which JSON Schema does not mean.
            var exact = pattern.EndsWith('$') ? pattern[..^1] + @"\z" : pattern;
            if (!_patterns.TryGetValue(exact, out var compiled))
            {
                compiled = new(exact, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
                _patterns.Add(exact, compiled);
            }

            node.Pattern = compiled;
        }

        node.Format = (schema["format"]?.GetValue<string>(), schema["x-format"]?.GetValue<string>()) switch
        {
            // A country nobody knows is no fault: the default prices apply (spec catalog 10).
            (null, null) or ("int64", null) or (null, "iso-3166-1-alpha-2") => TextFormat.None,
            ("date-time", null) => TextFormat.DateTime,
            ("uuid", null) => TextFormat.Uuid,
            ("email", null) => TextFormat.Email,
            ("uri", null) => TextFormat.Uri,
            ("duration", null) => TextFormat.Duration,
            var (format, ours) => throw new FormatException(
                $"{schema.GetPath()} has the format '{format ?? ours}', which nothing checks."),
        };
    }

    private void FillUnions(SchemaNode node, JsonObject schema)
    {
        var allOf = schema["allOf"]?.AsArray().Select(b => Compile(b!.AsObject())) ?? [];
        node.AllOf = schema["$ref"] is { } reference ? [Component(reference.GetValue<string>()), .. allOf] : [.. allOf];
        if (node.AllOf.Length > 0)
            _unions.Add(node);
        if (schema["anyOf"] is JsonArray anyOf)
            node.AnyOf = [.. anyOf.Select(b => Compile(b!.AsObject()))];
        if (schema["oneOf"] is null)
            return;
        if (schema["discriminator"]?["mapping"] is not JsonObject mapping)
            throw new FormatException($"{schema.GetPath()} has a oneOf without a discriminator mapping.");
        node.Discriminator = new(
            schema["discriminator"]!.AsObject().Text("propertyName"),
            mapping.ToDictionary(m => m.Key, m => Component(m.Value!.GetValue<string>())));
        node.IsOpen = false;
    }

    private static void FillSymbols(SchemaNode node, JsonObject schema)
    {
        if (schema["const"] is { } constant)
            node.Symbols = [constant.GetValue<string>()];
        if (schema["enum"] is not JsonArray symbols)
            return;
        if (symbols.FirstOrDefault(s => s is not null)?.GetValueKind() == JsonValueKind.Number)
            node.Numbers = [.. symbols.Where(s => s is not null).Select(s => s!.GetValue<decimal>())];
        else
            node.Symbols = [.. symbols.Where(s => s is not null).Select(s => s!.GetValue<string>())];
        node.NullIsSymbol = symbols.Any(s => s is null);
    }

    private static JsonTypes Types(JsonNode type) => type switch
    {
        JsonArray many => many.Aggregate(JsonTypes.None, (types, t) => types | Types(t!)),
        _ => type.GetValue<string>() switch
        {
            "object" => JsonTypes.Object,
            "array" => JsonTypes.Array,
            "string" => JsonTypes.String,
            "number" => JsonTypes.Number,
            "integer" => JsonTypes.Integer,
            "boolean" => JsonTypes.Boolean,
            "null" => JsonTypes.Null,
            var other => throw new FormatException($"'{other}' is no JSON type."),
        },
    };

    // An enum without a type still fixes it: 5 is no symbol.
    private static JsonTypes TypesOfSymbols(SchemaNode node)
    {
        if (node.Symbols is null && node.Numbers is null)
            return JsonTypes.Any;
        return (node.Numbers is null ? JsonTypes.String : JsonTypes.Number)
            | (node.NullIsSymbol ? JsonTypes.Null : JsonTypes.None);
    }

    private static decimal? Number(JsonObject schema, string keyword) => schema[keyword]?.GetValue<decimal>();

    private static string? DefaultText(JsonNode? value) => value switch
    {
        null => null,
        JsonArray list => string.Join(',', list.Select(v => v!.GetValue<string>())),
        _ when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => value.ToJsonString(),
    };

    private static HashSet<string>? NamesOf(SchemaNode node)
    {
        var names = node.Properties?.Select(p => p.Name).ToHashSet() ?? [];
        foreach (var branch in node.AllOf)
        {
            if (NamesOf(branch) is not { } more)
                return null;
            names.UnionWith(more);
        }

        return node is { IsOpen: true, AllOf.Length: 0 } or { AdditionalProperties: not null } ? null : names;
    }
}
