using System.Runtime.InteropServices;

namespace Tollgate.Domain.Credits.Formulas;

internal enum FormulaTokenKind
{
    End,
    Number,

    /// <summary>A dimension or, before a parenthesis, a function.</summary>
    Name,

    /// <summary>A dimension in double quotes; never a function.</summary>
    QuotedName,

    /// <summary>
    /// An operator, a comparison, a comma or a parenthesis: <see cref="FormulaToken.Text"/> says which.
    /// </summary>
    Symbol,
}

/// <summary>A word of a formula.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The symbol in its plain spelling, the name without quotes, the number as written.</param>
/// <param name="Number">Of a number.</param>
/// <param name="Position">Of its first character, counted from 1.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FormulaToken(FormulaTokenKind Kind, string Text, decimal Number, int Position)
{
    public bool Is(string symbol) => Kind == FormulaTokenKind.Symbol && Text == symbol;

    /// <summary>As a message shows it.</summary>
    public string Shown => Kind == FormulaTokenKind.End ? "the end" : $"'{Text}'";
}
