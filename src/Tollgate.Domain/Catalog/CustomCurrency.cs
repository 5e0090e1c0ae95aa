using NodaTime;

namespace Tollgate.Domain.Catalog;

/// <summary>
/// A credit currency (spec credits 2): a unit that the vendor defines, such as tokens. Currencies never convert into
/// each other. Unlike every other id, the id of an archived one may be taken again.
/// </summary>
public sealed record CustomCurrency
{
    public required Guid Uid { get; init; }
    public required CurrencyId Id { get; init; }
    public required string DisplayName { get; init; }
    public string? Description { get; init; }

    /// <summary>What is shown beside amounts, such as a sign.</summary>
    public string? Symbol { get; init; }

    /// <summary>Null: amounts are labelled with <see cref="DisplayName"/>.</summary>
    public CurrencyUnits? Units { get; init; }
    public IReadOnlyDictionary<string, string> Metadata { get; init => field = value ?? Catalog.Metadata.Empty; } =
        Catalog.Metadata.Empty;

    /// <summary>Null while it is active.</summary>
    public Instant? ArchivedAt { get; init; }
    public required Instant CreatedAt { get; init; }
    public required Instant UpdatedAt { get; init; }

    public bool IsArchived => ArchivedAt is not null;
}

/// <summary>What one and several credits are called.</summary>
public sealed record CurrencyUnits(string Singular, string Plural);

/// <summary>What refers to a currency: a plan or an add-on (spec credits 2).</summary>
public sealed record CurrencyDependant(PackageKind Kind, PackageId Id, string DisplayName);
