using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;

namespace Tollgate.Server.Billing;

/// <summary>
/// A piece of a page. It is made from interpolated text only, whose holes are encoded unless they are pieces
/// themselves: what a customer or a payer typed can never become markup.
/// </summary>
internal readonly struct Html(string markup)
{
    public static Html Empty { get; } = new("");

    public static Html Of(ref HtmlBuilder builder) => new(builder.ToText());

    public static Html Join(IEnumerable<Html> pieces) => new(string.Concat(pieces.Select(piece => piece.ToString())));

    /// <summary>The piece when the condition holds.</summary>
    public Html When(bool condition) => condition ? this : Empty;

    public override string ToString() => markup ?? "";
}

/// <summary>Collects an interpolated text, encoding its holes.</summary>
[InterpolatedStringHandler]
internal readonly ref struct HtmlBuilder(int literalLength, int formattedCount)
{
    private readonly StringBuilder _text = new(literalLength + (formattedCount * 16));

    public void AppendLiteral(string literal) => _text.Append(literal);

    public void AppendFormatted(Html piece) => _text.Append(piece);

    public void AppendFormatted(string? text) => _text.Append(HtmlEncoder.Default.Encode(text ?? ""));

    public void AppendFormatted(int number) => _text.Append(number);

    public string ToText() => _text.ToString();
}
