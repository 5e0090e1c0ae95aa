namespace Tollgate.Domain.Credits.Formulas;

internal enum FormulaOperator
{
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

/// <summary>Two operands and what is done with them.</summary>
internal sealed class FormulaOperation(FormulaOperator @operator, FormulaNode left, FormulaNode right) : FormulaNode
{
    public override decimal Evaluate(FormulaEvaluation evaluation)
    {
        var (a, b) = (left.Evaluate(evaluation), right.Evaluate(evaluation));
        try
        {
            return @operator switch
            {
                FormulaOperator.Add => a + b,
                FormulaOperator.Subtract => a - b,
                FormulaOperator.Multiply => a * b,
                FormulaOperator.Divide => b == 0 ? evaluation.Zero("something was divided by 0") : a / b,
                FormulaOperator.Remainder => b == 0 ? evaluation.Zero("a remainder of dividing by 0") : a % b,
                FormulaOperator.Power => DecimalPower.Of(a, b) ?? evaluation.Zero("a power that is no real number"),
                _ => throw new InvalidOperationException($"Unknown operator {@operator}."),
            };
        }
        catch (OverflowException)
        {
            return evaluation.Zero("a number that is too large");
        }
    }
}
