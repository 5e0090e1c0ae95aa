using Tollgate.Domain.Errors;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Usage;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage;

/// <summary>One report under one idempotencyKey counts once (spec entitlements-and-usage 7.2).</summary>
public sealed class ReportKeyTests
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Same_report_again_answers_as_the_first_time_and_counts_nothing(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        var first = Assert.Single(await host.ReportAsync(Delta("c", "calls", 3, key: "k")));
        await host.ReportAsync(Delta("c", "calls", 10));
        host.Time.Advance(TimeSpan.FromDays(40));

        Assert.Equal(first, Assert.Single(await host.ReportAsync(Delta("c", "calls", 3, key: "k"))));
        await host.RestartAsync();
        Assert.Equal(first, Assert.Single(await host.ReportAsync(Delta("c", "calls", 3, key: "k"))));
        Assert.Equal(0, await host.UsageAsync("c", "calls"));
        // The key belongs to its customer and feature.
        Assert.Equal([3], await host.UsagesAsync(Delta("c", "seats", 3, key: "k")));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Same_key_for_anything_else_is_a_conflict_that_names_both_reports(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        var report = Delta("c", "calls", 3, at: "2025-01-15T11:00:00Z", key: "k") with { Dimensions = """{"a":1,"b":"x"}""" };
        await host.ReportAsync(report);

        UsageReport[] others =
        [
            report with { Value = 4 },
            report with { Behavior = Domain.Usage.UpdateBehavior.Set },
            report with { CreatedAt = At("2025-01-15T11:00:01Z") },
            report with { CreatedAt = null },
            report with { Dimensions = null },
            report with { Dimensions = """{"a":1,"b":"y"}""" },
        ];
        foreach (var other in others)
        {
            var refusal = (await host.TryReportAsync(Delta("c", "calls", 1), other)).Refusal;
            Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, refusal?.Code);
            Assert.Contains("'k'", refusal!.Message, StringComparison.Ordinal);
            Assert.Contains("DELTA 3 at 2025-01-15T11:00:00Z with", refusal.Message, StringComparison.Ordinal);
        }

        // The same dimensions written differently are the same.
        Assert.Equal([3], await host.UsagesAsync(report with { Dimensions = """{ "b": "x", "a": 1 }""" }));
        Assert.Equal(3, await host.UsageAsync("c", "calls"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Key_given_twice_in_one_batch_counts_once_and_conflicts_as_a_whole(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);

        Assert.Equal(
            [3, 4, 3],
            await host.UsagesAsync(
                Delta("c", "calls", 3, key: "k"), Delta("c", "calls", 1), Delta("c", "calls", 3, key: "k")));
        var conflict = await host.TryReportAsync(Delta("c", "calls", 5, key: "new"), Delta("c", "calls", 6, key: "new"));

        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, conflict.Refusal!.Code);
        Assert.Equal(4, await host.UsageAsync("c", "calls"));
        Assert.Equal([10], await host.UsagesAsync(Delta("c", "calls", 6, key: "new")));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Same_report_at_once_counts_once_and_every_caller_gets_the_one_answer(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);

        var made = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => host.ReportAsync(Delta("c", "calls", 3, key: "k"))));

        Assert.Single(made.Select(r => Assert.Single(r).Id).Distinct());
        Assert.All(made, r => Assert.Equal(3, r[0].CurrentUsage));
        Assert.Equal(3, await host.UsageAsync("c", "calls"));
    }

    private static async Task<ModuleHost> SubscribedAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.FeatureAsync("calls");
        await host.FeatureAsync("seats");
        await host.PlanAsync("free", Limit("calls", 100, Monthly), Limit("seats", 10));
        await host.CustomerAsync("c");
        Accepted(await host.ProvisionAsync("c", "free"));
        return host;
    }
}
