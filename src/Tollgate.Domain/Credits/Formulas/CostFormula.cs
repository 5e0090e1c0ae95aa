using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Credits.Formulas;

/// <summary>
/// What one event costs in credits, as an expression over its dimensions (spec credits 5.3): <c>1.1 * in + 5 * out</c>.
/// Parsed once, evaluated any number of times; immutable and thread-safe.
/// </summary>
public sealed class CostFormula
{
    /// <summary>Characters of a formula.</summary>
    public const int MaxLength = 2_000;

    private readonly FormulaNode _root;

    internal CostFormula(string text, FormulaNode root, IReadOnlyList<string> dimensions)
    {
        Text = text;
        _root = root;
        Dimensions = dimensions;
    }

    /// <summary>The formula as it was written.</summary>
    public string Text { get; }

    /// <summary>The dimensions it reads, each once, in order of appearance.</summary>
    public IReadOnlyList<string> Dimensions { get; }

    /// <summary>
    /// The formula of a text. <see cref="ErrorCode.InvalidArgumentError"/> names the position (the first character is
    /// 1) and the reason when it is none.
    /// </summary>
    public static Result<CostFormula> Parse(string text)
    {
        if (text.Length > MaxLength)
        {
            return new Refusal(ErrorCode.InvalidArgumentError,
                $"The cost formula has {text.Length} characters; use at most {MaxLength}.");
        }

        try
        {
            return new FormulaParser(text).Parse();
        }
        catch (FormulaSyntaxException exception)
        {
            return new Refusal(ErrorCode.InvalidArgumentError,
                $"The cost formula '{text}' is wrong at position {exception.Position}: {exception.Message}");
        }
    }

    /// <summary>
    /// The credits that an event with these dimensions costs, 0 or more. Exact decimals; dividing by 0, what does not
    /// fit a decimal and roots of negative numbers count as 0 and are told in <see cref="FormulaCost.Warning"/>.
    /// </summary>
    public FormulaCost Evaluate(IFormulaInputs inputs)
    {
        var evaluation = new FormulaEvaluation(inputs);
        var cost = _root.Evaluate(evaluation);
        return new(decimal.Max(cost, 0), evaluation.Warning);
    }

    public override string ToString() => Text;
}

/// <summary>The dimensions of one event, as numbers.</summary>
public interface IFormulaInputs
{
    /// <summary>
    /// A number as it is, a numeric text as its number, true as 1 and false as 0; 0 for what is missing or is
    /// no number.
    /// </summary>
    decimal NumberOf(string dimension);
}

/// <summary>The outcome of a formula.</summary>
/// <param name="Credits">0 or more, not rounded.</param>
/// <param name="Warning">What was counted as 0 on the way, for the log; null = nothing.</param>
public readonly record struct FormulaCost(decimal Credits, string? Warning);
