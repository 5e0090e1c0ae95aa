using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Usage;

/// <summary>Usage as it is shown, compared with limits and sold (spec entitlements-and-usage 7.4).</summary>
public static class SoldUnits
{
    /// <summary>
    /// Whole sold units of a raw usage; without a transformation the raw usage itself, fractions included.
    /// </summary>
    public static decimal Of(decimal raw, UnitTransformation? transformation) => transformation?.Apply(raw) ?? raw;

    /// <summary>
    /// What is billed for a raw usage: always rounded up to a whole unit, however it is shown. Usage below 0 is worth
    /// nothing, and 0 has no sign here: decimals of different scales subtract to a negative zero.
    /// </summary>
    public static decimal Billed(decimal raw, UnitTransformation? transformation) =>
        raw <= 0 ? 0 : decimal.Ceiling(transformation is null ? raw : raw / transformation.Divide);
}
