using System.Text;
using System.Text.Json;

namespace Tollgate.Contracts.Rest.Schemas;

/// <summary>
/// One validation: walks a value beside its schema and collects every fault. Used once, by one thread.
/// </summary>
internal sealed partial class SchemaWalk(UnknownFields unknownFields)
{
    // The names and indexes that lead to the value in hand; text is made of it only when there is a fault.
    private readonly List<PathStep> _path = [];
    private List<SchemaFault>? _faults;
    private bool _insideMetadata;

    public IReadOnlyList<SchemaFault> Faults => _faults ?? (IReadOnlyList<SchemaFault>)[];

    /// <param name="node">The rules.</param>
    /// <param name="value">The value to judge.</param>
    /// <param name="isBranch">
    /// The node is one of several that describe the same object, so that names it does not know may belong to another.
    /// </param>
    public void Check(SchemaNode node, JsonElement value, bool isBranch = false)
    {
        if (node.AnyOf.Length > 0)
        {
            CheckAny(node, value);
            return;
        }

        if (node.Discriminator is { } discriminator)
        {
            CheckDiscriminated(node, discriminator, value);
            return;
        }

        foreach (var branch in node.AllOf)
            Check(branch, value, isBranch: true);
        if (value.ValueKind == JsonValueKind.Number
            && node.Accepts(JsonValueKind.Number) && !value.TryGetDecimal(out _))
        {
            Add(SchemaFaultKind.Range, $"is {FaultText.Show(value)}; use a number below 7.9e28 in size.");
            return;
        }

        if (!Fits(node, value))
        {
            AddTypeFault(node, value);
            return;
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                CheckObject(node, value, isBranch);
                break;
            case JsonValueKind.Array:
                CheckArray(node, value);
                break;
            case JsonValueKind.String:
                CheckString(node, value);
                break;
            case JsonValueKind.Number:
                CheckNumber(node, value.GetDecimal());
                break;
            case JsonValueKind.Null when node is { Symbols: not null, NullIsSymbol: false }:
                AddTypeFault(node, value);
                break;
        }
    }

    /// <summary>Text from a body or a query, against everything a schema says about text.</summary>
    public void CheckText(SchemaNode node, string text)
    {
        if (text.Contains('\0'))
        {
            Add(SchemaFaultKind.Text, "holds a NUL character; remove it.");
            return;
        }

        if (text.Length == 0 && node.AllowsEmptyText)
            return;
        if (node.Symbols is { } symbols && !symbols.Contains(text))
            Add(SchemaFaultKind.Symbol, $"is {FaultText.Quote(text)}; {FaultText.Use(symbols)}.");
        else if (Length(text, node.MinLength, node.MaxLength) is { } length)
            Add(SchemaFaultKind.Text, length);
        else if (node.Pattern?.IsMatch(text) == false)
            Add(SchemaFaultKind.Text, $"is {FaultText.Quote(text)}; {node.PatternHint ?? $"match {node.Pattern}"}.");
        else if (!TextFormats.IsMatch(node.Format, text))
            Add(SchemaFaultKind.Text, $"is {FaultText.Quote(text)}; use {TextFormats.Describe(node.Format)}.");
    }

    public void CheckNumber(SchemaNode node, decimal number)
    {
        if (node.Numbers is { } numbers && !numbers.Contains(number))
            Add(SchemaFaultKind.Symbol, $"is {number}; use one of {string.Join(", ", numbers)}.");
        else if (number < node.Minimum || number > node.Maximum)
            Add(SchemaFaultKind.Range, $"is {number}; use {FaultText.Range(node.Minimum, node.Maximum)}.");
        else if (number <= node.ExclusiveMinimum)
            Add(SchemaFaultKind.Range, $"is {number}; use more than {node.ExclusiveMinimum}.");
    }

    public void Push(string name) => _path.Add(new(name, 0));

    public void Push(int index) => _path.Add(new(null, index));

    public void Pop() => _path.RemoveAt(_path.Count - 1);

    /// <param name="kind">The sort of fault.</param>
    /// <param name="predicate">The rest of the sentence that starts with the field's path.</param>
    public void Add(SchemaFaultKind kind, string predicate)
    {
        var path = PathText();
        var subject = path.Length == 0 ? "The body" : path;
        var isMetadata = _insideMetadata && kind == SchemaFaultKind.Type;
        (_faults ??= []).Add(new(path, isMetadata ? SchemaFaultKind.Metadata : kind, $"{subject} {predicate}"));
    }

    private static bool Fits(SchemaNode node, JsonElement value)
    {
        if (!node.Allows(SchemaNode.TypeOf(value.ValueKind)))
            return false;
        if (value.ValueKind != JsonValueKind.Number)
            return true;
        // 5 and 5.0 are the same number, hence both are integers.
        return node.Allows(JsonTypes.Number)
            || (value.GetDecimal() is var number and >= long.MinValue and <= long.MaxValue
                && number == decimal.Truncate(number));
    }

    private void AddTypeFault(SchemaNode node, JsonElement value)
    {
        var isMetadata = node.AdditionalProperties is not null && IsMetadataMap();
        Add(isMetadata ? SchemaFaultKind.Metadata : SchemaFaultKind.Type,
            $"is {FaultText.Show(value)}; give {FaultText.Expected(node)}.");
    }

    private void CheckAny(SchemaNode node, JsonElement value)
    {
        var candidates = node.AnyOf.Where(branch => branch.Accepts(value.ValueKind)).ToList();
        if (candidates.Count == 0)
        {
            AddTypeFault(node, value);
            return;
        }

        if (candidates.Count == 1)
        {
            Check(candidates[0], value);
            return;
        }

        // Several could be meant: the one that fits best speaks.
        IReadOnlyList<SchemaFault>? fewest = null;
        foreach (var branch in candidates)
        {
            var attempt = new SchemaWalk(unknownFields) { _insideMetadata = _insideMetadata };
            attempt._path.AddRange(_path);
            attempt.Check(branch, value);
            if (attempt.Faults.Count == 0)
                return;
            if (fewest is null || attempt.Faults.Count < fewest.Count)
                fewest = attempt.Faults;
        }

        (_faults ??= []).AddRange(fewest!);
    }

    private void CheckDiscriminated(SchemaNode node, Discriminator discriminator, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            AddTypeFault(node, value);
            return;
        }

        var use = FaultText.Use([.. discriminator.Branches.Keys]);
        if (!value.TryGetProperty(discriminator.Property, out var given))
            AddAt(discriminator.Property, $"is missing; {use}.");
        else if (given.ValueKind != JsonValueKind.String
            || !TryText(given, out var text)
            || !discriminator.Branches.TryGetValue(text, out var branch))
            AddAt(discriminator.Property, $"is {FaultText.Show(given)}; {use}.");
        else
            Check(branch, value);

        void AddAt(string property, string predicate)
        {
            Push(property);
            Add(SchemaFaultKind.Discriminator, predicate);
            Pop();
        }
    }

    private void CheckArray(SchemaNode node, JsonElement value)
    {
        var count = value.GetArrayLength();
        if (count < node.MinItems || count > node.MaxItems)
        {
            Add(SchemaFaultKind.Count,
                $"has {count} elements; give {FaultText.Range(node.MinItems, node.MaxItems)}.");
        }

        if (node.Items is not { } items)
            return;
        var index = 0;
        foreach (var element in value.EnumerateArray())
        {
            Push(index++);
            Check(items, element);
            Pop();
        }
    }

    private void CheckString(SchemaNode node, JsonElement value)
    {
        if (TryText(value, out var text))
            CheckText(node, text);
        else
            Add(SchemaFaultKind.Text, "is not valid Unicode text; correct it.");
    }

    private static bool TryText(JsonElement value, out string text)
    {
        try
        {
            text = value.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair or broken UTF-8: the reader notices only when the text is asked for.
            text = "";
            return false;
        }
    }

    // Limits count characters as people see them in an editor (code points), not UTF-16 halves.
    private static string? Length(string text, int? minimum, int? maximum)
    {
        if (minimum is null && maximum is null)
            return null;
        var length = 0;
        foreach (var _ in text.EnumerateRunes())
            length++;
        if (length < minimum && length == 0)
            return "is empty; give at least " + (minimum == 1 ? "1 character." : $"{minimum} characters.");
        return length < minimum || length > maximum
            ? $"is {FaultText.Quote(text)} with {length} characters; use {FaultText.Range(minimum, maximum)}."
            : null;
    }

    private bool IsMetadataMap() => _path is [.., { Name: "metadata" or "additionalMetaData" }];

    private string PathText()
    {
        var text = new StringBuilder();
        foreach (var (name, index) in _path)
        {
            if (name is null)
                text.Append('[').Append(index).Append(']');
            else
                text.Append(text.Length == 0 ? "" : ".").Append(name);
        }

        return text.ToString();
    }

    private readonly record struct PathStep(string? Name, int Index);
}
