using Dapper;
using FsCheck;
using FsCheck.Fluent;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Events;

/// <summary>
/// Whatever was sent and reported, by resources that count for themselves or for the customer, in whatever order: removing what is
/// too old, month after month, changes no usage and no course of what is kept.
/// </summary>
public sealed class RetentionLawTests
{
    private static readonly AggregationFunction[] Functions = Enum.GetValues<AggregationFunction>();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite, 12), InlineData(DatabaseKind.PostgreSql, 5)]
    public async Task Removal_changes_nothing_that_is_shown(DatabaseKind kind, int customers)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.ProductAsync("sites", isMultiple: true);
        var rows = new List<EntitlementInput>();
        foreach (var function in Functions)
        {
            // Every other one by the year, the others for life.
            var id = $"{function}".ToLowerInvariant();
            await host.FeatureAsync(id, events: MeterOf(function, function == AggregationFunction.Count ? null : "n"));
            rows.Add(Limit(id, 9, rows.Count % 2 == 0 ? null : new() { Period = new(ResetPeriod.Year) }, soft: true));
        }

        await host.FeatureAsync("seats");
        await host.FeatureAsync("runs");
        rows.Add(Limit("seats", 9, soft: true));
        rows.Add(Limit("runs", 9, new() { Period = new(ResetPeriod.Year) }, soft: true));
        await host.PlanAsync("free", [.. rows]);
        await host.PlanAsync("site", "sites", [.. rows.Take(3)]);
        for (var i = 0; i < customers; i++)
        {
            await host.CustomerAsync($"c{i}");
            Accepted(await host.ProvisionAsync($"c{i}", "free"));
            Accepted(await host.ProvisionAsync($"c{i}", "site", r => r with { ResourceId = new("r") }));
        }

        host.MoveTo("2025-04-01T00:00:00Z");
        foreach (var (steps, i) in Steps().NonEmptyListOf().Sample(customers, 40).Select((steps, i) => (steps, i)))
        {
            foreach (var step in steps)
                await DoAsync(host, $"c{i}", step);
        }

        // 400 days before lie in February, March and, at last, May 2025: then all of it is gone.
        foreach (var (now, from) in ((string, string)[])[
            ("2026-03-20T00:00:00Z", "2025-02-01T00:00:00Z"), ("2026-04-20T00:00:00Z", "2025-03-01T00:00:00Z"),
            ("2026-06-20T00:00:00Z", "2025-05-01T00:00:00Z")])
        {
            host.MoveTo(now);
            var before = await ShownAsync(host, customers, from);
            await host.RunDueAsync();
            await host.Database.WriteAsync(
                [],
                async (session, _) => await session.Connection.ExecuteAsync(
                    "DELETE FROM usage_counters; DELETE FROM meter_counters; DELETE FROM meter_values") >= 0,
                Cancellation);
            await host.RestartAsync();
            Assert.Equal(before, await ShownAsync(host, customers, from));
            Assert.Equal(
                0, await host.CountAsync($"usage_events WHERE event_at < {At(from).ToUnixTimeMilliseconds()}"));
        }

        Assert.Equal((0, 0), (
            await host.CountAsync("usage_events"), await host.CountAsync("measurements WHERE is_summary = 0")));
    }

    private static async Task DoAsync(ModuleHost host, string customer, Step step)
    {
        // From January 15 on, an hour each.
        var at = ModuleHost.Start.AddHours(step.Hours).ToString("yyyy-MM-ddTHH:mm:ssZ", null);
        if (step.Report is { } behavior)
        {
            var report = Delta(customer, step.IsSeats ? "seats" : "runs", step.Value + 3, at, null, step.Resource);
            // Below 0 is refused, and that is fine.
            await host.TryReportAsync(report with { Behavior = behavior });
            return;
        }

        (string, object)[] dimensions = step.Value == 0
            ? []
            : [("n", step.IsText ? $"user {step.Value} with a name that is long" : (decimal)step.Value)];
        await host.SendAsync(Event(customer, at, null, step.Resource, step.IsSeats ? "call" : "else", dimensions));
    }

    private static async Task<List<string>> ShownAsync(ModuleHost host, int customers, string from)
    {
        var shown = new List<string>();
        for (var i = 0; i < customers; i++)
        {
            foreach (var resource in (string?[])[null, "r"])
            {
                foreach (var feature in Functions.Select(f => $"{f}".ToLowerInvariant()).Concat(["seats", "runs"]))
                {
                    var usage = await host.UsageAsync($"c{i}", feature, resource);
                    var history = await host.HistoryAsync($"c{i}", feature, from, null, resource);
                    shown.Add($"c{i} {resource} {feature} {usage:0.####}: "
                        + string.Join(' ', history.Series.Single().Points.Select(p => $"{p.Value:0.####}")));
                }
            }
        }

        return shown;
    }

    private static Gen<Step> Steps() =>
        from hours in Gen.Choose(0, 70 * 24)
        from report in Gen.Elements<UpdateBehavior?>(null, null, null, UpdateBehavior.Delta, UpdateBehavior.Set)
        from isSeats in Gen.Elements(true, true, false)
        from isText in Gen.Elements(true, false, false)
        from value in Gen.Choose(-2, 6)
        from resource in Gen.Elements<string?>(null, "r")
        select new Step(hours, report, isSeats, isText, value, resource);

    private sealed record Step(
        int Hours, UpdateBehavior? Report, bool IsSeats, bool IsText, int Value, string? Resource);
}
