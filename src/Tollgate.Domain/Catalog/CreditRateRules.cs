using Tollgate.Domain.Credits;
using Tollgate.Domain.Credits.Formulas;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>Whether a mapping of usage to credits can be saved (spec credits 5.1 and 5.3).</summary>
internal static class CreditRateRules
{
    /// <summary>A formula that cannot be parsed is refused when it is saved, not when an event comes.</summary>
    public static void Check(Findings findings, string path, CreditRate rate)
    {
        if (rate.Amount <= 0)
        {
            findings.Add(ErrorCode.InvalidArgumentError, path + ".amount",
                $"{path}.amount is {rate.Amount}; a unit costs more than 0 credits.");
        }

        if (rate.Amount > CreditAmounts.Max)
        {
            findings.Add(ErrorCode.InvalidArgumentError, path + ".amount",
                $"{path}.amount is {rate.Amount}; a unit costs at most {CreditAmounts.Max} credits.");
        }

        if (rate.CostFormula is { } formula && CostFormula.Parse(formula).Refusal is { } refusal)
            findings.Add(refusal.Code, path + ".costFormula", refusal.Message);
    }
}
