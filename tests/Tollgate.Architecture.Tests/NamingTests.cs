using System.Text.RegularExpressions;

namespace Tollgate.Architecture.Tests;

/// <summary>Folders are the nouns of the specification; names say what a thing is.</summary>
public sealed partial class NamingTests
{
    private static readonly string[] DrawerFolders = ["Common", "Shared", "Core", "Utils", "Util", "Helpers", "Helper"];

    [Fact]
    public void First_level_folders_are_the_nouns() => Faults.None(FolderFaults(SourceTree.Paths));

    [Fact]
    public void No_folder_is_a_drawer_for_everything() => Faults.None(DrawerFaults(SourceTree.Paths));

    [Fact]
    public void Type_names_have_no_empty_suffix()
        => Faults.None(SourceTree.Paths.Where(path => path.EndsWith(".cs", StringComparison.Ordinal))
            .SelectMany(path => SuffixFaults(new SourceFile(path, SourceTree.Read(path)))));

    [Theory]
    [InlineData("src/Tollgate.Modules/Stuff/Thing.cs", 1)]
    [InlineData("src/Tollgate.Modules/Migrations/0001.sql", 1)]
    [InlineData("src/Tollgate.Storage/Migrations/0001.sql", 0)]
    [InlineData("src/Tollgate.Modules/Catalog/Drafts/Thing.cs", 0)]
    [InlineData("src/Tollgate.Modules/Scope.cs", 0)]
    public void Unknown_folder_is_found(string path, int faults) => Assert.Equal(faults, FolderFaults([path]).Count());

    [Fact]
    public void Drawer_folder_is_found() => Assert.Single(DrawerFaults(["web/console/src/utils/dates.ts"]));

    [Theory]
    [InlineData("public sealed class PlanManager;", 1)]
    [InlineData("internal static class DateUtils { }", 1)]
    [InlineData("record struct StoreImpl(int X);", 1)]
    [InlineData("class Implementation; // class PlanManager", 0)]
    public void Empty_suffix_is_found(string code, int faults)
        => Assert.Equal(faults, SuffixFaults(new SourceFile("src/Tollgate.Modules/Catalog/Sample.cs", code)).Count());

    private static IEnumerable<string> FolderFaults(IEnumerable<string> paths)
        => paths.Select(path => path.Split('/'))
            .Where(parts => parts is ["src", _, _, _, ..])
            .Select(parts => (Project: parts[1], Folder: parts[2]))
            .Distinct()
            .Where(place => !Design.Nouns.Contains(place.Folder, StringComparer.Ordinal)
                && !Design.OtherFolders.GetValueOrDefault(place.Project, []).Contains(place.Folder, StringComparer.Ordinal))
            .Select(place => $"src/{place.Project}/{place.Folder}: not a noun of the specification; see Design.cs");

    private static IEnumerable<string> DrawerFaults(IEnumerable<string> paths)
        => paths.SelectMany(path => path.Split('/').SkipLast(1).Select(folder => (path, folder)))
            .Where(place => DrawerFolders.Contains(place.folder, StringComparer.OrdinalIgnoreCase))
            .Select(place => $"{place.path}: a folder '{place.folder}' collects everything; name it after what it holds");

    private static IEnumerable<string> SuffixFaults(SourceFile file)
        => EmptySuffix().Matches(file.Code)
            .Select(match => $"{file.Path}: {match.Groups["type"].Value}; name the type after what it does");

    [GeneratedRegex(
        @"\b(class|record|struct|interface|enum)\s+(?<type>\w+(Manager|Helpers?|Utils?|Impl))\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex EmptySuffix();
}
