using System.Numerics;

namespace Tollgate.Domain.Billing;

/// <summary>
/// Splits an amount in proportion to others so that the parts sum up to it (spec catalog 9.12 step 4).
/// </summary>
internal static class LargestRemainder
{
    /// <summary>
    /// Whole minor units each: the exact share rounded down, and one more unit for the largest remainders until nothing
    /// is left; the earlier of equal ones first. Every part is less than one unit away from its exact share.
    /// </summary>
    /// <param name="total">What is split, a multiple of the minor unit.</param>
    /// <param name="weights">Multiples of the minor unit that sum up to more than 0, unless the total is 0.</param>
    /// <param name="digits">Of the minor unit.</param>
    public static decimal[] Share(decimal total, IReadOnlyList<decimal> weights, int digits)
    {
        var parts = new decimal[weights.Count];
        if (total == 0)
            return parts;
        var unit = new decimal(1, 0, 0, isNegative: false, (byte)digits);
        // Whole numbers of any size: a product of two amounts may not fit a decimal, and a tie must be seen as one.
        var whole = weights.Select(weight => new BigInteger(weight / unit)).ToArray();
        var sum = whole.Aggregate(BigInteger.Zero, (a, b) => a + b);
        var units = new BigInteger(total / unit);
        var floors = new BigInteger[whole.Length];
        var remainders = new BigInteger[whole.Length];
        for (var i = 0; i < whole.Length; i++)
        {
            floors[i] = BigInteger.DivRem(units * whole[i], sum, out remainders[i]);
            if (remainders[i].Sign < 0)
            {
                floors[i]--;
                remainders[i] += sum;
            }
        }

        var left = (int)(units - floors.Aggregate(BigInteger.Zero, (a, b) => a + b));
        foreach (var i in Enumerable.Range(0, whole.Length).OrderByDescending(i => remainders[i]).Take(left))
            floors[i]++;
        for (var i = 0; i < whole.Length; i++)
            parts[i] = (decimal)floors[i] * unit;
        return parts;
    }
}
