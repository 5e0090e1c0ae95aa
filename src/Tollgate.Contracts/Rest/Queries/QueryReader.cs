using System.Globalization;
using Tollgate.Contracts.Rest.Schemas;

namespace Tollgate.Contracts.Rest.Queries;

/// <summary>
/// Reads a query string as the contract's notes say: lists joined by commas or repeated, objects in brackets, the two
/// page aliases, unknown names ignored. Whatever is declared and wrong becomes a fault that names the parameter.
/// </summary>
public static class QueryReader
{
    private static readonly Dictionary<string, string> Aliases = new(StringComparer.Ordinal)
    {
        ["starting_after"] = "after",
        ["ending_before"] = "before",
    };

    /// <param name="operation">The operation asked for.</param>
    /// <param name="rawQuery">The query as sent, with or without the question mark; null is an empty one.</param>
    public static QueryValues Read(RestOperation operation, string? rawQuery)
    {
        var reading = new Reading(operation);
        foreach (var (name, value) in QueryString.Split(rawQuery))
            reading.Take(name, value);
        return reading.Finish();
    }

    private sealed class Reading(RestOperation operation)
    {
        private readonly SchemaWalk _walk = new(UnknownFields.Refused);
        private readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);
        private readonly Dictionary<string, Dictionary<string, string>> _maps = new(StringComparer.Ordinal);

        // Seen even when wrong: a parameter with a fault is neither missing nor worth a second fault.
        private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

        public void Take(string name, string? value)
        {
            var bracket = name.IndexOf('[');
            var key = bracket > 0 && name.EndsWith(']') ? name[(bracket + 1)..^1] : null;
            var given = key is null ? name : name[..bracket];
            var parameter = Find(given);
            if (parameter is null)
                return;
            _seen.Add(parameter.Name);
            _walk.Push(key is null || key.Length == 0 ? given : name);
            if (value is null)
                _walk.Add(SchemaFaultKind.Text, "is not percent-encoded UTF-8; encode it.");
            else if (parameter.IsObject)
                TakeEntry(parameter, key, value);
            else if (key is { Length: > 0 })
                _walk.Add(SchemaFaultKind.Unknown, $"is no object; give {parameter.Name} without brackets.");
            else if (parameter.IsArray || parameter.Node.IsCommaList)
                TakeElements(parameter, value);
            else
                TakeValue(parameter, value);
            _walk.Pop();
        }

        public QueryValues Finish()
        {
            foreach (var parameter in operation.QueryParameters)
            {
                _walk.Push(parameter.Name);
                if (parameter.IsRequired && !_seen.Contains(parameter.Name))
                    _walk.Add(SchemaFaultKind.Missing, $"is missing; give {FaultText.Expected(parameter.Node)}.");
                foreach (var other in parameter.ExcludedBy)
                {
                    // Both name each other: report the pair once.
                    if (string.CompareOrdinal(parameter.Name, other) < 0
                        && _seen.Contains(parameter.Name) && _seen.Contains(other))
                        _walk.Add(SchemaFaultKind.Exclusive, $"is given together with {other}; give one of the two.");
                }

                _walk.Pop();
            }

            if (_seen.Contains("after") && _seen.Contains("before"))
            {
                _walk.Push("after");
                _walk.Add(SchemaFaultKind.Exclusive, "is given together with before; page in one direction.");
                _walk.Pop();
            }

            return new(operation, _values, _maps, _walk.Faults);
        }

        private RestParameter? Find(string name) =>
            operation.QueryParameters.FirstOrDefault(p => p.Name == name)
            ?? (Aliases.TryGetValue(name, out var alias)
                ? operation.QueryParameters.FirstOrDefault(p => p.Name == alias)
                : null);

        private void TakeEntry(RestParameter parameter, string? key, string value)
        {
            var rule = parameter.Node.Properties?.FirstOrDefault(p => p.Name == key);
            var node = rule?.Node ?? parameter.Node.AdditionalProperties;
            if (string.IsNullOrEmpty(key) || node is null || key.AsSpan().IndexOfAny('[', ']') >= 0)
            {
                var keys = parameter.Node.Properties?.Select(p => p.Name).ToList() ?? ["name"];
                var remedy = $"{parameter.Name}[{string.Join('|', keys)}]";
                _walk.Add(SchemaFaultKind.Unknown, $"is not known here; use {remedy}.");
                return;
            }

            if (!_maps.TryGetValue(parameter.Name, out var map))
                _maps.Add(parameter.Name, map = new(StringComparer.Ordinal));
            if (!map.TryAdd(key, value))
                _walk.Add(SchemaFaultKind.Duplicate, "is given twice; keep one.");
            else
                Check(node, value);
        }

        private void TakeElements(RestParameter parameter, string value)
        {
            if (!_values.TryGetValue(parameter.Name, out var list))
                list = [];
            var elements = value.Split(',', StringSplitOptions.RemoveEmptyEntries);
            list.AddRange(elements);
            if (list.Count > 0)
                _values[parameter.Name] = list;
            if (!parameter.IsArray)
            {
                if (value.Length > 0)
                    Check(parameter.Node, value);
                return;
            }

            foreach (var element in elements)
                Check(parameter.Node.Items ?? new SchemaNode(), element);
        }

        private void TakeValue(RestParameter parameter, string value)
        {
            // Clients write an unset text as an empty value.
            if (value.Length == 0 && IsOptionalText(parameter))
            {
                _seen.Remove(parameter.Name);
                return;
            }

            if (_values.TryAdd(parameter.Name, [value]))
                Check(parameter.Node, value);
            else
                _walk.Add(SchemaFaultKind.Duplicate, "is given twice; keep one.");
        }

        private static bool IsOptionalText(RestParameter parameter) =>
            !parameter.IsRequired
            && parameter.Node is
            { MinLength: null, Format: TextFormat.None, Symbols: null, Pattern: null, AllOf.Length: 0 }
            && parameter.Node.Allows(JsonTypes.String);

        private void Check(SchemaNode node, string value)
        {
            foreach (var branch in node.AllOf)
                Check(branch, value);
            if (node.Allows(JsonTypes.String))
                _walk.CheckText(node, value);
            else if (!TryNumber(node, value, out var number))
                _walk.Add(SchemaFaultKind.Type, $"is {FaultText.Quote(value)}; give {FaultText.Expected(node)}.");
            else
                _walk.CheckNumber(node, number);
        }

        private const NumberStyles NumberStyle = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;

        private static bool TryNumber(SchemaNode node, string value, out decimal number) =>
            decimal.TryParse(value, NumberStyle, CultureInfo.InvariantCulture, out number)
            && (node.Allows(JsonTypes.Number)
                || (number == decimal.Truncate(number) && number is >= long.MinValue and <= long.MaxValue));
    }
}
