using Tollgate.Benchmarks.Load;
using Tollgate.Benchmarks.Subjects;
using Tollgate.Storage;

namespace Tollgate.Benchmarks.Measurements;

/// <summary>
/// Provisioning of paid subscriptions, each with its invoice and events, beside durable one-row writes; and previews.
/// </summary>
internal static class SubscriptionsOverHttp
{
    private const int Connections = 16;
    private const int Previews = 2_000;

    /// <summary>Previews hold the lock of their customer, so those of one would wait for each other.</summary>
    private const int PreviewedCustomers = 256;

    public static async Task RunAsync(BillingServer server, int subscriptions, string? rawDatabase, Report report)
    {
        using var loop = new RequestLoop(server.Process, Connections);
        var raw = server.Database == DatabaseKind.Sqlite
            ? RawCommits.Sqlite(3)
            : await RawCommits.PostgreSqlAsync(rawDatabase!, Connections, 3);
        var customers = await loop.RunAsync("/api/v1/customers", subscriptions + PreviewedCustomers, BillingServer.Customer);
        var provisioned = await loop.RunAsync("/api/v1/subscriptions", subscriptions, BillingServer.Subscription);
        var previewed = await loop.RunAsync(
            "/api/v1/subscriptions/preview", Previews, i => BillingServer.Subscription(subscriptions + (i % PreviewedCustomers)));
        report.Line($"### Subscriptions over HTTP, {Connections} connections");
        report.Line();
        report.Table(
            ["subject", "per second", "p50 ms", "p99 ms", "of the raw commits"],
            [
                Row("raw one-row writes", raw, raw),
                Row($"new customers, {subscriptions + PreviewedCustomers:N0}", customers, raw),
                Row($"paid subscriptions with their invoices, {subscriptions:N0}", provisioned, raw),
                Row($"previews, {Previews:N0}", previewed, raw),
            ]);
    }

    private static IReadOnlyList<string> Row(string name, LoadResult result, LoadResult raw) =>
    [
        name,
        Report.Rate(result.PerSecond),
        Report.Milliseconds(result.P50),
        Report.Milliseconds(result.P99),
        Report.Ratio(result.PerSecond / raw.PerSecond),
    ];
}
