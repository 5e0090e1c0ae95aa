using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Billing;

/// <summary>
/// A promotion code of a billing provider and the coupon it stands for (spec catalog 12). It discounts as a coupon with
/// these terms would, from its application on.
/// </summary>
public sealed record PromotionCode
{
    /// <summary>
    /// As the provider spells it; invoices name it. Two spellings that differ in case are the same code.
    /// </summary>
    public required string Code { get; init; }

    /// <summary>Shown on invoices.</summary>
    public required string Name { get; init; }

    /// <summary>Above 0, up to 100; exactly one of this and <see cref="AmountsOff"/> is set.</summary>
    public decimal? PercentOff { get; init; }

    /// <summary>One amount a currency.</summary>
    public IReadOnlyList<Money>? AmountsOff { get; init; }

    /// <summary>Calendar months; null = for ever. What a provider calls once is 1.</summary>
    public int? DurationInMonths { get; init; }

    /// <summary>
    /// The least that a full period must cost in advance, before discount and tax, for the code to be taken; a currency
    /// without an entry has no such bound.
    /// </summary>
    public IReadOnlyList<Money> MinimumAmounts { get; init => field = value ?? []; } = [];

    /// <summary>Same content; the lists by their elements.</summary>
    internal static bool Same(PromotionCode? a, PromotionCode? b) => a is null || b is null
        ? a is null && b is null
        : a with { AmountsOff = b.AmountsOff, MinimumAmounts = b.MinimumAmounts } == b
            && ContentEquality.Same(a.AmountsOff, b.AmountsOff)
            && ContentEquality.Same(a.MinimumAmounts, b.MinimumAmounts);
}
