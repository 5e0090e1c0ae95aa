using Dapper;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Usage.Events;
using Tollgate.Modules.Usage.Events.Retention;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Events;

/// <summary>
/// A removal of old usage that ends between two of its transactions, with all that was in memory, and is begun again (ADR 24).
/// </summary>
public sealed class StoppedRetentionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// After each of its transactions in turn: usage and its course are read from what is stored and are as before. 400 days before
    /// the first run lies February 2025; before the second May 2026, more than the 366 days that are told apart later.
    /// </summary>
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Stopped_between_any_two_transactions_it_loses_nothing_and_counts_nothing_twice(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await SendAsync(host, "2025-01-20T00:00:00Z", 3);
        await SendAsync(host, "2025-02-20T00:00:00Z", 5);
        await SendAsync(host, "2025-08-20T00:00:00Z", 7);
        Assert.InRange(await RunStoppedAsync(host, "2026-03-20T00:00:00Z", "2025-02-01T00:00:00Z"), 12, 60);
        await SendAsync(host, "2026-05-10T00:00:00Z", 11);
        Assert.InRange(await RunStoppedAsync(host, "2027-06-20T00:00:00Z", "2026-05-01T00:00:00Z"), 12, 60);
        // Each time so many tokens twice, of which the one of the resource counts for itself, and as many seats.
        Assert.Equal((52, 26, 5, 26), (
            await host.UsageAsync("c", "tokens"), await host.UsageAsync("c", "tokens", "r"), await host.UsageAsync("c", "users"),
            await host.UsageAsync("c", "seats")));
    }

    /// <summary>How often it was stopped.</summary>
    private static async Task<int> RunStoppedAsync(ModuleHost host, string now, string from)
    {
        host.MoveTo(now);
        var before = await ShownAsync(host, from);
        var (stops, left, last) = (0, 1, "");
        while (!await TryRunAsync(host, left))
        {
            stops++;
            await host.Database.WriteAsync(
                [],
                async (session, _) => await session.Connection.ExecuteAsync(
                    "DELETE FROM usage_counters; DELETE FROM meter_counters; DELETE FROM meter_values") >= 0,
                Cancellation);
            await host.RestartAsync();
            Assert.Equal(before, await ShownAsync(host, from));
            // One transaction more than the last time, or one where progress was noted.
            var reached = await host.Database.ReadAsync(
                (session, _) => session.Connection.ExecuteScalarAsync<string>(
                    "SELECT closed_at || ' ' || step || ' ' || position FROM usage_retention WHERE environment_id > 0"),
                Cancellation);
            (left, last) = (reached == last ? left + 1 : 1, reached);
        }

        await host.RestartAsync();
        Assert.Equal(before, await ShownAsync(host, from));
        var horizon = At(from).ToUnixTimeMilliseconds();
        Assert.Equal((0, 0, 0), (
            await host.CountAsync($"usage_events WHERE event_at < {horizon}"),
            await host.CountAsync($"event_keys WHERE event_at < {horizon}"),
            await host.CountAsync($"measurements WHERE effective_at < {horizon} AND is_summary = 0")));
        return stops;
    }

    /// <summary>False when it was stopped before it was done.</summary>
    private static async Task<bool> TryRunAsync(ModuleHost host, int transactions)
    {
        var database = new StoppingDatabase(host.Database, transactions);
        var retention = new RetainUsage(
            database, host.Get<AccountDirectory>(), host.Get<EventReader>(), new EventMonths(database), host.Time);
        var scope = host.Scope();
        try
        {
            await retention.RunDueAsync(scope.Environment, scope.Now, Cancellation);
            return true;
        }
        catch (StoppedException)
        {
            return false;
        }
    }

    /// <summary>Usage by now, then its course from the horizon on.</summary>
    private static async Task<List<string>> ShownAsync(ModuleHost host, string from)
    {
        var shown = new List<string>();
        foreach (var (feature, resource) in ((string, string?)[])[("tokens", null), ("tokens", "r"), ("users", null), ("seats", null)])
        {
            var history = await host.HistoryAsync("c", feature, from, null, resource);
            shown.Add($"{feature} {resource} {await host.UsageAsync("c", feature, resource):0}: "
                + string.Join(' ', history.Series.Single().Points.Select(p => $"{p.Value:0}")));
        }

        return shown;
    }

    private static async Task SendAsync(ModuleHost host, string now, decimal value)
    {
        host.MoveTo(now);
        await host.SendAsync(
            Event("c", null, dimensions: [("tokens", value), ("user", $"user {value}")]),
            Event("c", now, dimensions: [("tokens", value), ("user", "everybody")]),
            Event("c", now, resource: "r", dimensions: ("tokens", value)));
        await host.ReportAsync(Delta("c", "seats", value - 1), Delta("c", "seats", 1));
    }

    private static async Task<ModuleHost> StartAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.FeatureAsync("tokens", events: MeterOf(AggregationFunction.Sum, "tokens"));
        await host.FeatureAsync("users", events: MeterOf(AggregationFunction.Unique, "user"));
        await host.FeatureAsync("seats");
        await host.ProductAsync("sites", isMultiple: true);
        await host.PlanAsync("free", Limit("tokens", 9, soft: true), Limit("users", 9, soft: true), Limit("seats", 9, soft: true));
        await host.PlanAsync("site", "sites", Limit("tokens", 9, soft: true));
        await host.CustomerAsync("c");
        Accepted(await host.ProvisionAsync("c", "free"));
        Accepted(await host.ProvisionAsync("c", "site", r => r with { ResourceId = new("r") }));
        return host;
    }
}
