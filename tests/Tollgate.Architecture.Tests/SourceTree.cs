using System.Diagnostics;
using Tollgate.Testing;

namespace Tollgate.Architecture.Tests;

/// <summary>The files of the repository.</summary>
internal static class SourceTree
{
    private static readonly string[] Untracked = ["bin", "obj", "node_modules", ".git", "TestResults", "artifacts", "data"];

    /// <summary>Paths relative to the root: what git tracks or would add; without git, all but build output.</summary>
    internal static IReadOnlyList<string> Paths { get; } = [.. (FromGit() ?? Walk(RepositoryRoot.Path)).Order(StringComparer.Ordinal)];

    /// <summary>The C# files of src/.</summary>
    internal static IReadOnlyList<SourceFile> Source { get; } =
        [.. Paths.Where(path => path.StartsWith("src/", StringComparison.Ordinal) && path.EndsWith(".cs", StringComparison.Ordinal))
            .Select(path => new SourceFile(path, Read(path)))];

    internal static string Read(string path) => File.ReadAllText(RepositoryRoot.File(path));

    private static List<string>? FromGit()
    {
        if (!Path.Exists(RepositoryRoot.File(".git")))
        {
            return null;
        }
        try
        {
            using var git = Process.Start(new ProcessStartInfo(
                "git", ["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                WorkingDirectory = RepositoryRoot.Path,
            })!;
            var output = git.StandardOutput.ReadToEnd();
            git.WaitForExit();
            return git.ExitCode != 0
                ? null
                : [.. output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal)
                    .Where(path => File.Exists(RepositoryRoot.File(path)))];
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // git is not installed.
            return null;
        }
    }

    private static IEnumerable<string> Walk(string directory)
    {
        foreach (var file in Directory.EnumerateFiles(directory))
        {
            yield return Path.GetRelativePath(RepositoryRoot.Path, file).Replace('\\', '/');
        }
        foreach (var inner in Directory.EnumerateDirectories(directory))
        {
            if (!Untracked.Contains(Path.GetFileName(inner), StringComparer.Ordinal))
            {
                foreach (var file in Walk(inner))
                {
                    yield return file;
                }
            }
        }
    }
}
