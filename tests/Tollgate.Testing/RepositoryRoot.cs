namespace Tollgate.Testing;

/// <summary>The directory that holds Tollgate.slnx, found upwards from the running test's output.</summary>
public static class RepositoryRoot
{
    public static string Path { get; } = Find();

    /// <summary>Absolute path of a file given relative to the root with forward slashes.</summary>
    public static string File(string relative) => System.IO.Path.Combine(Path, relative);

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (System.IO.File.Exists(System.IO.Path.Combine(directory.FullName, "Tollgate.slnx")))
            {
                return directory.FullName;
            }
        }
        throw new InvalidOperationException($"No directory above {AppContext.BaseDirectory} holds Tollgate.slnx.");
    }
}
