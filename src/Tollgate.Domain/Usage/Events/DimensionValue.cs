using System.Runtime.InteropServices;

namespace Tollgate.Domain.Usage.Events;

/// <summary>
/// One value of an event: a text, an exact number or a truth value. Numbers are kept in their shortest form, so 1.50 is
/// 1.5.
/// </summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct DimensionValue
{
    private readonly string? _text;
    private readonly decimal _number;

    private DimensionValue(DimensionKind kind, string? text, decimal number)
    {
        Kind = kind;
        _text = text;
        _number = number;
    }

    public DimensionKind Kind { get; }

    /// <summary>Its number; 0 unless it is one.</summary>
    public decimal Number => Kind == DimensionKind.Number ? _number : 0;

    /// <summary>Its truth value; false unless it is one.</summary>
    public bool Flag => Kind == DimensionKind.Flag && _number != 0;

    public static DimensionValue Of(string text) => new(DimensionKind.Text, text, 0);

    public static DimensionValue Of(decimal number) => new(DimensionKind.Number, null, JsonNumber.Shortest(number));

    public static DimensionValue Of(bool flag) => new(DimensionKind.Flag, null, flag ? 1 : 0);

    /// <summary>What text comparisons see: numbers in shortest decimal form, truth values as true and false.</summary>
    public string AsText() => Kind switch
    {
        DimensionKind.Text => _text ?? "",
        DimensionKind.Number => JsonNumber.Text(_number),
        DimensionKind.Flag => _number != 0 ? "true" : "false",
    };

    /// <summary>What numeric comparisons and aggregations see: numbers, and texts that are JSON numbers.</summary>
    public bool TryNumber(out decimal number)
    {
        number = _number;
        return Kind switch
        {
            DimensionKind.Number => true,
            DimensionKind.Text => JsonNumber.TryParse(_text, out number),
            DimensionKind.Flag => false,
        };
    }

    public override string ToString() => AsText();
}
