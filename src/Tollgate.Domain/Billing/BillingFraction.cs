using System.Numerics;
using System.Runtime.InteropServices;
using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>
/// The part of a period that lies ahead, <c>Remaining / Whole</c>, kept as two whole numbers of seconds so that nothing
/// is rounded before the line is (spec subscriptions 10).
/// </summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct BillingFraction(long Remaining, long Whole)
{
    /// <summary>
    /// <c>(end - at) / (end - start)</c>, each instant floored to its second; 1 before the period, 0 after it.
    /// </summary>
    public static BillingFraction Left(BillingWindow period, Instant at)
    {
        var (start, end) = (period.Start.ToUnixTimeSeconds(), period.End.ToUnixTimeSeconds());
        if (end <= start)
            throw new ArgumentException($"The period [{period.Start}, {period.End}) is shorter than a second.");
        return new(end - Math.Clamp(at.ToUnixTimeSeconds(), start, end), end - start);
    }

    /// <summary>The part of an amount, rounded to the currency's minor unit, half away from zero.</summary>
    public decimal Of(decimal amount, string currency)
    {
        // A product that a decimal cannot hold exactly would be rounded twice, so it is done in whole minor units.
        var digits = Math.Max(amount.Scale, Currencies.MinorUnitDigits(currency));
        var scale = BigInteger.Pow(10, digits - Currencies.MinorUnitDigits(currency));
        var numerator = new BigInteger(amount * PowerOfTen(digits)) * Remaining;
        var denominator = Whole * scale;
        var units = BigInteger.DivRem(BigInteger.Abs(numerator), denominator, out var rest);
        if (rest * 2 >= denominator)
            units++;
        return (decimal)(numerator.Sign < 0 ? -units : units) / PowerOfTen(Currencies.MinorUnitDigits(currency));
    }

    public override string ToString() => $"{Remaining}/{Whole}";

    private static decimal PowerOfTen(int exponent) => (decimal)BigInteger.Pow(10, exponent);
}
