using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Credits;

/// <summary>
/// Which quantities of credits the ledger can hold exactly (spec credits 5.8). Within these bounds sums and differences
/// of decimals are exact, so nothing is ever created or lost by rounding.
/// </summary>
public static class CreditAmounts
{
    /// <summary>Digits after the point.</summary>
    public const int Decimals = 12;

    /// <summary>The most credits of one grant or consumption.</summary>
    public const decimal Max = 1_000_000_000_000m;

    /// <summary>
    /// A computed cost as it is charged: to 12 digits, once, half away from zero. The product of a rate and a quantity
    /// has fewer; only a division has more.
    /// </summary>
    public static decimal Charged(decimal exact) =>
        decimal.Round(decimal.Min(exact, Max), Decimals, MidpointRounding.AwayFromZero);

    /// <summary>Adds a finding when the amount is not one that can be granted or consumed.</summary>
    public static void Check(Findings findings, string path, decimal amount)
    {
        if (amount is <= 0 or > Max)
        {
            findings.Add(ErrorCode.InvalidArgumentError, path,
                $"{path} is {amount}; give more than 0 and at most {Max} credits.");
        }
        else if (decimal.Round(amount, Decimals) != amount)
        {
            findings.Add(ErrorCode.InvalidArgumentError, path,
                $"{path} is {amount}; credits have at most {Decimals} digits after the point.");
        }
    }
}
