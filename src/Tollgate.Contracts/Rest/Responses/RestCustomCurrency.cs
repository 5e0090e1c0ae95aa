namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>CustomCurrency</c>.</summary>
public sealed record RestCustomCurrency
{
    public required string Id { get; init; }
    public required WireInstant? ArchivedAt { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required string? Description { get; init; }
    public required string DisplayName { get; init; }
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }
    public required string? Symbol { get; init; }
    public required RestCurrencyUnits? Units { get; init; }
    public required WireInstant UpdatedAt { get; init; }
}

/// <summary>Schema <c>CustomCurrencyUnits</c>.</summary>
public sealed record RestCurrencyUnits(string Plural, string Singular);

/// <summary>Schema <c>CustomCurrencyAssociatedEntity</c>; <c>type</c> is PLAN or ADDON.</summary>
public sealed record RestCurrencyDependant(string Id, string DisplayName, string Type);
