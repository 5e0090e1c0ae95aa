using System.Diagnostics;
using Npgsql;
using Xunit;

namespace Tollgate.Testing;

/// <summary>
/// A PostgreSQL cluster of this test process: a temporary directory, 127.0.0.1 and a socket in that directory only, fsync on. Use
/// <see cref="SharedAsync"/> and a fresh database for each test; start one of your own only to stop it under load.
/// A watchdog process stops the cluster and removes the directory when this process ends, however it ends.
/// </summary>
public sealed class PostgreSqlServer : IAsyncDisposable
{
    public const string RequireVariable = "TOLLGATE_REQUIRE_DATABASES";

    private const string Superuser = "tollgate";
    private static readonly Lazy<Task<PostgreSqlServer>> Shared = new(() => StartNewAsync(CancellationToken.None));

    private readonly string _binaries;
    private readonly string _directory;
    private readonly int _port;
    private Process? _watchdog;
    private int _databases;

    private PostgreSqlServer(string binaries, string directory, int port)
    {
        _binaries = binaries;
        _directory = directory;
        _port = port;
    }

    private string Data => Path.Combine(_directory, "data");

    private string Log => Path.Combine(_directory, "server.log");

    /// <summary>
    /// The cluster of this test process, started by the first call. Where PostgreSQL is not installed the test is skipped, or
    /// fails when databases are required (CI=true, or TOLLGATE_REQUIRE_DATABASES=1 as ./test.sh sets it).
    /// </summary>
    public static async Task<PostgreSqlServer> SharedAsync()
    {
        SkipWithoutBinaries();
        return await Shared.Value;
    }

    /// <summary>A cluster for one test, which disposes of it.</summary>
    public static async Task<PostgreSqlServer> StartOwnAsync(CancellationToken cancellationToken = default)
    {
        SkipWithoutBinaries();
        return await StartNewAsync(cancellationToken);
    }

    /// <summary>Creates an empty database and returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(CancellationToken cancellationToken = default)
    {
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        await using var connection = new NpgsqlConnection(ConnectionString("postgres", pooling: false));
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"create database {name} template template0";
        await command.ExecuteNonQueryAsync(cancellationToken);
        return ConnectionString(name, pooling: true);
    }

    /// <summary>Stops the cluster as an administrator would: open connections end, data stays. Idempotent.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => StopAsync("fast", cancellationToken);

    /// <summary>Ends the cluster without a checkpoint, as a crash does; the next start recovers from the log.</summary>
    public Task CrashAsync(CancellationToken cancellationToken = default) => StopAsync("immediate", cancellationToken);

    /// <summary>Starts a stopped cluster on the same port, so that connection strings stay valid; returns when it accepts connections.</summary>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        var settings = $"-c listen_addresses=127.0.0.1 -c port={_port} -c unix_socket_directories={_directory} -c max_connections=200";
        try
        {
            await RunAsync(
                ["pg_ctl", "start", "--wait", "--timeout=60", "--silent", $"--pgdata={Data}", $"--log={Log}", $"--options={settings}"],
                cancellationToken);
        }
        catch (InvalidOperationException exception)
        {
            throw new InvalidOperationException($"{exception.Message}\n{ReadLog()}", exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_watchdog is null)
        {
            return;
        }
        _watchdog.StandardInput.Close();
        await _watchdog.WaitForExitAsync();
        _watchdog.Dispose();
        _watchdog = null;
    }

    private static void SkipWithoutBinaries()
    {
        if (PostgreSqlBinaries.Find() is not null)
        {
            return;
        }
        const string reason = "PostgreSQL's server programs were not found under /usr/lib/postgresql/*/bin, on PATH or in "
            + PostgreSqlBinaries.LocationVariable + "; install them (apt-get install postgresql) or run ./test.sh.";
        if (Environment.GetEnvironmentVariable("CI") == "true" || Environment.GetEnvironmentVariable(RequireVariable) == "1")
        {
            Assert.Fail(reason);
        }
        Assert.Skip(reason);
    }

    private static async Task<PostgreSqlServer> StartNewAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var server = await CreateClusterAsync(cancellationToken);
            try
            {
                await server.StartAsync(cancellationToken);
                return server;
            }
            catch (InvalidOperationException) when (attempt < 3)
            {
                // Another process may have taken the port between the look and the start.
                await server.DisposeAsync();
            }
        }
    }

    private static async Task<PostgreSqlServer> CreateClusterAsync(CancellationToken cancellationToken)
    {
        var place = Directory.CreateTempSubdirectory("tollgate-pg-").FullName;
        var server = new PostgreSqlServer(PostgreSqlBinaries.Find()!, place, ChildProcess.FreePort());
        if (Environment.IsPrivilegedProcess)
        {
            // PostgreSQL refuses to run as root.
            await ChildProcess.RunAsync(["chown", UnprivilegedUser(), place], cancellationToken);
        }
        server.StartWatchdog();
        // The empty cluster need not survive a power cut; what the tests write is flushed as in production.
        await server.RunAsync(
            ["initdb", "--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", $"--username={Superuser}", $"--pgdata={server.Data}"],
            cancellationToken);
        return server;
    }

    // Its standard input is a pipe of this process: the end of this process closes it. Ctrl-C in a terminal reaches the whole
    // process group, the watchdog must outlive it.
    private void StartWatchdog()
    {
        var script = "trap '' INT TERM HUP; exec >/dev/null 2>&1; cat; "
            + $"'{_binaries}/pg_ctl' stop --silent --mode=immediate --wait --pgdata='{Data}'; rm -rf '{_directory}'";
        string[] command = [.. AsOwner(), "sh", "-c", script];
        _watchdog = Process.Start(new ProcessStartInfo(command[0], command.Skip(1))
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        });
    }

    private async Task StopAsync(string mode, CancellationToken cancellationToken)
    {
        if (File.Exists(Path.Combine(Data, "postmaster.pid")))
        {
            await RunAsync(["pg_ctl", "stop", "--wait", "--timeout=60", "--silent", $"--mode={mode}", $"--pgdata={Data}"], cancellationToken);
        }
    }

    private Task RunAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
        => ChildProcess.RunAsync([.. AsOwner(), Path.Combine(_binaries, command[0]), .. command.Skip(1)], cancellationToken);

    private static string[] AsOwner() => Environment.IsPrivilegedProcess
        ? ["setpriv", $"--reuid={UnprivilegedUser()}", $"--regid={UnprivilegedUser()}", "--clear-groups", "--"]
        : [];

    // The package creates "postgres"; elsewhere "nobody" will do, except that its group has another name on some systems.
    private static string UnprivilegedUser()
        => File.ReadLines("/etc/passwd").Any(line => line.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "65534";

    private string ConnectionString(string database, bool pooling) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = _port,
        Username = Superuser,
        Database = database,
        Pooling = pooling,
        IncludeErrorDetail = true,
    }.ConnectionString;

    private string ReadLog() => File.Exists(Log) ? File.ReadAllText(Log) : "";
}
