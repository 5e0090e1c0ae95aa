using Dapper;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Usage.Events;
using Tollgate.Modules.Usage.Events.Retention;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Events;

/// <summary>
/// Customer "c" with usage of January and February 2025. On <see cref="Later"/> the 400 days before begin on 2025-02-13, so
/// what is dated before 2025-02-01 goes.
/// </summary>
internal static class AgedUsageDriver
{
    public const string Later = "2026-03-20T00:00:00Z";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<ModuleHost> StartAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.FeatureAsync("calls", events: MeterOf(AggregationFunction.Sum, "tokens"));
        await host.FeatureAsync("users", events: MeterOf(AggregationFunction.Unique, "user"));
        await host.FeatureAsync("top", events: MeterOf(AggregationFunction.Max, "tokens"));
        await host.FeatureAsync("monthly", events: MeterOf(AggregationFunction.Count));
        await host.FeatureAsync("seats");
        await host.FeatureAsync("runs");
        await host.PlanAsync(
            "free", Limit("calls", 9, soft: true), Limit("users", 9, soft: true), Limit("top", 9, soft: true),
            Limit("monthly", 9, Monthly, soft: true), Limit("seats", 9, soft: true),
            Limit("runs", 9, new() { Period = new(ResetPeriod.Year) }, soft: true));
        await host.CustomerAsync("c");
        Accepted(await host.ProvisionAsync("c", "free"));
        return host;
    }

    public static async Task FillAsync(this ModuleHost host)
    {
        host.MoveTo("2025-01-20T00:00:00Z");
        await host.SendAsync(
            Event("c", "2025-01-20T00:00:00Z", "e1", dimensions: [("tokens", 3m), ("user", "ann")]),
            Event("c", null, "e2", dimensions: [("tokens", 4m), ("user", "bob")]),
            Event("c", null, "e3", dimensions: [("tokens", 70m), ("user", "dan")]),
            Event("c", null, "e4", dimensions: [("tokens", 2m), ("user", "a user whose name is longer than a token")]));
        // A conflict, a repeat, and one that is taken out of the count.
        await host.SendAsync(
            Event("c", "2025-01-20T00:00:00Z", "e1", dimensions: ("tokens", 8m)),
            Event("c", "2025-01-20T00:00:00Z", "e1", dimensions: [("tokens", 3m), ("user", "ann")]));
        var wrong = (await host.FeedAsync(new() { Limit = 100 })).Items.Single(e => e.Event.IdempotencyKey == "e3").Id;
        Accepted(await host.Get<CorrectEvents>().ExecuteAsync(host.Scope(), wrong, null, "wrong", Cancellation));
        await host.ReportAsync(
            Delta("c", "seats", 5, key: "s"), Set("c", "seats", 8), Delta("c", "seats", -2), Delta("c", "runs", 10));
        host.MoveTo("2025-02-20T00:00:00Z");
        await host.SendAsync(Event("c", null, "f1", dimensions: [("tokens", 5m), ("user", "ann")]));
        await host.ReportAsync(Delta("c", "seats", 1), Delta("c", "runs", 5));
    }

    /// <summary>Usage by now, then the course of every feature within the retention.</summary>
    public static async Task<List<string>> ShownAsync(this ModuleHost host)
    {
        string[] features = ["calls", "users", "top", "monthly", "seats", "runs"];
        var usage = new List<string>();
        foreach (var feature in features)
            usage.Add($"{feature} {await host.UsageAsync("c", feature):0}");
        List<string> shown = [string.Join(", ", usage)];
        foreach (var feature in features)
        {
            var history = await host.HistoryAsync("c", feature, "2025-02-01T00:00:00Z", "2025-04-01T00:00:00Z");
            shown.AddRange(Assert.Single(history.Series).Points.Select(p => $"{feature} {p.Timestamp:yyyy-MM-dd} {p.Value:0}"));
        }

        return shown;
    }

    public static async Task ForgetCountersAsync(this ModuleHost host)
    {
        await host.Database.WriteAsync(
            [],
            async (session, _) => await session.Connection.ExecuteAsync(
                "DELETE FROM usage_counters; DELETE FROM meter_counters; DELETE FROM meter_values") >= 0,
            Cancellation);
        await host.RestartAsync();
    }

    /// <summary>What is kept in an environment, and what went.</summary>
    public static async Task<RetentionReport> RetentionAsync(this ModuleHost host, string environment = "development") =>
        Accepted(await host.Get<UsageRetention>().ReadAsync(host.Scope(environment), Cancellation));
}
