using System.Text.RegularExpressions;

namespace Tollgate.Architecture.Tests;

/// <summary>The files that the guides name exist; a guide that points nowhere is worse than none.</summary>
public sealed partial class DocumentationTests
{
    public static TheoryData<string> Guides
        => [.. SourceTree.Paths.Where(path => path.EndsWith(".md", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Guides))]
    public void Named_files_exist(string guide) => Faults.None(Missing(guide, SourceTree.Read(guide)));

    [Theory]
    [InlineData("docs/guide.md", "see `src/Tollgate.Domain/Nowhere.cs`", 1)]
    [InlineData("docs/guide.md", "see [ADR](adr/9999-nowhere.md)", 1)]
    [InlineData("docs/guide.md", "see `src/Tollgate.Domain/README.md`, `src/Tollgate.Modules/<Noun>/`, [x](https://example.com/a)", 0)]
    [InlineData("src/Tollgate.Domain/README.md", "see `Errors/Result.cs` and `Errors/Nowhere.cs`", 1)]
    [InlineData("docs/adr/guide.md", "see [back](../architecture.md#data), `docs/adr/`", 0)]
    public void Dead_pointer_is_found(string guide, string text, int faults) => Assert.Equal(faults, Missing(guide, text).Count());

    // Paths in code marks are relative to the root or to the guide's folder, links to the guide itself. Patterns such as <Noun> or
    // NNN are no paths.
    private static IEnumerable<string> Missing(string guide, string text)
    {
        var folder = Path.GetDirectoryName(guide)!;
        return CodePath().Matches(text).Select(match => match.Groups["path"].Value)
            .Where(path => !path.Contains("NNN", StringComparison.Ordinal))
            .Concat(Link().Matches(text).Select(match => Normalize(Path.Combine(folder, match.Groups["path"].Value))))
            .Where(path => !Exists(path))
            .Concat(InnerPath().Matches(text).Select(match => match.Groups["path"].Value)
                .Where(path => !path.Contains("NNN", StringComparison.Ordinal))
                .Where(path => !RootFolder().IsMatch(path) && !ExistsBelow(folder, path)))
            .Select(path => $"{guide} names {path}, which does not exist");
    }

    private static string Normalize(string path)
        => Path.GetRelativePath("/", Path.GetFullPath(path, "/")).Replace('\\', '/');

    private static bool ExistsBelow(string folder, string path)
        => Exists(Normalize(Path.Combine(folder, path))) || Exists(path);

    private static bool Exists(string path) => path.EndsWith('/')
        ? SourceTree.Paths.Any(file => file.StartsWith(path, StringComparison.Ordinal))
        : SourceTree.Paths.Any(file => file == path || file.StartsWith(path + "/", StringComparison.Ordinal));

    [GeneratedRegex(@"`(?<path>(src|tests|docs|web)/[\w./\-]+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CodePath();

    [GeneratedRegex(@"`(?<path>[A-Za-z][\w\-]*/[\w./\-]*\w\.(cs|sql|json|html))`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex InnerPath();

    [GeneratedRegex("^(src|tests|docs|web)/", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RootFolder();

    [GeneratedRegex(@"\]\((?<path>[\w./\-]+)(#[\w\-]*)?\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Link();
}
