using System.Text.RegularExpressions;
using Tollgate.Testing;

namespace Tollgate.Architecture.Tests;

/// <summary>Limits that keep files readable, rules repeatable and the repository free of the machine it was written on.</summary>
public sealed partial class HygieneTests
{
    private const int LongestFile = 800;
    private static readonly string[] Code = [".cs", ".sql", ".ts", ".tsx", ".css", ".sh"];
    private static readonly string[] Text = [".cs", ".sql", ".md", ".sh", ".json", ".csproj", ".props", ".targets", ".slnx", ".yml", ".yaml",
        ".ts", ".tsx", ".js", ".mjs", ".html", ".txt", ".config", ".npmrc", ".editorconfig", ".gitignore", ""];

    [Fact]
    public void No_code_file_is_longer_than_the_limit()
        => Faults.None(SourceTree.Paths.Where(path => Code.Contains(Path.GetExtension(path), StringComparer.Ordinal))
            .SelectMany(path => LengthFaults(path, File.ReadLines(RepositoryRoot.File(path)).Count())));

    [Theory]
    [InlineData(LongestFile, 0)]
    [InlineData(LongestFile + 1, 1)]
    public void Too_long_a_file_is_found(int lines, int faults) => Assert.Equal(faults, LengthFaults("Sample.cs", lines).Count());

    [Fact]
    public void Only_hosts_read_the_system_clock() => Faults.None(SourceTree.Source.SelectMany(ClockFaults));

    [Fact]
    public void No_file_names_a_path_or_a_package_source_of_one_machine()
        => Faults.None(SourceTree.Paths.Where(path => Text.Contains(Path.GetExtension(path), StringComparer.Ordinal))
            .SelectMany(path => MachineFaults(path, SourceTree.Read(path))));

    [Theory]
    [InlineData("src/Tollgate.Modules/Usage/Report.cs", "var now = DateTime.UtcNow;", 1)]
    [InlineData("src/Tollgate.Storage/Lease.cs", "var now = TimeProvider.System.GetUtcNow();", 1)]
    [InlineData("src/Tollgate.Server/Program.cs", "services.AddSingleton(TimeProvider.System);", 0)]
    [InlineData("src/Tollgate.Modules/Usage/Report.cs", "var now = clock.GetUtcNow(); // never DateTime.UtcNow", 0)]
    public void Clock_outside_a_host_is_found(string path, string code, int faults)
        => Assert.Equal(faults, ClockFaults(new SourceFile(path, code)).Count());

    [Theory]
    [InlineData("README.md", "cd /wo" + "rk/main", 1)]
    [InlineData("README.md", "see https://example.com/fa" + "rm/x and ./wo" + "rk/x", 0)]
    [InlineData("web/package-lock.json", "\"resolved\": \"https://mirror.example/left-pad.tgz\"", 1)]
    [InlineData("nuget.config", "<add key=\"x\" value=\"http://mirror.example/v3/index.json\" />", 1)]
    [InlineData(".npmrc", "registry=https://mirror.example/", 1)]
    public void Trace_of_a_machine_is_found(string path, string text, int faults) => Assert.Equal(faults, MachineFaults(path, text).Count());

    private static IEnumerable<string> LengthFaults(string path, int lines)
        => lines <= LongestFile ? [] : [$"{path}: {lines} lines; {LongestFile} is the limit, split it by what it does"];

    private static IEnumerable<string> ClockFaults(SourceFile file)
        => Design.Hosts.Contains(file.Project, StringComparer.Ordinal)
            ? []
            : SystemClock().Matches(file.Code).Select(match => $"{file.Path}: {match.Value}; take `now` or a TimeProvider as an argument");

    private static IEnumerable<string> MachineFaults(string path, string text)
    {
        var faults = MachinePath().Matches(text).Select(match => match.Value);
        if (Path.GetFileName(path).ToUpperInvariant() is "PACKAGE-LOCK.JSON" or "NUGET.CONFIG" or ".NPMRC")
        {
            faults = faults.Concat(PackageSource().Matches(text).Select(match => match.Value));
        }
        return faults.Select(fault => $"{path}: {fault.Trim()}");
    }

    [GeneratedRegex(@"\b(DateTime|DateTimeOffset)\.(UtcNow|Now|Today)\b|\bSystemClock\.Instance\b|\bTimeProvider\.System\b",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SystemClock();

    // The alternatives are split so that this file does not accuse itself.
    [GeneratedRegex(@"(?<![\w.:/\-])/(w[o]rk|f[a]rm)/\S*", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MachinePath();

    // Fields that say where packages come from; the funding links of a lock file are none.
    [GeneratedRegex(@"(""resolved"":\s*""|registry\s*=\s*|value="")https?://[^/""\s]+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PackageSource();
}
