using System.Text.Json;

namespace Tollgate.Contracts.Rest.Schemas;

/// <content>Objects: declared fields, undeclared ones, maps, and fields that exclude each other.</content>
internal sealed partial class SchemaWalk
{
    private void CheckObject(SchemaNode node, JsonElement value, bool isBranch)
    {
        try
        {
            if (node.AllOf.Length > 0)
                CheckUnionNames(node, value, isBranch);
            if (node.Properties is { } rules)
                CheckProperties(node, rules, value, isBranch);
            else if (node.AdditionalProperties is { } entries)
                CheckMap(entries, value);
        }
        catch (InvalidOperationException)
        {
            // The reader decodes names lazily and throws on bytes or escapes that are no Unicode text.
            Add(SchemaFaultKind.Text, "has a key that is not valid Unicode text; correct it.");
        }
    }

    private void CheckProperties(SchemaNode node, PropertyRule[] rules, JsonElement value, bool isBranch)
    {
        Span<bool> given = stackalloc bool[rules.Length];
        HashSet<string>? unknown = null;
        foreach (var property in value.EnumerateObject())
        {
            var index = IndexOf(rules, property);
            Push(index < 0 ? property.Name : rules[index].Name);
            if (index < 0)
                CheckUndeclared(node, property, isBranch, ref unknown);
            else if (!given[index])
                Check(rules[index].Node, property.Value);
            else if (!isBranch)
                Add(SchemaFaultKind.Duplicate, "is given twice; keep one.");
            Pop();
            if (index >= 0)
                given[index] = true;
        }

        for (var i = 0; i < rules.Length; i++)
        {
            if (rules[i].IsRequired && !given[i])
            {
                Push(rules[i].Name);
                Add(SchemaFaultKind.Missing, $"is missing; give {FaultText.Expected(rules[i].Node)}.");
                Pop();
            }

            if (given[i] && rules[i].ExcludedBy.Length > 0)
                CheckExclusive(rules, given, i);
        }
    }

    private void CheckExclusive(PropertyRule[] rules, ReadOnlySpan<bool> given, int index)
    {
        foreach (var other in rules[index].ExcludedBy)
        {
            // Both sides name each other; the first one in contract order reports the pair once.
            var otherIndex = Array.FindIndex(rules, r => r.Name == other);
            if (otherIndex <= index || !given[otherIndex])
                continue;
            Push(rules[index].Name);
            Add(SchemaFaultKind.Exclusive, $"is given together with {other}; give one of the two.");
            Pop();
        }
    }

    private static int IndexOf(PropertyRule[] rules, JsonProperty property)
    {
        for (var i = 0; i < rules.Length; i++)
        {
            if (property.NameEquals(rules[i].Utf8Name))
                return i;
        }

        return -1;
    }

    private void CheckUndeclared(
        SchemaNode node, JsonProperty property, bool isBranch, ref HashSet<string>? seen)
    {
        if (!isBranch && !(seen ??= new(StringComparer.Ordinal)).Add(property.Name))
            Add(SchemaFaultKind.Duplicate, "is given twice; keep one.");
        else if (node.AdditionalProperties is { } entries)
            Check(entries, property.Value);
        else if (!node.IsOpen && !isBranch && unknownFields == UnknownFields.Refused)
            Add(SchemaFaultKind.Unknown, $"is not known here; {FaultText.Unknown(property.Name, node.Properties!)}.");
    }

    private void CheckUnionNames(SchemaNode node, JsonElement value, bool isBranch)
    {
        if (isBranch)
            return;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in value.EnumerateObject())
        {
            Push(property.Name);
            if (!seen.Add(property.Name))
                Add(SchemaFaultKind.Duplicate, "is given twice; keep one.");
            else if (node.AllOfNames?.Contains(property.Name) == false && unknownFields == UnknownFields.Refused)
                Add(SchemaFaultKind.Unknown, "is not known here; remove it.");
            Pop();
        }
    }

    private void CheckMap(SchemaNode entries, JsonElement value)
    {
        var outside = _insideMetadata;
        _insideMetadata = outside || IsMetadataMap();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in value.EnumerateObject())
        {
            Push(property.Name);
            if (!seen.Add(property.Name))
                Add(SchemaFaultKind.Duplicate, "is given twice; keep one.");
            else if (property.Name.Contains('\0'))
                Add(SchemaFaultKind.Text, "is a key with a NUL character; remove it.");
            else
                Check(entries, property.Value);
            Pop();
        }

        _insideMetadata = outside;
    }
}
