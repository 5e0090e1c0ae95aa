using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits.Formulas;

namespace Tollgate.Domain.Credits;

/// <summary>What usage costs in credits (spec credits 5.2).</summary>
public static class UsageCost
{
    /// <summary>
    /// By the rate, for units before any rounding into sold ones, or by the formula, which replaces the rate. What takes usage
    /// back costs nothing and gives nothing back.
    /// </summary>
    /// <param name="rate">The mapping.</param>
    /// <param name="formula">That of the rate; null when it has none.</param>
    /// <param name="feature">What was used.</param>
    /// <param name="units">By how much usage grew, in reporting units.</param>
    /// <param name="inputs">What a formula may read.</param>
    public static decimal Of(
        CreditRate rate, CostFormula? formula, Feature feature, decimal units, IFormulaInputs inputs)
    {
        if (units <= 0)
            return 0;
        return CreditAmounts.Charged(formula is not null
            ? formula.Evaluate(inputs).Credits
            : Saturating.Product(rate.Amount, Saturating.Quotient(units, feature.UnitTransformation?.Divide ?? 1)));
    }
}
