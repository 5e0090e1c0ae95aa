using System.Text;

namespace Tollgate.Architecture.Tests;

/// <summary>
/// One C# file, split into code and string literals. <see cref="Code"/> has comments and literals blanked out, line breaks kept;
/// expressions inside interpolated strings count as literal text.
/// </summary>
internal sealed class SourceFile
{
    private readonly StringBuilder code = new();
    private readonly List<string> literals = [];
    private readonly string text;
    private int at;

    internal SourceFile(string path, string text)
    {
        Path = path;
        this.text = text;
        while (at < text.Length)
        {
            Step();
        }
        Code = code.ToString();
    }

    /// <summary>Relative to the repository root, with forward slashes.</summary>
    internal string Path { get; }

    internal string Code { get; }

    internal IReadOnlyList<string> Literals => literals;

    /// <summary>Tollgate.Modules for src/Tollgate.Modules/Catalog/Features.cs.</summary>
    internal string Project => Path.Split('/')[1];

    /// <summary>Catalog for src/Tollgate.Modules/Catalog/Features.cs; null for a file beside the project file.</summary>
    internal string? Slice => Path.Split('/') is { Length: > 3 } parts ? parts[2] : null;

    private void Step()
    {
        if (Ahead("//"))
        {
            Skip(until: text.IndexOf('\n', at));
        }
        else if (Ahead("/*"))
        {
            Skip(until: After("*/", at + 2));
        }
        else if (Ahead("\"\"\""))
        {
            var quotes = text.AsSpan(at).IndexOfAnyExcept('"') is var count and >= 0 ? count : text.Length - at;
            Literal(quotes, After(new string('"', quotes), at + quotes));
        }
        else if (text[at] == '"')
        {
            Literal(1, IsVerbatim() ? VerbatimEnd() : EscapedEnd('"'));
        }
        else if (text[at] == '\'')
        {
            Skip(until: EscapedEnd('\''));
        }
        else
        {
            code.Append(text[at++]);
        }
    }

    private bool Ahead(string token) => string.CompareOrdinal(text, at, token, 0, token.Length) == 0;

    private bool IsVerbatim() => at > 0 && (text[at - 1] == '@' || (text[at - 1] == '$' && at > 1 && text[at - 2] == '@'));

    private int After(string token, int from) => text.IndexOf(token, Math.Min(from, text.Length), StringComparison.Ordinal) is var end and >= 0
        ? end + token.Length
        : text.Length;

    private int EscapedEnd(char quote)
    {
        for (var i = at + 1; i < text.Length && text[i] != '\n'; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == quote)
            {
                return i + 1;
            }
        }
        return Math.Min(text.Length, at + 1);
    }

    private int VerbatimEnd()
    {
        for (var i = at + 1; i < text.Length; i++)
        {
            if (text[i] == '"' && (i + 1 == text.Length || text[i + 1] != '"'))
            {
                return i + 1;
            }
            if (text[i] == '"')
            {
                i++;
            }
        }
        return text.Length;
    }

    private void Literal(int quotes, int end)
    {
        literals.Add(text[Math.Min(at + quotes, end)..Math.Max(at + quotes, end - quotes)]);
        Skip(end);
    }

    private void Skip(int until)
    {
        for (var end = until < 0 ? text.Length : until; at < end; at++)
        {
            code.Append(text[at] == '\n' ? '\n' : ' ');
        }
    }
}
