namespace Tollgate.Contracts.Rest.Queries;

/// <summary>
/// The bounds of a date filter such as <c>createdAt[gte]=...&amp;createdAt[lt]=...</c>; all given ones must hold.
/// </summary>
public sealed record InstantRange(WireInstant? Gt, WireInstant? Gte, WireInstant? Lt, WireInstant? Lte)
{
    /// <summary>No bound: every instant is inside.</summary>
    public static InstantRange Unbounded { get; } = new(null, null, null, null);

    public bool Contains(WireInstant instant) =>
        (Gt is not { } gt || instant.CompareTo(gt) > 0)
        && (Gte is not { } gte || instant.CompareTo(gte) >= 0)
        && (Lt is not { } lt || instant.CompareTo(lt) < 0)
        && (Lte is not { } lte || instant.CompareTo(lte) <= 0);
}
