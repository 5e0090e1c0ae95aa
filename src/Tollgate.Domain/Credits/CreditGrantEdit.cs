using NodaTime;

namespace Tollgate.Domain.Credits;

/// <summary>A changed grant; absent = unchanged. Amount and currency never change (spec credits 4.5).</summary>
public sealed record CreditGrantEdit
{
    public Optional<string> DisplayName { get; init; }
    public Optional<string> Comment { get; init; }
    public decimal? Priority { get; init; }
    public Instant? EffectiveAt { get; init; }

    /// <summary>Null: unchanged; a value that holds null: never.</summary>
    public ExpiryEdit? ExpireAt { get; init; }
    public Optional<IReadOnlyDictionary<string, string>> Metadata { get; init; }
}

/// <param name="At">Null: it never expires.</param>
public sealed record ExpiryEdit(Instant? At);
