namespace Tollgate.Testing;

/// <summary>A directory under the system's temporary one that is removed with all it holds on disposal.</summary>
public sealed class TempDirectory : IAsyncDisposable, IDisposable
{
    public TempDirectory(string prefix = "tollgate-test-") => Path = Directory.CreateTempSubdirectory(prefix).FullName;

    public string Path { get; }

    /// <summary>Absolute path of an entry of this directory; the entry need not exist.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // The test removed it itself.
        }
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
