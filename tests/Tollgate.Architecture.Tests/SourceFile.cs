using System.Text;

namespace Tollgate.Architecture.Tests;

/// <summary>
/// One C# file, split into code and string literals. <see cref="Code"/> has comments and literals blanked out, line breaks kept;
/// expressions inside interpolated strings count as literal text.
/// </summary>
internal sealed class SourceFile
{
    private readonly StringBuilder _code = new();
    private readonly List<string> _literals = [];
    private readonly string _text;
    private int _at;

    internal SourceFile(string path, string text)
    {
        Path = path;
        _text = text;
        while (_at < _text.Length)
        {
            Step();
        }
        Code = _code.ToString();
    }

    /// <summary>Relative to the repository root, with forward slashes.</summary>
    internal string Path { get; }

    internal string Code { get; }

    internal IReadOnlyList<string> Literals => _literals;

    /// <summary>Tollgate.Modules for src/Tollgate.Modules/Catalog/Features.cs.</summary>
    internal string Project => Path.Split('/')[1];

    /// <summary>Catalog for src/Tollgate.Modules/Catalog/Features.cs; null for a file beside the project file.</summary>
    internal string? Slice => Path.Split('/') is { Length: > 3 } parts ? parts[2] : null;

    private void Step()
    {
        if (Ahead("//"))
        {
            Skip(until: _text.IndexOf('\n', _at));
        }
        else if (Ahead("/*"))
        {
            Skip(until: After("*/", _at + 2));
        }
        else if (Ahead("\"\"\""))
        {
            var quotes = _text.AsSpan(_at).IndexOfAnyExcept('"') is var count and >= 0 ? count : _text.Length - _at;
            Literal(quotes, After(new string('"', quotes), _at + quotes));
        }
        else if (_text[_at] == '"')
        {
            Literal(1, IsVerbatim() ? VerbatimEnd() : EscapedEnd('"'));
        }
        else if (_text[_at] == '\'')
        {
            Skip(until: EscapedEnd('\''));
        }
        else
        {
            _code.Append(_text[_at++]);
        }
    }

    private bool Ahead(string token) => string.CompareOrdinal(_text, _at, token, 0, token.Length) == 0;

    private bool IsVerbatim() => _at > 0 && (_text[_at - 1] == '@' || (_text[_at - 1] == '$' && _at > 1 && _text[_at - 2] == '@'));

    private int After(string token, int from) => _text.IndexOf(token, Math.Min(from, _text.Length), StringComparison.Ordinal) is var end and >= 0
        ? end + token.Length
        : _text.Length;

    private int EscapedEnd(char quote)
    {
        for (var i = _at + 1; i < _text.Length && _text[i] != '\n'; i++)
        {
            if (_text[i] == '\\')
            {
                i++;
            }
            else if (_text[i] == quote)
            {
                return i + 1;
            }
        }
        return Math.Min(_text.Length, _at + 1);
    }

    private int VerbatimEnd()
    {
        for (var i = _at + 1; i < _text.Length; i++)
        {
            if (_text[i] == '"' && (i + 1 == _text.Length || _text[i + 1] != '"'))
            {
                return i + 1;
            }
            if (_text[i] == '"')
            {
                i++;
            }
        }
        return _text.Length;
    }

    private void Literal(int quotes, int end)
    {
        _literals.Add(_text[Math.Min(_at + quotes, end)..Math.Max(_at + quotes, end - quotes)]);
        Skip(end);
    }

    private void Skip(int until)
    {
        for (var end = until < 0 ? _text.Length : until; _at < end; _at++)
        {
            _code.Append(_text[_at] == '\n' ? '\n' : ' ');
        }
    }
}
