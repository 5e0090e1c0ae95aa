using System.Collections.Frozen;
using System.Text;

namespace Tollgate.Contracts;

/// <summary>How the members of an enum are spelled on the wire unless an override says otherwise.</summary>
public enum SymbolStyle
{
    /// <summary>NewCustomers is NEW_CUSTOMERS.</summary>
    UpperSnake,

    /// <summary>SubscriptionStart is SubscriptionStart.</summary>
    Pascal,
}

/// <summary>
/// The wire symbols of an enum, both ways, computed once. Spelling is exact: symbols are case-sensitive. Immutable and
/// safe for concurrent use.
/// </summary>
public sealed class Symbols<TEnum>
    where TEnum : struct, Enum
{
    private readonly FrozenDictionary<TEnum, string> _symbols;
    private readonly FrozenDictionary<string, TEnum> _members;

    /// <param name="style">The spelling of members without an override.</param>
    /// <param name="overrides">Members that the wire spells in a way of their own.</param>
    public Symbols(SymbolStyle style = SymbolStyle.UpperSnake, IReadOnlyDictionary<TEnum, string>? overrides = null)
    {
        var members = Enum.GetValues<TEnum>().Distinct().ToList();
        _symbols = members.ToFrozenDictionary(
            m => m, m => overrides?.GetValueOrDefault(m) ?? Spell(m.ToString(), style));
        var twice = _symbols.GroupBy(s => s.Value, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null)
        {
            throw new ArgumentException(
                $"Two members of {typeof(TEnum).Name} are spelled {twice.Key}.", nameof(overrides));
        }

        _members = _symbols.ToFrozenDictionary(s => s.Value, s => s.Key, StringComparer.Ordinal);
        All = [.. members.Select(m => _symbols[m])];
    }

    /// <summary>Every symbol in the order of the members.</summary>
    public IReadOnlyList<string> All { get; }

    public string ToSymbol(TEnum member) => _symbols.TryGetValue(member, out var symbol)
        ? symbol
        : throw new ArgumentOutOfRangeException(nameof(member), member, $"Not a member of {typeof(TEnum).Name}.");

    public bool TryParse(string symbol, out TEnum member) => _members.TryGetValue(symbol, out member);

    private static string Spell(string name, SymbolStyle style)
    {
        if (style == SymbolStyle.Pascal)
            return name;
        var text = new StringBuilder(name.Length + 4);
        for (var i = 0; i < name.Length; i++)
        {
            // A word starts at a capital after a small letter or digit, and at the last capital of a run: IOError is
            // IO_ERROR.
            var startsWord = i > 0 && char.IsUpper(name[i])
                && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            if (startsWord)
                text.Append('_');
            text.Append(char.ToUpperInvariant(name[i]));
        }

        return text.ToString();
    }
}
