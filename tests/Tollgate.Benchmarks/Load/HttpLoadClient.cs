using System.Diagnostics;
using System.Text;

namespace Tollgate.Benchmarks.Load;

/// <summary>Load from this process, where <c>wrk</c> is not installed. Costs more processor time than wrk, so rates are lower.</summary>
internal sealed class HttpLoadClient : ILoadClient
{
    public string Name => "load by a client in .NET";

    public async Task<LoadResult> RunAsync(LoadPlan plan, int connections, int seconds)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = connections });
        client.DefaultRequestHeaders.Add("X-API-KEY", plan.Key);
        var prefix = $"{Guid.CreateVersion7():N}-";
        var count = 0;
        var started = Stopwatch.GetTimestamp();
        var latencies = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => RunOneAsync()));
        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var all = latencies.SelectMany(l => l).Order().ToArray();
        return new(all.Length / elapsed, all[all.Length / 2], all[all.Length * 99 / 100]);

        async Task<List<double>> RunOneAsync()
        {
            var taken = new List<double>();
            while (Stopwatch.GetElapsedTime(started).TotalSeconds < seconds)
            {
                using var request = Request(Interlocked.Increment(ref count));
                var sent = Stopwatch.GetTimestamp();
                using var response = await client.SendAsync(request);
                await response.Content.CopyToAsync(Stream.Null);
                response.EnsureSuccessStatusCode();
                taken.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            }

            return taken;
        }

        HttpRequestMessage Request(int number) => plan.Usage is { } usage
            ? new(HttpMethod.Post, plan.Url)
            {
                Content = new StringContent(
                    usage.Body(number % usage.Customers, usage.Keyed ? $"{prefix}{number}" : null),
                    Encoding.UTF8,
                    "application/json"),
            }
            : new(HttpMethod.Get, plan.Url);
    }
}
