using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Tollgate.Benchmarks.Load;
using Tollgate.Testing;

namespace Tollgate.Benchmarks.Subjects;

/// <summary>A Redis of this run's own, in memory only, loaded by its own benchmark program.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly int _port;

    private RedisServer(Process process, int port)
    {
        _process = process;
        _port = port;
    }

    /// <summary>Null where Redis is not installed.</summary>
    public static async Task<RedisServer?> StartAsync()
    {
        if (Machine.FindProgram("redis-server") is not { } program || Machine.FindProgram("redis-benchmark") is null)
            return null;
        var port = FreePort.Take();
        string[] arguments = ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--loglevel", "warning"];
        var server = new RedisServer(
            Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true })!, port);
        try
        {
            await Eventually.TrueAsync(
                async () => await server.SendAsync("PING") == "+PONG", TimeSpan.FromSeconds(10), CancellationToken.None, "Redis");
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        return server;
    }

    /// <summary>GET of a value of <paramref name="bytes"/>, as many requests as fit the time at the rate of a first try.</summary>
    public async Task<LoadResult> GetAsync(int bytes, int connections, int seconds)
    {
        // The key that redis-benchmark gets, as its own SET test would leave it; that test hangs when it has one request to send.
        await SendAsync($"SET key:__rand_int__ {new string('x', bytes)}");
        var first = await GetAsync(100_000, connections);
        return await GetAsync((int)(first.PerSecond * seconds), connections);
    }

    /// <summary>Sends one inline command and answers its first line; null while nothing listens yet.</summary>
    private async Task<string?> SendAsync(string command)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", _port);
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(command + "\r\n"));
            using var reader = new StreamReader(stream, Encoding.ASCII);
            return await reader.ReadLineAsync();
        }
        catch (SocketException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task<LoadResult> GetAsync(int requests, int connections)
    {
        var (_, output) = await BenchmarkAsync(["-t", "get", "-n", $"{requests}", "-c", $"{connections}", "-P", "1", "--csv"]);
        // "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
        var fields = output.TrimEnd().Split('\n')[^1].Split(',').Select(field => field.Trim('"')).ToArray();
        return new(Number(fields[1]), Number(fields[4]), Number(fields[6]));
    }

    private async Task<(int ExitCode, string Output)> BenchmarkAsync(string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(
            Machine.FindProgram("redis-benchmark")!, ["-h", "127.0.0.1", "-p", $"{_port}", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, output);
        }
        catch (OperationCanceledException late)
        {
            process.Kill();
            throw new TimeoutException($"redis-benchmark {string.Join(' ', arguments)} did not end.", late);
        }
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
