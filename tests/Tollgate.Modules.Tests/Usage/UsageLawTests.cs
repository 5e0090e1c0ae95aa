using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Usage;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage;

/// <summary>
/// Whatever is reported in whatever order, usage is what a recount of the accepted reports gives, and a restart changes
/// nothing.
/// </summary>
public sealed class UsageLawTests
{
    private static readonly ResetInput Calendar =
        new() { Period = new(ResetPeriod.Month), Monthly = ResetAnchor.StartOfTheMonth };

    [Theory, InlineData(DatabaseKind.Sqlite, 60), InlineData(DatabaseKind.PostgreSql, 40)]
    public async Task Usage_is_the_recount_of_the_accepted_reports(DatabaseKind kind, int histories)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.FeatureAsync("calls");
        await host.FeatureAsync("seats");
        await host.ProductAsync("sites", isMultiple: true);
        await host.PlanAsync("one", Limit("calls", 100, Calendar), Limit("seats", 10));
        await host.PlanAsync("two", Limit("calls", 200, Calendar), Limit("seats", 20));
        await host.PlanAsync("site", "sites", Limit("calls", 300, Calendar));
        var models = new List<RecountedCustomer>();
        foreach (var history in Steps.NonEmptyListOf().Sample(histories, 14))
        {
            var model = new RecountedCustomer($"c{models.Count}");
            models.Add(model);
            await host.CustomerAsync(model.Customer);
            foreach (var step in history)
                await RunAsync(host, model, step, string.Join(", ", history));
        }

        foreach (var model in models)
            await AssertAsync(host, model, "at the end");
        await host.RestartAsync();
        foreach (var model in models)
            await AssertAsync(host, model, "after a restart");
    }

    private static async Task RunAsync(ModuleHost host, RecountedCustomer model, Step step, string history)
    {
        host.Time.Advance(TimeSpan.FromMinutes(step.Minutes));
        var now = host.Scope().Now;
        switch (step.Kind)
        {
            case StepKind.ChangePlan:
                Accepted(await host.ProvisionAsync(model.Customer, model.Plan == "one" ? "two" : "one"));
                model.ChangePlan(now);
                break;
            case StepKind.AddSite:
                Accepted(await host.ProvisionAsync(model.Customer, "site", r => r with { ResourceId = new("r") }));
                model.HasSite = true;
                break;
            case StepKind.Report:
                await ReportAsync(host, model, step, history);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(step));
        }

        await AssertAsync(host, model, history);
    }

    private static async Task ReportAsync(ModuleHost host, RecountedCustomer model, Step step, string history)
    {
        var now = host.Scope().Now;
        // Only a resource that exists may be named.
        var reports = step.Reports
            .Select(r => r.Report with
            {
                CustomerId = new(model.Customer),
                ResourceId = model.HasSite ? r.Report.ResourceId : null,
                CreatedAt = r.HoursAgo is { } hours ? now - Duration.FromHours(hours) : null,
            })
            .ToArray();
        var expected = model.TryAdd(reports, now);
        var answer = await host.TryReportAsync(reports);
        Assert.True(
            (answer.Refusal is null) == (expected is not null), $"{answer.Refusal} for {step} in {history}");
        if (expected is not null)
            Assert.Equal(expected, answer.Value.Select(r => r.CurrentUsage));
    }

    private static async Task AssertAsync(ModuleHost host, RecountedCustomer model, string history)
    {
        var now = host.Scope().Now;
        if (model.Plan is null)
            return;
        foreach (var feature in (string[])["calls", "seats"])
        {
            foreach (var resource in model.HasSite ? new string?[] { null, "r" } : [null])
            {
                var expected = model.Usage(feature, resource, now);
                var actual = await host.UsageAsync(model.Customer, feature, resource);
                Assert.True(expected == actual, $"{feature} {resource}: {actual}, not {expected}, {history}");
            }
        }
    }

    private static Gen<PastReport> Reports =>
        from feature in Gen.Elements("calls", "calls", "seats")
        from resource in Gen.Elements(null, "r")
        from isSet in Gen.Elements(false, false, true)
        from value in Gen.Choose(isSet ? 0 : -6, 12)
        from isDated in Gen.Elements(true, false)
        from hoursAgo in Gen.OneOf(Gen.Choose(0, 30), Gen.Choose(0, 70 * 24))
        select new PastReport(
            isSet ? Set("", feature, value, resource: resource) : Delta("", feature, value, resource: resource),
            isDated ? hoursAgo : null);

    private static Gen<Step> Steps =>
        from kind in Gen.Elements(
            StepKind.Report, StepKind.Report, StepKind.Report, StepKind.Report, StepKind.ChangePlan, StepKind.AddSite)
        from minutes in Gen.OneOf(Gen.Choose(1, 60), Gen.Choose(1, 25 * 24 * 60))
        from reports in Reports.ListOf(3)
        from count in Gen.Choose(1, 3)
        select new Step(kind, minutes, [.. reports.Take(count)]);

    private enum StepKind
    {
        Report,
        ChangePlan,
        AddSite,
    }

    /// <summary>A report dated some hours before it is made, or not dated.</summary>
    private sealed record PastReport(UsageReport Report, int? HoursAgo)
    {
        public override string ToString() =>
            $"{Report.Behavior} {Report.Value} {Report.FeatureId}/{Report.ResourceId} {HoursAgo}h ago";
    }

    private sealed record Step(StepKind Kind, int Minutes, IReadOnlyList<PastReport> Reports)
    {
        public override string ToString() => Kind == StepKind.Report
            ? $"+{Minutes}min [{string.Join("; ", Reports)}]"
            : $"+{Minutes}min {Kind}";
    }
}
