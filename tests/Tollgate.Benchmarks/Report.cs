using System.Text;

namespace Tollgate.Benchmarks;

/// <summary>The Markdown that a run ends with. The machine is named by its processor only.</summary>
internal sealed class Report
{
    private readonly StringBuilder _text = new();

    public void Line(string text = "") => _text.Append(text).Append('\n');

    /// <summary>The first column is text, all others are numbers.</summary>
    public void Table(IReadOnlyList<string> head, IEnumerable<IReadOnlyList<string>> rows)
    {
        Line($"| {string.Join(" | ", head)} |");
        Line($"|---|{string.Concat(Enumerable.Repeat("---:|", head.Count - 1))}");
        foreach (var row in rows)
            Line($"| {string.Join(" | ", row)} |");
        Line();
    }

    public override string ToString() => _text.ToString();

    public static string Rate(double perSecond) => perSecond.ToString("N0");

    public static string Ratio(double ratio) => ratio.ToString("0.00");

    public static string Milliseconds(double milliseconds) => milliseconds.ToString("0.00");

    public static string Megabytes(long bytes) => (bytes / (1024.0 * 1024.0)).ToString("N0");
}
