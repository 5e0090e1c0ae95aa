using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits.Formulas;

namespace Tollgate.Domain.Credits;

/// <summary>What usage costs in credits (spec credits 5.2).</summary>
public static class UsageCost
{
    /// <summary>
    /// By the rate, for units before any rounding into sold ones, or by the formula, which replaces the rate: it prices
    /// whatever the meter counts, also what adds 0. What takes usage back costs nothing and gives nothing back; where
    /// the meter says nothing about one event (<see cref="EventUnits.IsSupported"/>) nothing costs.
    /// </summary>
    /// <param name="rate">The mapping.</param>
    /// <param name="formula">That of the rate; null when it has none.</param>
    /// <param name="feature">What was used.</param>
    /// <param name="units">By how much usage grew, in reporting units.</param>
    /// <param name="inputs">What a formula may read.</param>
    public static decimal Of(
        CreditRate rate, CostFormula? formula, Feature feature, decimal units, IFormulaInputs inputs) =>
        Of(rate, formula, feature, units, inputs, out _);

    /// <inheritdoc cref="Of(CreditRate, CostFormula?, Feature, decimal, IFormulaInputs)"/>
    /// <param name="rate">The mapping.</param>
    /// <param name="formula">That of the rate; null when it has none.</param>
    /// <param name="feature">What was used.</param>
    /// <param name="units">By how much usage grew, in reporting units.</param>
    /// <param name="inputs">What a formula may read.</param>
    /// <param name="warning">What the formula counted as 0 on the way, for the log; null = nothing.</param>
    public static decimal Of(
        CreditRate rate, CostFormula? formula, Feature feature, decimal units, IFormulaInputs inputs,
        out string? warning)
    {
        warning = null;
        if (units < 0 || (units == 0 && formula is null) || !IsSupported(feature))
            return 0;
        if (formula is null)
        {
            return CreditAmounts.Charged(
                Saturating.Product(rate.Amount, Saturating.Quotient(units, feature.UnitTransformation?.Divide ?? 1)));
        }

        (var credits, warning) = formula.Evaluate(inputs);
        return CreditAmounts.Charged(credits);
    }

    /// <summary>
    /// False for a feature of which one event is no part (spec credits 5.2, UNSUPPORTED_AGGREGATION).
    /// </summary>
    public static bool IsSupported(Feature feature) =>
        feature.Meter is not { } meter || EventUnits.IsSupported(meter.Aggregation.Function);
}
