using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Usage;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Catalog;

public sealed class DeleteFeatureTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Unused_feature_goes_and_its_id_is_free_again(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.MeteredFeatureAsync("seats");

        var deleted = (await DeleteAsync(host, "seats")).Value;

        Assert.Equal("seats", deleted.Id.Value);
        Assert.Equal(
            ErrorCode.FeatureNotFound,
            (await host.Get<FeatureUseCases>().RetrieveAsync(host.Scope(), new("seats"), Cancellation)).Refusal?.Code);
        Assert.Equal(ErrorCode.FeatureNotFound, (await DeleteAsync(host, "seats")).Refusal?.Code);
        await catalog.MeteredFeatureAsync("seats");
        Assert.Equal(
            [EventType.FeatureCreated, EventType.FeatureDeleted, EventType.FeatureCreated],
            await catalog.EventsOfAsync(EntityKind.Feature, "seats"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Feature_of_an_old_version_of_a_plan_stays(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.MeteredFeatureAsync("seats");
        await catalog.MeteredFeatureAsync("se_ts");
        await catalog.DraftAsync("free");
        await catalog.Entitlements.CreateAsync(
            host.Scope(), new("free"), new([new(new("seats")) { UsageLimit = 3 }], Nothing), Cancellation);
        await catalog.PublishAsync("free");
        await catalog.EditAsync("free", new() { Description = "v2" });
        await catalog.Entitlements.DeleteAsync(host.Scope(), new("free"), "seats", Cancellation);
        await catalog.PublishAsync("free");

        Assert.Equal(ErrorCode.CannotDeleteFeatureError, (await DeleteAsync(host, "seats")).Refusal?.Code);
        // The underscore is a letter of the id, not a wildcard.
        Assert.Null((await DeleteAsync(host, "se_ts")).Refusal);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Feature_with_a_report_of_usage_stays(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await new CatalogDriver(host).MeteredFeatureAsync("seats");
        await host.CustomerAsync("c");
        Assert.Null((await host.Get<ReportUsage>().ExecuteAsync(
            host.Scope(), [new() { CustomerId = new("c"), FeatureId = new("seats"), Value = 1 }], Cancellation)).Refusal);

        Assert.Equal(ErrorCode.CannotDeleteFeatureError, (await DeleteAsync(host, "seats")).Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Feature_that_an_ended_subscription_had_a_value_of_its_own_for_stays(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.MeteredFeatureAsync("seats");
        await catalog.SubscribeAsync(
            "s", "gone", Domain.Subscriptions.SubscriptionStatus.Expired, overriding: "seats");

        Assert.Equal(ErrorCode.CannotDeleteFeatureError, (await DeleteAsync(host, "seats")).Refusal?.Code);
    }

    private static IReadOnlyList<CreditEntitlementInput> Nothing => [];

    private static Task<Result<Feature>> DeleteAsync(ModuleHost host, string id) =>
        host.Get<DeleteFeature>().ExecuteAsync(host.Scope(), new(id), Cancellation);
}
