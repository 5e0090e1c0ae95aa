using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Tollgate.Storage;

namespace Tollgate.Testing;

/// <summary>
/// The built server as a process of its own on a free port of 127.0.0.1. The test project must reference Tollgate.Server: that puts the
/// server's files beside the test's.
/// </summary>
public sealed partial class ServerProcess : IAsyncDisposable
{
    public const string ApiKeyHeader = "X-API-KEY";

    private static readonly string ServerDll = Path.Combine(AppContext.BaseDirectory, "Tollgate.Server.dll");
    private static readonly ConcurrentDictionary<ServerProcess, byte> Running = new();

    private readonly ServerOptions _options;
    private readonly TempDirectory? _ownDirectory;
    private readonly ConcurrentQueue<string> _output = new();
    private Process? _process;

    static ServerProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var server in Running.Keys)
        {
            server.Kill();
        }
    };

    private ServerProcess(ServerOptions options, TempDirectory? ownDirectory)
    {
        _options = options;
        _ownDirectory = ownDirectory;
        BaseAddress = new Uri($"http://127.0.0.1:{ChildProcess.FreePort()}");
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = BaseAddress };
    }

    public Uri BaseAddress { get; }

    /// <summary>Sends the server key of the first environment with every request.</summary>
    public HttpClient Client { get; }

    public string DataDirectory => _options.DataDirectory!;

    /// <summary>The connection string on PostgreSQL, null on SQLite.</summary>
    public string? ConnectionString => _options.ConnectionString;

    public int ProcessId => Current.Id;

    /// <summary>Everything the server has written to standard output and standard error so far, over all its starts.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>The keys printed at the first start, by the words before "key:", for example "development server".</summary>
    public IReadOnlyDictionary<string, string> PrintedKeys
    {
        get
        {
            var keys = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var line in _output)
            {
                if (PrintedKey().Match(line) is { Success: true } match)
                {
                    keys[match.Groups["name"].Value] = match.Groups["key"].Value;
                }
            }
            return keys;
        }
    }

    private Process Current => _process ?? throw new InvalidOperationException("The server has not been started.");

    /// <summary>Starts the server and returns when it is ready.</summary>
    public static Task<ServerProcess> StartAsync(DatabaseKind database, CancellationToken cancellationToken = default)
        => StartAsync(new ServerOptions { Database = database }, cancellationToken);

    /// <inheritdoc cref="StartAsync(DatabaseKind, CancellationToken)"/>
    public static async Task<ServerProcess> StartAsync(ServerOptions options, CancellationToken cancellationToken = default)
    {
        var server = await CreateAsync(options, cancellationToken);
        try
        {
            await server.StartAgainAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs the server with exactly these arguments until it ends by itself, for refused _options.</summary>
    public static async Task<(int ExitCode, string Output)> RunToEndAsync(
        IReadOnlyList<string> arguments, CancellationToken cancellationToken = default)
    {
        await using var directory = new TempDirectory();
        await using var server = new ServerProcess(new ServerOptions { DataDirectory = directory.Path }, ownDirectory: null);
        server.Launch(arguments);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        await server.Current.WaitForExitAsync(limit.Token);
        return (server.Current.ExitCode, server.Output);
    }

    /// <summary>After <see cref="Kill"/> or <see cref="StopAsync"/>: same data, same port, same _options.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken = default)
    {
        Launch(Arguments());
        await Eventually.TrueAsync(
            async () => Current.HasExited || await IsReadyAsync(cancellationToken), _options.ReadyTimeout, cancellationToken, "ready");
        if (Current.HasExited)
        {
            // Flushes the redirected streams.
            await Current.WaitForExitAsync(cancellationToken);
            throw new InvalidOperationException($"The server ended with code {Current.ExitCode} before it was ready:\n{Output}");
        }
        if (!Client.DefaultRequestHeaders.Contains(ApiKeyHeader))
        {
            Client.DefaultRequestHeaders.Add(ApiKeyHeader, _options.ServerKey ?? await PrintedServerKeyAsync(cancellationToken));
        }
    }

    /// <summary>SIGKILL: the process ends at once, as at a power cut. Returns when it is gone.</summary>
    public void Kill()
    {
        Current.Kill();
        Current.WaitForExit();
        Running.TryRemove(this, out _);
    }

    /// <summary>SIGTERM, as an operator stops it. Returns the exit code.</summary>
    /// <exception cref="TimeoutException">The process did not end in time (default 15 s).</exception>
    public async Task<int> StopAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ChildProcess.Signal(Current, ChildProcess.SigTerm);
        await Current.WaitForExitAsync(cancellationToken).WaitAsync(timeout ?? TimeSpan.FromSeconds(15), cancellationToken);
        Running.TryRemove(this, out _);
        return Current.ExitCode;
    }

    /// <summary>A client with another key, or with none.</summary>
    public HttpClient CreateClient(string? apiKey)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = BaseAddress };
        if (apiKey is not null)
        {
            client.DefaultRequestHeaders.Add(ApiKeyHeader, apiKey);
        }
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_process is not null)
        {
            Kill();
            _process.Dispose();
        }
        if (_ownDirectory is not null)
        {
            await _ownDirectory.DisposeAsync();
        }
    }

    private static async Task<ServerProcess> CreateAsync(ServerOptions options, CancellationToken cancellationToken)
    {
        if (!File.Exists(ServerDll))
        {
            throw new InvalidOperationException($"{ServerDll} is missing: the test project must reference Tollgate.Server.");
        }
        if (options is { Database: DatabaseKind.PostgreSql, ConnectionString: null })
        {
            var cluster = await PostgreSqlServer.SharedAsync();
            options = options with { ConnectionString = await cluster.CreateDatabaseAsync(cancellationToken) };
        }
        var temporary = options.DataDirectory is null ? new TempDirectory() : null;
        return new ServerProcess(options with { DataDirectory = options.DataDirectory ?? temporary!.Path }, temporary);
    }

    private List<string> Arguments()
    {
        List<string> arguments = ["--urls", BaseAddress.GetLeftPart(UriPartial.Authority), "--data", DataDirectory];
        Add("--database", _options.Database == DatabaseKind.PostgreSql ? _options.ConnectionString : null);
        Add("--server-key", _options.ServerKey);
        Add("--publishable-key", _options.PublishableKey);
        arguments.AddRange(_options.ExtraArgs);
        return arguments;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                arguments.Add(name);
                arguments.Add(value);
            }
        }
    }

    private void Launch(IReadOnlyList<string> arguments)
    {
        if (_process is { HasExited: false })
        {
            throw new InvalidOperationException("The server is running already.");
        }
        _process?.Dispose();
        string[] command = [.. _options.CommandPrefix, "dotnet", ServerDll, .. arguments];
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = DataDirectory,
        };
        // What configures the test run must not configure the server.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("TOLLGATE_", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }
        foreach (var (name, value) in _options.Environment)
        {
            start.Environment[name] = value;
        }
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.Start();
        Running.TryAdd(this, 0);
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is not null)
        {
            _output.Enqueue(line.Data);
        }
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        using var response = await Client.GetAsync(new Uri("/health/ready", UriKind.Relative), cancellationToken);
        return response.StatusCode == HttpStatusCode.OK;
    }

    private async Task<string> PrintedServerKeyAsync(CancellationToken cancellationToken)
    {
        const string name = "development server";
        await Eventually.TrueAsync(() => PrintedKeys.ContainsKey(name), cancellationToken: cancellationToken);
        return PrintedKeys[name];
    }

    [GeneratedRegex(@"^\s*(?<name>\w[\w -]*?) key: (?<key>\S+)\s*$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PrintedKey();
}
