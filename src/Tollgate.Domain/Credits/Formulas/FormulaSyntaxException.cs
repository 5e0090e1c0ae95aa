namespace Tollgate.Domain.Credits.Formulas;

/// <summary>Ends the parsing of a text that is no formula; never leaves <see cref="CostFormula.Parse"/>.</summary>
internal sealed class FormulaSyntaxException(int position, string message) : Exception(message)
{
    /// <summary>Of the first character that does not fit, counted from 1.</summary>
    public int Position { get; } = position;
}
