using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Tollgate.Storage.Migrations;

/// <summary>
/// One embedded, forward-only step of the schema: its number, its name and its text with dialect holes.
/// </summary>
internal sealed partial record Migration(int Number, string Name, string Text)
{
    public string Checksum => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));

    /// <summary>All steps in order, read from the assembly.</summary>
    public static IReadOnlyList<Migration> All { get; } = Load();

    /// <summary>The text for one database, the holes filled.</summary>
    public string SqlFor(DatabaseKind kind) => kind switch
    {
        DatabaseKind.Sqlite => Fill("INTEGER NOT NULL PRIMARY KEY", "TEXT", "BLOB", "TEXT", "", "WITHOUT ROWID", "--"),
        DatabaseKind.PostgreSql => Fill(
            "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "UUID", "BYTEA", "NUMERIC",
            "PARTITION BY RANGE (event_at)", "", ""),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown database."),
    };

    /// <summary>The tables this step creates, with their columns, for the check after migrating.</summary>
    public IEnumerable<(string Table, IReadOnlyList<string> Columns)> Tables() =>
        from Match table in CreateTable().Matches(Text)
        select (table.Groups["name"].Value, Columns(table.Groups["body"].Value));

    private static IReadOnlyList<string> Columns(string body) =>
        [.. body.Split('\n')
            .Select(line => ColumnName().Match(line))
            .Where(match => match.Success)
            .Select(match => match.Groups["name"].Value)];

    private string Fill(
        string seq, string uuid, string bytes, string @decimal, string monthly, string compact,
        string postgreSql) => Text
        .Replace("$seq", seq, StringComparison.Ordinal)
        .Replace("$uuid", uuid, StringComparison.Ordinal)
        .Replace("$bytes", bytes, StringComparison.Ordinal)
        .Replace("$decimal", @decimal, StringComparison.Ordinal)
        .Replace("$monthly", monthly, StringComparison.Ordinal)
        .Replace("$compact", compact, StringComparison.Ordinal)
        .Replace("$postgresql", postgreSql, StringComparison.Ordinal);

    private static List<Migration> Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var steps = new List<Migration>();
        foreach (var resource in assembly.GetManifestResourceNames())
        {
            var match = FileName().Match(resource);
            if (!match.Success)
                continue;
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
            steps.Add(new(int.Parse(match.Groups["number"].Value), match.Groups["name"].Value, reader.ReadToEnd()));
        }

        return [.. steps.OrderBy(step => step.Number)];
    }

    [GeneratedRegex(@"\.V(?<number>\d+)_(?<name>\w+)\.sql$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex FileName();

    [GeneratedRegex(@"CREATE TABLE (?<name>\w+) \((?<body>.*?)^\)[^;\n]*;",
        RegexOptions.ExplicitCapture | RegexOptions.Singleline | RegexOptions.Multiline, 1000)]
    private static partial Regex CreateTable();

    [GeneratedRegex(@"^  (?<name>[a-z_]+) ", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ColumnName();
}
