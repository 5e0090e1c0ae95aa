namespace Tollgate.Domain.Credits.Formulas;

/// <summary>
/// Recursive descent over the grammar of spec credits 5.3, weakest first: sums, products, signs, powers (from the
/// right), then numbers, names, functions and parentheses.
/// </summary>
internal sealed class FormulaParser(string text)
{
    /// <summary>Expressions inside one another: enough for every price, too few for a stack to overflow.</summary>
    private const int MaxDepth = 100;

    private readonly List<FormulaToken> _tokens = FormulaLexer.Cut(text);
    private readonly List<string> _dimensions = [];
    private int _next;
    private int _depth;

    private FormulaToken Current => _tokens[_next];

    /// <exception cref="FormulaSyntaxException">The text is no formula.</exception>
    public CostFormula Parse()
    {
        var root = Sum();
        if (Current.Kind != FormulaTokenKind.End)
            throw Wrong($"{Current.Shown} does not continue the formula; expected an operator or the end.");
        return new(text, root, _dimensions);
    }

    private FormulaNode Sum()
    {
        var left = Product();
        while (true)
        {
            if (Take("+"))
                left = new FormulaOperation(FormulaOperator.Add, left, Product());
            else if (Take("-"))
                left = new FormulaOperation(FormulaOperator.Subtract, left, Product());
            else
                return left;
        }
    }

    private FormulaNode Product()
    {
        var left = Unary();
        while (true)
        {
            if (Take("*"))
                left = new FormulaOperation(FormulaOperator.Multiply, left, Unary());
            else if (Take("/"))
                left = new FormulaOperation(FormulaOperator.Divide, left, Unary());
            else if (Take("%"))
                left = new FormulaOperation(FormulaOperator.Remainder, left, Unary());
            else
                return left;
        }
    }

    private FormulaNode Unary()
    {
        if (++_depth > MaxDepth)
            throw Wrong($"expressions are nested more than {MaxDepth} deep; write a simpler formula.");
        var node = Take("+") ? Unary()
            : Take("-") ? new FormulaOperation(FormulaOperator.Subtract, FormulaNumber.Zero, Unary())
            : Power();
        _depth--;
        return node;
    }

    private FormulaNode Power()
    {
        var based = Primary();
        return Take("^") ? new FormulaOperation(FormulaOperator.Power, based, Unary()) : based;
    }

    private FormulaNode Primary()
    {
        var token = Current;
        switch (token.Kind)
        {
            case FormulaTokenKind.Number:
                _next++;
                return new FormulaNumber(token.Number);
            case FormulaTokenKind.Name:
                _next++;
                return Current.Is("(") ? Function(token) : Dimension(token.Text);
            case FormulaTokenKind.QuotedName:
                _next++;
                return Dimension(token.Text);
            case FormulaTokenKind.Symbol when Take("("):
                var inner = Sum();
                Expect(")");
                return inner;
            case FormulaTokenKind.Symbol or FormulaTokenKind.End:
            default:
                throw Wrong($"expected a number, a dimension or a function, found {token.Shown}.");
        }
    }

    private FormulaDimension Dimension(string name)
    {
        if (!_dimensions.Contains(name))
            _dimensions.Add(name);
        return new(name);
    }

    private FormulaNode Function(FormulaToken name)
    {
        if (name.Text == "if")
            return If();
        if (FormulaFunctions.Find(name.Text) is not { } function)
        {
            throw new FormulaSyntaxException(
                name.Position, $"there is no function '{name.Text}'; the functions are {FormulaFunctions.Names}.");
        }

        Expect("(");
        var arguments = new List<FormulaNode> { Sum() };
        while (Take(","))
            arguments.Add(Sum());
        Expect(")");
        if (arguments.Count > function.MostArguments)
        {
            throw new FormulaSyntaxException(name.Position,
                $"'{name.Text}' takes {function.MostArguments} argument{(function.MostArguments == 1 ? "" : "s")}, "
                + $"not {arguments.Count}.");
        }

        return new FormulaCall(function, [.. arguments]);
    }

    private FormulaChoice If()
    {
        Expect("(");
        var left = Sum();
        var comparison = Comparison();
        var right = comparison is null ? FormulaNumber.Zero : Sum();
        Expect(",");
        var then = Sum();
        Expect(",");
        var otherwise = Sum();
        Expect(")");
        return new(comparison ?? FormulaComparison.NotEqual, left, right, then, otherwise);
    }

    /// <summary>Null: the condition is a number, which holds unless it is 0.</summary>
    private FormulaComparison? Comparison() =>
        Take("<") ? FormulaComparison.Less
        : Take("<=") ? FormulaComparison.LessOrEqual
        : Take(">") ? FormulaComparison.Greater
        : Take(">=") ? FormulaComparison.GreaterOrEqual
        : Take("==") ? FormulaComparison.Equal
        : Take("!=") ? FormulaComparison.NotEqual
        : null;

    private bool Take(string symbol)
    {
        if (!Current.Is(symbol))
            return false;
        _next++;
        return true;
    }

    private void Expect(string symbol)
    {
        if (!Take(symbol))
            throw Wrong($"expected '{symbol}', found {Current.Shown}.");
    }

    private FormulaSyntaxException Wrong(string message) => new(Current.Position, message);
}
