using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Tollgate.Testing;

namespace Tollgate.Benchmarks.Load;

/// <summary>Posts bodies that differ from one request to the next, some connections at a time.</summary>
internal sealed class RequestLoop(ServerProcess server, int connections) : IDisposable
{
    private readonly HttpClient _client = Client(server, connections);

    /// <summary>Sends requests 0 to <paramref name="count"/> - 1, each once.</summary>
    /// <exception cref="InvalidOperationException">An answer was not a success.</exception>
    public async Task<LoadResult> RunAsync(string path, int count, Func<int, JsonNode> body)
    {
        var taken = new double[count];
        var started = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = connections }, async (i, token) =>
        {
            var sent = Stopwatch.GetTimestamp();
            using var response = await _client.PostAsJsonAsync(path, body(i), token);
            if (!response.IsSuccessStatusCode)
            {
                throw new InvalidOperationException(
                    $"POST {path} {i}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(token)}");
            }

            taken[i] = Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
        });
        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        Array.Sort(taken);
        return new(count / elapsed, taken[count / 2], taken[count * 99 / 100]);
    }

    public void Dispose() => _client.Dispose();

    /// <summary>A renewal night takes longer than the usual limit of a client.</summary>
    private static HttpClient Client(ServerProcess server, int connections)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = connections })
        {
            BaseAddress = server.BaseAddress,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        client.DefaultRequestHeaders.Add(ServerProcess.ApiKeyHeader, ServerOptions.DefaultServerKey);
        return client;
    }
}
