using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Tollgate.Architecture.Tests;

/// <summary>The walls: which project may reference and name which.</summary>
public sealed partial class ProjectTests
{
    [Fact]
    public void Project_references_follow_the_table()
    {
        var projects = SourceTree.Paths
            .Where(path => path.StartsWith("src/", StringComparison.Ordinal) && path.EndsWith(".csproj", StringComparison.Ordinal))
            .ToList();
        Assert.Contains("src/Tollgate.Domain/Tollgate.Domain.csproj", projects);
        Faults.None(projects.SelectMany(path => ReferenceFaults(path, SourceTree.Read(path))));
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = SourceTree.Read("Tollgate.slnx");
        Faults.None(SourceTree.Paths.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal))
            .SelectMany(path => SolutionFaults(path, solution)));
    }

    [Fact]
    public void Code_names_only_projects_that_the_table_allows()
        => Faults.None(SourceTree.Source.SelectMany(NamingFaults));

    [Theory]
    [InlineData("src/Tollgate.Modules/Tollgate.Modules.csproj", "../Tollgate.Contracts/Tollgate.Contracts.csproj")]
    [InlineData("src/Tollgate.Domain/Tollgate.Domain.csproj", @"..\Tollgate.Storage\Tollgate.Storage.csproj")]
    [InlineData("src/Tollgate.Server/Tollgate.Server.csproj", "../../tests/Tollgate.Testing/Tollgate.Testing.csproj")]
    [InlineData("src/Tollgate.Extras/Tollgate.Extras.csproj", "../Tollgate.Domain/Tollgate.Domain.csproj")]
    public void Forbidden_reference_is_found(string project, string reference)
        => Assert.Single(ReferenceFaults(project, $"""<Project><ItemGroup><ProjectReference Include="{reference}" /></ItemGroup></Project>"""));

    [Theory]
    [InlineData("src/Tollgate.Modules/Usage/Report.cs", "using Tollgate.Contracts.Rest;", 1)]
    [InlineData("src/Tollgate.Domain/Usage/Window.cs", "var x = Tollgate.Storage.Database.Open();", 1)]
    [InlineData("src/Tollgate.Server/Rest/Usage/Routes.cs", "using Tollgate.Storage;", 1)]
    [InlineData("src/Tollgate.Server/Program.cs", "using Tollgate.Storage;", 0)]
    [InlineData("src/Tollgate.Modules/Usage/Report.cs", "using Tollgate.Domain.Usage; // Tollgate.Server reads this", 0)]
    [InlineData("src/Tollgate.Modules/Usage/Report.cs", "var name = \"Tollgate.Server\";", 0)]
    public void Forbidden_name_is_found(string path, string code, int faults)
        => Assert.Equal(faults, NamingFaults(new SourceFile(path, code)).Count());

    private static IEnumerable<string> SolutionFaults(string project, string solution)
        => solution.Contains($"\"{project}\"", StringComparison.Ordinal) ? [] : [$"{project} is not in Tollgate.slnx"];

    private static IEnumerable<string> ReferenceFaults(string path, string xml)
    {
        var project = Path.GetFileNameWithoutExtension(path);
        if (!Design.AllowedReferences.TryGetValue(project, out var allowed))
        {
            return [$"{path}: {project} is not in the table of docs/architecture.md; add it there and in Design.cs first"];
        }
        return XDocument.Parse(xml).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')))
            .Where(target => !allowed.Contains(target, StringComparer.Ordinal))
            .Select(target => $"{path}: {project} must not reference {target}");
    }

    private static IEnumerable<string> NamingFaults(SourceFile file)
    {
        var allowed = Design.AllowedReferences.GetValueOrDefault(file.Project, []);
        foreach (var target in Mention().Matches(file.Code).Select(match => match.Value).Distinct(StringComparer.Ordinal))
        {
            if (target == file.Project || !Design.AllowedReferences.ContainsKey(target))
            {
                continue;
            }
            if (!allowed.Contains(target, StringComparer.Ordinal))
            {
                yield return $"{file.Path}: {file.Project} must not name {target}";
            }
            else if (target == "Tollgate.Storage" && file.Project == "Tollgate.Server"
                && !Design.ServerFoldersThatMayNameStorage.Contains(file.Slice, StringComparer.Ordinal)
                && !Design.ServerFilesThatMayNameStorage.Contains(file.Path, StringComparer.Ordinal))
            {
                yield return $"{file.Path}: the server names storage only where it composes it (Design.cs); call a use case of Tollgate.Modules";
            }
        }
    }

    [GeneratedRegex(@"\bTollgate\.[A-Z]\w*", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Mention();
}
