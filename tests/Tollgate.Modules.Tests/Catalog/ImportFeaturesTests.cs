using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Tests.Usage;
using Tollgate.Modules.Tests.Usage.Events;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;

namespace Tollgate.Modules.Tests.Catalog;

public sealed class ImportFeaturesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Row_that_is_refused_changes_nothing_and_holds_no_other_up(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.MeteredFeatureAsync("gone");
        var features = host.Get<FeatureUseCases>();
        Assert.Null((await features.ArchiveAsync(host.Scope(), new("gone"), Cancellation)).Refusal);
        var unread = new Refusal(ErrorCode.BadUserInput, "no feature");

        var results = await ImportAsync(
            host,
            Row(Draft("first")),
            new("broken", unread),
            Row(Draft("gone")),
            Row(Draft("first")),
            Row(Draft("flag") with { Type = FeatureType.Boolean, Meter = MeterOf(AggregationFunction.Count) }),
            // Failed above, so that the id is free.
            Row(Draft("flag") with { Type = FeatureType.Boolean, MeterType = null }));

        Assert.Equal(["first", "broken", "gone", "first", "flag", "flag"], results.Select(result => result.Id));
        Assert.Equal(
            [
                null, ErrorCode.BadUserInput, ErrorCode.DuplicatedEntityNotAllowed, ErrorCode.DuplicatedEntityNotAllowed,
                ErrorCode.MeteringNotAvailableForFeatureType, null,
            ],
            results.Select(result => result.Refusal?.Code));
        Assert.Equal(FeatureStatus.Suspended, (await RetrieveAsync("gone")).Value.Status);
        Assert.Null((await RetrieveAsync("flag")).Value.Meter);
        Assert.Equal(ErrorCode.FeatureNotFound, (await RetrieveAsync("broken")).Refusal?.Code);
        var logged = Assert.Single(await catalog.EventsAsync(new() { EntityKind = EntityKind.Feature, EntityId = "first" }));
        Assert.Equal((EventType.FeatureCreated, "IMPORT"), (logged.Type, logged.Actor.Type));
        Assert.True((await features.ExistsAsync(host.Scope(), new("gone"), Cancellation)).Value);
        Assert.False((await features.ExistsAsync(host.Scope(), new("broken"), Cancellation)).Value);

        Task<Result<Feature>> RetrieveAsync(string id) => features.RetrieveAsync(host.Scope(), new(id), Cancellation);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Meter_of_a_new_feature_counts_the_events_that_came_before_it(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("c1");
        await host.SendAsync(Event("c1", dimensions: ("tokens", 10m)), Event("c1", dimensions: ("tokens", 32m)));

        Assert.Null((await host.Get<FeatureUseCases>().CreateAsync(
            host.Scope(), Draft("created") with { Meter = MeterOf(AggregationFunction.Sum, "tokens") }, Cancellation)).Refusal);
        Assert.Null(Assert.Single(await ImportAsync(
            host, Row(Draft("imported") with { Meter = MeterOf(AggregationFunction.Count) }))).Refusal);
        await host.PlanAsync(
            "plan", MeteringDriver.Limit("created", 100), MeteringDriver.Limit("imported", 100));
        await host.ProvisionAsync("c1", "plan");
        Assert.True(await host.RunTasksAsync() > 0);

        // 10 + 32 tokens in 2 events.
        Assert.Equal(42, await host.UsageAsync("c1", "created"));
        Assert.Equal(2, await host.UsageAsync("c1", "imported"));
    }

    [Fact]
    public async Task More_than_a_thousand_rows_are_refused_as_a_whole()
    {
        await using var host = await ModuleHost.StartAsync(DatabaseKind.Sqlite);
        var rows = Enumerable.Range(0, 1_001).Select(i => Row(Draft($"f{i}"))).ToList();

        var refused = await host.Get<ImportFeatures>().ExecuteAsync(host.Scope(), rows, Cancellation);

        Assert.Equal(ErrorCode.BadUserInput, refused.Refusal?.Code);
        Assert.False((await host.Get<FeatureUseCases>().ExistsAsync(host.Scope(), new("f0"), Cancellation)).Value);
        Assert.Equal(1_000, (await ImportAsync(host, [.. rows.Take(1_000)])).Count(result => result.Refusal is null));
    }

    private static async Task<IReadOnlyList<FeatureImportResult>> ImportAsync(ModuleHost host, params FeatureImportRow[] rows)
    {
        var result = await host.Get<ImportFeatures>().ExecuteAsync(host.Scope(), rows, Cancellation);
        Assert.Null(result.Refusal);
        return result.Value;
    }

    private static FeatureImportRow Row(FeatureDraft draft) => new(draft.Id.Value, draft);

    private static FeatureDraft Draft(string id) => new()
    {
        Id = new(id),
        DisplayName = id,
        Type = FeatureType.Number,
        MeterType = MeterType.Incremental,
    };
}
