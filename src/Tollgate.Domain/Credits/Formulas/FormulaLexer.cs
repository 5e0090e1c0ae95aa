using System.Globalization;

namespace Tollgate.Domain.Credits.Formulas;

/// <summary>Cuts a formula into words.</summary>
internal static class FormulaLexer
{
    private static readonly string[] Symbols =
        ["<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "%", "^", "(", ")", ","];

    /// <summary>Every word, the end included.</summary>
    /// <exception cref="FormulaSyntaxException">A character begins no word.</exception>
    public static List<FormulaToken> Cut(string text)
    {
        var tokens = new List<FormulaToken>();
        var at = 0;
        while (true)
        {
            while (at < text.Length && char.IsWhiteSpace(text[at]))
                at++;
            if (at == text.Length)
                break;
            tokens.Add(Next(text, ref at));
        }

        tokens.Add(new(FormulaTokenKind.End, "", 0, text.Length + 1));
        return tokens;
    }

    private static FormulaToken Next(string text, ref int at)
    {
        var first = text[at];
        if (char.IsAsciiDigit(first) || first == '.')
            return Number(text, ref at);
        if (IsNameStart(first))
            return Name(text, ref at);
        if (first == '"')
            return QuotedName(text, ref at);
        var start = at;
        if (first is '×' or '·')
        {
            at++;
            return new(FormulaTokenKind.Symbol, "*", 0, start + 1);
        }

        foreach (var symbol in Symbols)
        {
            if (string.CompareOrdinal(text, at, symbol, 0, symbol.Length) != 0)
                continue;
            at += symbol.Length;
            return new(FormulaTokenKind.Symbol, symbol, 0, start + 1);
        }

        throw new FormulaSyntaxException(start + 1, first == '='
            ? "'=' compares nothing; write '=='."
            : $"'{first}' is not part of a formula; names of dimensions with such characters go in double quotes.");
    }

    private static FormulaToken Number(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.'))
            at++;
        var exponent = at + 1 < text.Length && text[at] is 'e' or 'E' ? at + 1 : at;
        if (exponent > at && exponent + 1 < text.Length && text[exponent] is '+' or '-')
            exponent++;
        if (exponent > at && char.IsAsciiDigit(text[exponent]))
        {
            at = exponent;
            while (at < text.Length && char.IsAsciiDigit(text[at]))
                at++;
        }

        var written = text[start..at];
        return decimal.TryParse(
            written, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture,
            out var number)
            ? new(FormulaTokenKind.Number, written, number, start + 1)
            : throw new FormulaSyntaxException(
                start + 1, $"'{written}' is no number between 0 and {decimal.MaxValue}, for example 0.25.");
    }

    private static FormulaToken Name(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && (IsNameStart(text[at]) || char.IsAsciiDigit(text[at])))
            at++;
        return new(FormulaTokenKind.Name, text[start..at], 0, start + 1);
    }

    private static FormulaToken QuotedName(string text, ref int at)
    {
        var start = at;
        var end = text.IndexOf('"', start + 1);
        if (end < 0)
            throw new FormulaSyntaxException(start + 1, "the double quote is not closed.");
        if (end == start + 1)
            throw new FormulaSyntaxException(start + 1, "the name between the double quotes is empty.");
        at = end + 1;
        return new(FormulaTokenKind.QuotedName, text[(start + 1)..end], 0, start + 1);
    }

    /// <summary>A hyphen is a minus: a name that has one is written in double quotes.</summary>
    private static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c is '_' or '$';
}
