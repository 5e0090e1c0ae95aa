using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Tollgate.Testing;

/// <summary>Small facts about processes and ports that the server fixtures share.</summary>
internal static partial class ChildProcess
{
    internal const int SigTerm = 15;

    /// <summary>A TCP port of 127.0.0.1 that was free a moment ago; a caller that loses the race starts again with another.</summary>
    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Runs a program to its end. Throws with its output when it fails.</summary>
    internal static async Task RunAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (var name in start.Environment.Keys.Where(IsPostgreSqlDefault).ToList())
        {
            start.Environment.Remove(name);
        }
        start.Environment["LC_ALL"] = "C";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"'{string.Join(' ', command)}' ended with code {process.ExitCode}:\n{await output}{await error}");
        }
    }

    internal static void Signal(Process process, int signal)
    {
        if (Kill(process.Id, signal) != 0 && !process.HasExited)
        {
            throw new InvalidOperationException(
                $"Signal {signal} did not reach process {process.Id}: errno {Marshal.GetLastPInvokeError()}.");
        }
    }

    // PGHOST, PGPORT, PGDATA and the like would redirect the programs to another cluster.
    private static bool IsPostgreSqlDefault(string name) => name.StartsWith("PG", StringComparison.Ordinal);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
