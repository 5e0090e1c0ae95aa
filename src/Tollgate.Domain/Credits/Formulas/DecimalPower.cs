namespace Tollgate.Domain.Credits.Formulas;

/// <summary>
/// Powers of decimals without binary floating point. Whole exponents are exact as far as a decimal is; others are exp(y
/// ln x) to about 20 significant digits.
/// </summary>
internal static class DecimalPower
{
    /// <summary>ln 2.</summary>
    private const decimal Ln2 = 0.6931471805599453094172321215m;

    /// <summary>Null when there is no real number: 0 to a negative power, a root of a negative number.</summary>
    /// <exception cref="OverflowException">The power does not fit a decimal.</exception>
    public static decimal? Of(decimal value, decimal exponent)
    {
        if (decimal.Truncate(exponent) == exponent)
            return exponent >= 0 ? Whole(value, exponent) : value == 0 ? null : Inverse(value, -exponent);
        if (value < 0)
            return null;
        if (value == 0)
            return exponent > 0 ? 0 : null;
        return Exp(exponent * Ln(value));
    }

    private static decimal Inverse(decimal value, decimal exponent)
    {
        try
        {
            var power = Whole(value, exponent);
            // A power below what a decimal can tell from 0: its inverse is beyond the largest.
            return power == 0 ? throw new OverflowException() : 1 / power;
        }
        catch (OverflowException) when (Math.Abs(value) > 1)
        {
            return 0;
        }
    }

    private static decimal Whole(decimal value, decimal exponent)
    {
        if (value == 1 || exponent == 0)
            return 1;
        var result = 1m;
        while (true)
        {
            if (exponent % 2 == 1)
                result *= value;
            exponent = decimal.Floor(exponent / 2);
            if (exponent == 0)
                return result;
            value *= value;
        }
    }

    /// <summary>Halved or doubled to [0.75, 1.5], where 2 artanh((x - 1) / (x + 1)) converges fast.</summary>
    private static decimal Ln(decimal value)
    {
        var twos = 0;
        for (; value > 1.5m; twos++)
            value /= 2;
        for (; value < 0.75m; twos--)
            value *= 2;
        var ratio = (value - 1) / (value + 1);
        var square = ratio * ratio;
        var (sum, power) = (0m, ratio);
        for (var n = 1; power != 0 && n < 200; n += 2)
        {
            sum += power / n;
            power *= square;
        }

        return 2 * sum + twos * Ln2;
    }

    private static decimal Exp(decimal value)
    {
        // Beyond these the result is 0 or does not fit.
        if (value < -66)
            return 0;
        if (value > 67)
            throw new OverflowException();
        var twos = (int)decimal.Round(value / Ln2);
        var rest = value - twos * Ln2;
        var (sum, term) = (1m, 1m);
        for (var n = 1; term != 0 && n < 200; n++)
        {
            term *= rest / n;
            sum += term;
        }

        for (; twos > 0; twos--)
            sum *= 2;
        for (; twos < 0; twos++)
            sum /= 2;
        return sum;
    }
}
