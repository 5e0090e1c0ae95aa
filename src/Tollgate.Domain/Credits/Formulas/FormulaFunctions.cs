namespace Tollgate.Domain.Credits.Formulas;

/// <summary>A function of a formula: how it treats its only argument, or folds each further one in.</summary>
internal sealed record FormulaFunction(
    Func<decimal, decimal> Single, Func<decimal, decimal, decimal> Fold, int MostArguments);

internal static class FormulaFunctions
{
    /// <summary>As a message lists them; if is part of the grammar because only one branch is evaluated.</summary>
    public const string Names = "min, max, abs, ceil, floor, round and if";

    private static readonly Dictionary<string, FormulaFunction> All = new(StringComparer.Ordinal)
    {
        ["min"] = new(static a => a, decimal.Min, int.MaxValue),
        ["max"] = new(static a => a, decimal.Max, int.MaxValue),
        ["abs"] = One(Math.Abs),
        ["ceil"] = One(decimal.Ceiling),
        ["floor"] = One(decimal.Floor),
        ["round"] = new(static a => Round(a, 0), Round, 2),
    };

    public static FormulaFunction? Find(string name) => All.GetValueOrDefault(name);

    private static FormulaFunction One(Func<decimal, decimal> function) =>
        new(function, static (_, _) => throw new InvalidOperationException("The function takes one argument."), 1);

    /// <summary>
    /// Half away from zero, as money is rounded; decimals outside 0 to 28 are taken as the nearest of these.
    /// </summary>
    private static decimal Round(decimal value, decimal decimals) =>
        decimal.Round(value, (int)decimal.Clamp(decimal.Truncate(decimals), 0, 28), MidpointRounding.AwayFromZero);
}
