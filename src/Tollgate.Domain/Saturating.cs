namespace Tollgate.Domain;

/// <summary>
/// Arithmetic with numbers that callers choose: a result that no decimal can hold stays at the largest one of its sign,
/// so that one absurd number never stops the work of others.
/// </summary>
public static class Saturating
{
    public static decimal Product(decimal left, decimal right) =>
        Math.Abs(right) > 1 && Math.Abs(left) > decimal.MaxValue / Math.Abs(right)
            ? Largest(left < 0 != right < 0)
            : left * right;

    /// <param name="left">What is divided.</param>
    /// <param name="right">Not 0.</param>
    public static decimal Quotient(decimal left, decimal right) =>
        Math.Abs(right) < 1 && Math.Abs(left) > decimal.MaxValue * Math.Abs(right)
            ? Largest(left < 0 != right < 0)
            : left / right;

    private static decimal Largest(bool isNegative) => isNegative ? decimal.MinValue : decimal.MaxValue;
}
