using System.Diagnostics;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Faults;

/// <summary>A file system of a few megabytes that a test may fill; needs the right to mount.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly TempDirectory _directory;

    private SmallDisk(TempDirectory directory) => _directory = directory;

    public string Path => _directory.Path;

    private string Ballast => System.IO.Path.Combine(Path, "ballast");

    /// <summary>Skips the test, and says why, where nothing may be mounted.</summary>
    public static async Task<SmallDisk> MountAsync(int megabytes)
    {
        var disk = new SmallDisk(new TempDirectory());
        if (await RunAsync("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tollgate-test", disk.Path) is { } fault)
        {
            await disk._directory.DisposeAsync();
            Assert.Skip($"A small file system cannot be mounted here (it takes root): {fault}");
        }

        return disk;
    }

    /// <summary>Takes all the space that is left.</summary>
    public void Fill()
    {
        using var ballast = new FileStream(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4096];
        try
        {
            while (true)
                ballast.Write(block);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void Free() => File.Delete(Ballast);

    public async ValueTask DisposeAsync()
    {
        Assert.Null(await RunAsync("umount", Path));
        await _directory.DisposeAsync();
    }

    private static async Task<string?> RunAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                UseShellExecute = false,
                RedirectStandardError = true,
            })!;
            var error = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            return process.ExitCode == 0 ? null : error;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            return exception.Message;
        }
    }
}
