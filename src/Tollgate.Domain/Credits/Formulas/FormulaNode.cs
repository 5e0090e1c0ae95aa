namespace Tollgate.Domain.Credits.Formulas;

/// <summary>A part of a parsed formula.</summary>
internal abstract class FormulaNode
{
    public abstract decimal Evaluate(FormulaEvaluation evaluation);
}

/// <summary>One evaluation on its way: where numbers come from, and what went wrong first.</summary>
internal sealed class FormulaEvaluation(IFormulaInputs inputs)
{
    public IFormulaInputs Inputs { get; } = inputs;

    public string? Warning { get; private set; }

    /// <summary>
    /// The 0 that stands for what cannot be computed. The reason goes to the log: nothing of the event is in it.
    /// </summary>
    public decimal Zero(string reason)
    {
        Warning ??= reason;
        return 0;
    }
}

internal sealed class FormulaNumber(decimal value) : FormulaNode
{
    public static readonly FormulaNumber Zero = new(0);

    public override decimal Evaluate(FormulaEvaluation evaluation) => value;
}

internal sealed class FormulaDimension(string name) : FormulaNode
{
    public override decimal Evaluate(FormulaEvaluation evaluation) => evaluation.Inputs.NumberOf(name);
}

internal sealed class FormulaCall(FormulaFunction function, FormulaNode[] arguments) : FormulaNode
{
    public override decimal Evaluate(FormulaEvaluation evaluation)
    {
        var result = arguments[0].Evaluate(evaluation);
        if (arguments.Length == 1)
            return function.Single(result);
        for (var i = 1; i < arguments.Length; i++)
            result = function.Fold(result, arguments[i].Evaluate(evaluation));
        return result;
    }
}

internal enum FormulaComparison
{
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

/// <summary>if(left ? right, then, otherwise); only the branch that holds is evaluated.</summary>
internal sealed class FormulaChoice(
    FormulaComparison comparison, FormulaNode left, FormulaNode right, FormulaNode then,
    FormulaNode otherwise) : FormulaNode
{
    public override decimal Evaluate(FormulaEvaluation evaluation) =>
        (Holds(left.Evaluate(evaluation).CompareTo(right.Evaluate(evaluation))) ? then : otherwise)
            .Evaluate(evaluation);

    private bool Holds(int order) => comparison switch
    {
        FormulaComparison.Less => order < 0,
        FormulaComparison.LessOrEqual => order <= 0,
        FormulaComparison.Greater => order > 0,
        FormulaComparison.GreaterOrEqual => order >= 0,
        FormulaComparison.Equal => order == 0,
        FormulaComparison.NotEqual => order != 0,
        _ => throw new InvalidOperationException($"Unknown comparison {comparison}."),
    };
}
