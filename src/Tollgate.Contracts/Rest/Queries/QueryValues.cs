using System.Globalization;
using Tollgate.Contracts.Rest.Schemas;

namespace Tollgate.Contracts.Rest.Queries;

/// <summary>
/// The parameters of one request, checked against the operation. The getters are for requests without
/// <see cref="Faults"/>; asking for a parameter that the operation does not declare is a broken call.
/// </summary>
public sealed class QueryValues
{
    private readonly RestOperation _operation;
    private readonly Dictionary<string, List<string>> _values;
    private readonly Dictionary<string, Dictionary<string, string>> _maps;

    internal QueryValues(
        RestOperation operation,
        Dictionary<string, List<string>> values,
        Dictionary<string, Dictionary<string, string>> maps,
        IReadOnlyList<SchemaFault> faults)
    {
        _operation = operation;
        _values = values;
        _maps = maps;
        Faults = faults;
    }

    /// <summary>Every parameter found wrong; empty when all may be used.</summary>
    public IReadOnlyList<SchemaFault> Faults { get; }

    /// <summary>The parameter was in the query.</summary>
    public bool Has(string name) => _values.ContainsKey(Declared(name).Name) || _maps.ContainsKey(name);

    /// <summary>The text given, else the contract's default, else null.</summary>
    public string? GetString(string name) => _values.TryGetValue(name, out var given)
        ? given[0]
        : Declared(name).Node.Default;

    public int? GetInt(string name) => GetLong(name) is { } number ? checked((int)number) : null;

    public long? GetLong(string name) => GetDecimal(name) is { } number ? checked((long)number) : null;

    public decimal? GetDecimal(string name) => GetString(name) is { } text
        ? decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture)
        : null;

    public Guid? GetUuid(string name) => GetString(name) is { } text ? Guid.ParseExact(text, "D") : null;

    public WireInstant? GetInstant(string name) => GetString(name) is { } text ? Instant(text) : null;

    /// <summary>
    /// The elements of a list parameter, each one a symbol of its enum where it has one; empty when absent.
    /// </summary>
    public IReadOnlyList<string> GetSymbols(string name)
    {
        if (_values.TryGetValue(name, out var given) && (Declared(name).IsArray || Declared(name).Node.IsCommaList))
            return given;
        return GetString(name)?.Split(',') ?? [];
    }

    public InstantRange GetInstantRange(string name)
    {
        Declared(name);
        if (!_maps.TryGetValue(name, out var bounds))
            return InstantRange.Unbounded;
        return new(Bound("gt"), Bound("gte"), Bound("lt"), Bound("lte"));

        WireInstant? Bound(string key) => bounds.TryGetValue(key, out var text) ? Instant(text) : null;
    }

    /// <summary>A free map such as <c>dimensions[userId]=u1</c>; empty when absent.</summary>
    public IReadOnlyDictionary<string, string> GetMap(string name)
    {
        Declared(name);
        return _maps.TryGetValue(name, out var map) ? map : new Dictionary<string, string>();
    }

    private RestParameter Declared(string name) => _operation.QueryParameters.FirstOrDefault(p => p.Name == name)
        ?? throw new ArgumentException($"{_operation} has no query parameter {name}.", nameof(name));

    private static WireInstant Instant(string text) => WireInstant.TryParse(text, out var instant)
        ? instant
        : throw new InvalidOperationException($"'{text}' is no instant; look at Faults before the values.");
}
