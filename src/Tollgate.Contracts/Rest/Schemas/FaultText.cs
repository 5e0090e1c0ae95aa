using System.Text.Json;

namespace Tollgate.Contracts.Rest.Schemas;

/// <summary>The wording of faults: what was given, shortened, and what to give instead.</summary>
internal static class FaultText
{
    private const int LongestValue = 40;
    private const int MostSymbols = 20;

    public static string Show(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Quote(Text(value)),
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => $"a list of {value.GetArrayLength()}",
        _ => Shorten(value.GetRawText()),
    };

    public static string Quote(string text) => $"'{Shorten(text)}'";

    /// <summary>What a schema asks for, after the word "give".</summary>
    public static string Expected(SchemaNode node)
    {
        if (node.Discriminator is not null)
            return "an object";
        if (node.AnyOf.Length > 0)
            return string.Join(" or ", node.AnyOf.Select(Expected).Distinct());
        if (node.Types == JsonTypes.Any && node.AllOf.Length > 0)
            return Expected(node.AllOf[0]);
        if (node.Symbols is { } symbols)
            return OneOf(symbols) + (node.Types.HasFlag(JsonTypes.Null) && node.NullIsSymbol ? " or null" : "");
        var types = Enum.GetValues<JsonTypes>()
            .Where(t => Noun(t).Length > 0 && node.Allows(t))
            .Select(Noun)
            .ToList();
        if (node.Format != TextFormat.None && node.Types.HasFlag(JsonTypes.String))
            types[types.IndexOf("a string")] = TextFormats.Describe(node.Format);
        return types.Count == 0 ? "a value" : string.Join(" or ", types);
    }

    public static string Use(IReadOnlyCollection<string> symbols) => "use " + OneOf(symbols);

    public static string Range(decimal? minimum, decimal? maximum) => (minimum, maximum) switch
    {
        ({ } low, { } high) => $"{low} to {high}",
        ({ } low, null) => $"at least {low}",
        (null, { } high) => $"at most {high}",
        (null, null) => "any number",
    };

    /// <summary>The remedy for a name that does not exist: the name that was meant, when one is close.</summary>
    public static string Unknown(string name, PropertyRule[] known)
    {
        var closest = known.MinBy(k => Distance(name, k.Name));
        return closest is not null && Distance(name, closest.Name) <= 2
            ? $"use {closest.Name}"
            : "remove it";
    }

    private static string OneOf(IReadOnlyCollection<string> symbols) => symbols.Count switch
    {
        1 => symbols.First(),
        <= MostSymbols => "one of " + string.Join(", ", symbols),
        _ => $"one of the {symbols.Count} symbols {string.Join(", ", symbols.Take(MostSymbols))}, ...",
    };

    private static string Noun(JsonTypes type) => type switch
    {
        JsonTypes.Object => "an object",
        JsonTypes.Array => "a list",
        JsonTypes.String => "a string",
        JsonTypes.Number => "a number",
        JsonTypes.Integer => "a whole number",
        JsonTypes.Boolean => "true or false",
        JsonTypes.Null => "null",
        _ => "",
    };

    private static string Text(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return "text that is not valid Unicode";
        }
    }

    private static string Shorten(string text) =>
        text.Length <= LongestValue ? text : string.Concat(text.AsSpan(0, CutAt(text)), "...");

    // Not between the halves of a surrogate pair: the message itself must stay valid text.
    private static int CutAt(string text) =>
        char.IsHighSurrogate(text[LongestValue - 1]) ? LongestValue - 1 : LongestValue;

    /// <summary>Edits (insert, remove, replace; case ignored) from one name to another.</summary>
    private static int Distance(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > 2)
            return int.MaxValue;
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replace = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replace, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
