namespace Tollgate.Benchmarks.Load;

/// <summary>Keeps a number of connections busy, each with one request at a time.</summary>
internal interface ILoadClient
{
    string Name { get; }

    /// <exception cref="InvalidOperationException">An answer was not a success.</exception>
    Task<LoadResult> RunAsync(LoadPlan plan, int connections, int seconds);
}

/// <summary>What is sent again and again.</summary>
/// <param name="Url">Where to.</param>
/// <param name="Key">The API key sent with every request.</param>
/// <param name="Usage">The usage reports to post; null = plain GET.</param>
internal sealed record LoadPlan(Uri Url, string Key, UsageLoad? Usage = null);

/// <summary>Single DELTA 1 reports, or consumptions of credits, the customers <c>c0</c>, <c>c1</c>... taking turns.</summary>
/// <param name="Customers">How many customers.</param>
/// <param name="Keyed">Whether each has an idempotencyKey of its own.</param>
/// <param name="Credits">True: 0.001 credits each instead of a report.</param>
internal sealed record UsageLoad(int Customers, bool Keyed, bool Credits = false)
{
    /// <summary>The body up to the number of the customer, from there to the key, and after it.</summary>
    public (string Head, string Middle, string Tail) Parts => Credits
        ? ("{\"customerId\":\"c", $"\",\"currencyId\":\"{Subjects.BenchmarkServer.Currency}\",\"amount\":0.001", "}")
        : ("{\"usages\":[{\"customerId\":\"c", $"\",\"featureId\":\"{Subjects.BenchmarkServer.Meter}\",\"value\":1", "}]}");

    public string Body(int customer, string? key) =>
        $"{Parts.Head}{customer}{Parts.Middle}{(key is null ? "" : $",\"idempotencyKey\":\"{key}\"")}{Parts.Tail}";
}

/// <param name="PerSecond">Requests answered a second.</param>
/// <param name="P50">Milliseconds.</param>
/// <param name="P99">Milliseconds.</param>
internal sealed record LoadResult(double PerSecond, double P50, double P99)
{
    /// <summary>The round in the middle, by requests a second.</summary>
    public static LoadResult Median(IEnumerable<LoadResult> rounds)
    {
        var ordered = rounds.OrderBy(r => r.PerSecond).ToArray();
        return ordered[ordered.Length / 2];
    }
}

internal static class LoadClients
{
    /// <summary>wrk costs the shared processor far less than a client in .NET.</summary>
    public static ILoadClient Best() =>
        Machine.FindProgram("wrk") is { } wrk ? new WrkClient(wrk) : new HttpLoadClient();
}
