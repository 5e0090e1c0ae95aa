using Tollgate.Domain.Credits.Formulas;
using Tollgate.Domain.Errors;
using Xunit;

namespace Tollgate.Domain.Tests.Credits;

/// <summary>Spec credits 5.3; the numbers are computed by hand.</summary>
public sealed class CostFormulaTests
{
    private static readonly Dictionary<string, decimal> Event = new()
    {
        ["in"] = 1500,
        ["out"] = 250,
        ["a"] = 7,
        ["b"] = 2,
        ["half"] = 0.5m,
        ["my-tokens"] = 3,
        ["$x"] = 4,
        ["min"] = 11,
        ["flag"] = 1,
    };

    [Theory]
    // The spec's example: 1.1 * 1500 + 5 * 250 = 1650 + 1250.
    [InlineData("1.1*in + 5*out", "2900")]
    [InlineData("1.1*in + 5*missing", "1650")]
    [InlineData("(1.1 × in) + (5 · out)", "2900")]
    [InlineData("a - b - 1", "4")]
    [InlineData("a-b", "5")]
    [InlineData("2 + 3 * 4", "14")]
    [InlineData("(2 + 3) * 4", "20")]
    [InlineData("100 / 10 / 2", "5")]
    [InlineData("a % b", "1")]
    // Powers bind from the right and closer than the sign: 2 ^ 9, and 10 - (3 ^ 2).
    [InlineData("2 ^ 3 ^ 2", "512")]
    [InlineData("10 + -3 ^ 2", "1")]
    [InlineData("2 ^ -2", "0.25")]
    [InlineData("0 ^ 0", "1")]
    [InlineData("--a", "7")]
    [InlineData("+a", "7")]
    [InlineData(".5 * a", "3.5")]
    [InlineData("2e-3 * in", "3")]
    [InlineData("1E2", "100")]
    [InlineData("\"my-tokens\" * 2", "6")]
    [InlineData("$x + 1", "5")]
    [InlineData("min + 1", "12")]
    [InlineData("min(a, b, 5)", "2")]
    [InlineData("max(a, b, 5)", "7")]
    [InlineData("min(a)", "7")]
    [InlineData("abs(b - a)", "5")]
    [InlineData("ceil(a / b)", "4")]
    [InlineData("floor(a / b)", "3")]
    [InlineData("round(2.5)", "3")]
    [InlineData("round(a / 3, 2)", "2.33")]
    [InlineData("round(1.005, 2)", "1.01")]
    [InlineData("if(in > 1000, in * 2, in)", "3000")]
    [InlineData("if(in <= 1000, in * 2, in)", "1500")]
    [InlineData("if(a == 7, 1, 2)", "1")]
    [InlineData("if(a != 7, 1, 2)", "2")]
    [InlineData("if(a < 7, 1, 2)", "2")]
    [InlineData("if(a >= 7, 1, 2)", "1")]
    [InlineData("if(flag, 1, 2)", "1")]
    [InlineData("if(missing, 1, 2)", "2")]
    // A negative result costs nothing.
    [InlineData("b - a", "0")]
    // Exact: binary floating point would say 0.30000000000000004.
    [InlineData("0.1 + 0.2", "0.3")]
    [InlineData("0.002 * 3", "0.006")]
    public void Formula_costs(string formula, string cost)
    {
        var result = CostFormula.Parse(formula).Value.Evaluate(new Inputs(Event));

        Assert.Equal(decimal.Parse(cost, System.Globalization.CultureInfo.InvariantCulture), result.Credits);
        Assert.Null(result.Warning);
    }

    [Theory]
    [InlineData("a / missing", "0")]
    [InlineData("a / missing + 3", "3")]
    [InlineData("a % missing", "0")]
    [InlineData("0 ^ -1", "0")]
    [InlineData("(0 - a) ^ 0.5", "0")]
    [InlineData("10 ^ 30", "0")]
    [InlineData("10 ^ 28 * 10", "0")]
    [InlineData("0.1 ^ -40", "0")]
    [InlineData("10 ^ 28.95 + 1", "1")]
    public void What_cannot_be_computed_counts_as_nothing_and_is_told(string formula, string cost)
    {
        var result = CostFormula.Parse(formula).Value.Evaluate(new Inputs(Event));

        Assert.Equal(decimal.Parse(cost, System.Globalization.CultureInfo.InvariantCulture), result.Credits);
        Assert.NotNull(result.Warning);
    }

    [Fact]
    public void Only_the_branch_that_holds_is_computed()
    {
        var result = CostFormula.Parse("if(b > 0, a / b, a / missing)").Value.Evaluate(new Inputs(Event));

        Assert.Equal(new(3.5m, null), result);
    }

    [Theory]
    // Square roots and cube roots whose values are known: 7 ^ 1.5 is not, so only its square is looked at.
    [InlineData("49 ^ half", 7)]
    [InlineData("2 ^ 0.5 * 2 ^ 0.5", 2)]
    [InlineData("1000000 ^ (1/3)", 100)]
    [InlineData("16 ^ -0.25", 0.5)]
    [InlineData("0 ^ half", 0)]
    public void Roots_are_decimal_to_twenty_digits(string formula, double expected)
    {
        var cost = CostFormula.Parse(formula).Value.Evaluate(new Inputs(Event)).Credits;

        Assert.True(Math.Abs(cost - (decimal)expected) < 1e-20m, $"{formula} = {cost}");
    }

    [Theory]
    [InlineData("", 1, "expected a number, a dimension or a function, found the end")]
    [InlineData("1.1*in +", 9, "found the end")]
    [InlineData("a b", 3, "'b' does not continue the formula")]
    [InlineData("(a + b", 7, "expected ')', found the end")]
    [InlineData("a)", 2, "')' does not continue")]
    [InlineData("sqrt(a)", 1, "there is no function 'sqrt'; the functions are min, max, abs, ceil, floor, round and if")]
    [InlineData("1 + abs(a, b)", 5, "'abs' takes 1 argument, not 2")]
    [InlineData("round(a, 1, 2)", 1, "'round' takes 2 arguments, not 3")]
    [InlineData("min()", 5, "found ')'")]
    [InlineData("a > b", 3, "'>' does not continue")]
    [InlineData("if(a = b, 1, 2)", 6, "write '=='")]
    [InlineData("if(a, 1)", 8, "expected ',', found ')'")]
    [InlineData("a & b", 3, "'&' is not part of a formula")]
    [InlineData("\"a", 1, "the double quote is not closed")]
    [InlineData("\"\"", 1, "is empty")]
    [InlineData("1.2.3", 1, "'1.2.3' is no number")]
    [InlineData("1e99", 1, "'1e99' is no number")]
    [InlineData("eval(a)", 1, "no function 'eval'")]
    public void A_bad_formula_is_refused_with_position_and_reason(string formula, int position, string reason)
    {
        var refusal = CostFormula.Parse(formula).Refusal;

        Assert.Equal(ErrorCode.InvalidArgumentError, refusal?.Code);
        Assert.Contains($"at position {position}: ", refusal!.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Depth_and_length_are_limited()
    {
        Assert.Null(CostFormula.Parse(new string('(', 90) + "1" + new string(')', 90)).Refusal);
        Assert.Contains("nested", CostFormula.Parse(new string('(', 900) + "1" + new string(')', 900)).Refusal!.Message,
            StringComparison.Ordinal);
        Assert.Contains("nested", CostFormula.Parse(new string('-', 1500) + "1").Refusal!.Message, StringComparison.Ordinal);
        Assert.Contains("2001 characters", CostFormula.Parse(new string('1', 2001)).Refusal!.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Formula_tells_the_dimensions_it_reads() => Assert.Equal(
        ["tokens", "my-model", "images"],
        CostFormula.Parse("max(tokens, \"my-model\") + images * tokens").Value.Dimensions);

    private sealed class Inputs(Dictionary<string, decimal> values) : IFormulaInputs
    {
        public decimal NumberOf(string dimension) => values.GetValueOrDefault(dimension);
    }
}
