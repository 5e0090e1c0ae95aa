using NodaTime;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Billing;

/// <summary>
/// What a coupon takes off: exactly one of a percentage and amounts, one a currency, over lines whose service period starts in
/// <c>[Start, Start + DurationInMonths)</c>; without a duration for ever (spec catalog 12).
/// </summary>
public sealed record DiscountTerms
{
    /// <summary>The coupon's id as invoices name it.</summary>
    public required string Code { get; init; }
    public required string Name { get; init; }

    /// <summary>1 to 100.</summary>
    public decimal? PercentOff { get; init; }
    public IReadOnlyList<Money>? AmountsOff { get; init; }

    /// <summary>Calendar months; null = for ever.</summary>
    public int? DurationInMonths { get; init; }
    public required Instant Start { get; init; }
}
