using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Usage.Events;

/// <summary>
/// One condition of a filter. Equality and order are numeric when both sides are JSON numbers, else ordinal on texts; a
/// missing value passes IS_NULL and NOT_EQUALS alone (spec catalog 1.5).
/// </summary>
internal sealed class CompiledCondition
{
    private readonly ConditionOperation _operation;
    private readonly Operand[] _operands;

    private CompiledCondition(string field, ConditionOperation operation, Operand[] operands)
    {
        Field = field;
        _operation = operation;
        _operands = operands;
    }

    public string Field { get; }

    public static CompiledCondition Of(MeterCondition condition) => new(
        condition.Field,
        condition.Operation,
        [.. (condition.Values ?? (condition.Value is { } value ? [value] : [])).Select(Operand.Of)]);

    public bool Holds(DimensionValue? value)
    {
        if (value is not { } given)
            return _operation is ConditionOperation.IsNull or ConditionOperation.NotEquals;
        return _operation switch
        {
            ConditionOperation.Equals => Compare(given) == 0,
            ConditionOperation.NotEquals => Compare(given) != 0,
            ConditionOperation.GreaterThan => Compare(given) > 0,
            ConditionOperation.GreaterThanOrEqual => Compare(given) >= 0,
            ConditionOperation.LessThan => Compare(given) < 0,
            ConditionOperation.LessThanOrEqual => Compare(given) <= 0,
            ConditionOperation.IsNull => false,
            ConditionOperation.IsNotNull => true,
            ConditionOperation.Contains => given.AsText().Contains(_operands[0].Text, StringComparison.Ordinal),
            ConditionOperation.StartsWith => given.AsText().StartsWith(_operands[0].Text, StringComparison.Ordinal),
            ConditionOperation.EndsWith => given.AsText().EndsWith(_operands[0].Text, StringComparison.Ordinal),
            ConditionOperation.In => IsOneOf(given),
        };
    }

    private int Compare(in DimensionValue value) => Compare(value, _operands[0]);

    private static int Compare(in DimensionValue value, in Operand operand) =>
        operand.Number is { } right && value.TryNumber(out var left)
            ? left.CompareTo(right)
            : string.CompareOrdinal(value.AsText(), operand.Text);

    private bool IsOneOf(in DimensionValue value)
    {
        foreach (var operand in _operands)
        {
            if (Compare(value, operand) == 0)
                return true;
        }

        return false;
    }

    /// <summary>What a value is compared with; <paramref name="Number"/> when the text is a JSON number.</summary>
    private readonly record struct Operand(string Text, decimal? Number)
    {
        public static Operand Of(string text) => new(text, JsonNumber.TryParse(text, out var number) ? number : null);
    }
}
