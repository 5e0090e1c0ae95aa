using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Catalog.FeatureGroups;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Entitlements.Promotions;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Tests.Catalog;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Entitlements;

/// <summary>Feature groups granted to customers: what is stored, what it does to checks, what the log tells.</summary>
public sealed class PromotionGroupTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Group_is_granted_beside_a_plan_and_the_more_generous_value_counts(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync("free");
        Assert.Null((await catalog.Entitlements.CreateAsync(
            host.Scope(),
            new("free"),
            new([new(new("chat")) { UsageLimit = 5m }], []),
            Cancellation)).Refusal);
        await catalog.PublishAsync("free");
        await host.ProvisionAsync("c", "free", r => r with { BillingPeriod = null });

        var granted = (await GrantAsync(host, "team", Row("chat", 3), Row("video", 7))).Value;

        Assert.All(granted, p => Assert.Equal(["team"], p.FeatureGroupIds));
        Assert.Equal([("chat", 5m), ("video", 7m)], await LimitsAsync(host));
        await GrantAsync(host, "team", Row("chat", 9), Row("video", 7));
        Assert.Equal([("chat", 9m), ("video", 7m)], await LimitsAsync(host));
        Assert.Null((await host.Get<PromotionUseCases>().RevokeGroupAsync(
            host.Scope(), new("c"), "team", Cancellation)).Refusal);
        Assert.Equal([("chat", 5m)], await LimitsAsync(host));
        Assert.Empty(await ListAsync(host));
        Assert.Equal(
            [
                EventType.PromotionalEntitlementGranted, EventType.PromotionalEntitlementUpdated,
                EventType.PromotionalEntitlementRevoked,
            ],
            await catalog.EventsOfAsync(EntityKind.PromotionalEntitlement, granted[0].Uid.ToString()));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Unlinked_it_stays_granted_and_is_revoked_by_itself(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var promotions = host.Get<PromotionUseCases>();
        await GrantAsync(host, "team", Row("chat", 3), Row("video", 7));

        var held = await promotions.RevokeAsync(host.Scope(), new("c"), new("chat"), Cancellation);
        var unlinked = (await promotions.UnlinkGroupAsync(host.Scope(), new("c"), "team", Cancellation)).Value;
        var twice = await promotions.UnlinkGroupAsync(host.Scope(), new("c"), "team", Cancellation);
        var none = await promotions.RevokeGroupAsync(host.Scope(), new("c"), "team", Cancellation);

        Assert.Equal(ErrorCode.EntitlementBelongsToFeatureGroupError, held.Refusal?.Code);
        Assert.All(unlinked, p => Assert.Empty(p.FeatureGroupIds));
        Assert.Equal([("chat", 3m), ("video", 7m)], await LimitsAsync(host));
        Assert.Equal(ErrorCode.PromotionalEntitlementNotFoundError, twice.Refusal?.Code);
        Assert.Equal(ErrorCode.PromotionalEntitlementNotFoundError, none.Refusal?.Code);
        Assert.Null((await promotions.RevokeAsync(host.Scope(), new("c"), new("chat"), Cancellation)).Refusal);
        Assert.Equal([("video", 7m)], await LimitsAsync(host));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_two_groups_grant_goes_with_the_last_of_them(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await GroupAsync(host, "talk", "chat");
        var promotions = host.Get<PromotionUseCases>();
        await GrantAsync(host, "team", Row("chat", 3), Row("video", 7));
        await GrantAsync(host, "talk", Row("chat", 4));

        var first = (await promotions.RevokeGroupAsync(host.Scope(), new("c"), "team", Cancellation)).Value;
        var between = await LimitsAsync(host);
        // An archived group is not granted any more; what was granted with it can still be taken back.
        Assert.Null((await host.Get<FeatureGroupUseCases>().ArchiveAsync(host.Scope(), "talk", Cancellation)).Refusal);
        var refused = await GrantAsync(host, "talk", Row("chat", 4));
        var last = (await promotions.RevokeGroupAsync(host.Scope(), new("c"), "talk", Cancellation)).Value;

        Assert.Equal(
            [("chat", PromotionStatus.Active), ("video", PromotionStatus.Revoked)],
            first.Select(p => (p.FeatureId.Value, p.Status)).Order());
        Assert.Equal([("chat", 4m)], between);
        Assert.Equal(ErrorCode.EntityIsArchivedError, refused.Refusal?.Code);
        Assert.Equal([PromotionStatus.Revoked], last.Select(p => p.Status));
        Assert.Empty(await LimitsAsync(host));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Refused_grant_changes_nothing(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var promotions = host.Get<PromotionUseCases>();

        Assert.Equal(ErrorCode.FeatureGroupNotFoundError, (await GrantAsync(host, "nobody", Row("chat", 3))).Refusal?.Code);
        Assert.Equal(
            ErrorCode.FeatureGroupMissingFeaturesError, (await GrantAsync(host, "team", Row("chat", 3))).Refusal?.Code);
        Assert.Equal(
            ErrorCode.FeatureNotBelongToFeatureGroupError,
            (await GrantAsync(host, "team", Row("chat", 3), Row("video", 1), Row("board", 1))).Refusal?.Code);
        Assert.Equal(
            ErrorCode.CustomerNotFound,
            (await promotions.GrantGroupAsync(
                host.Scope(), new("nobody"), "team", [Row("chat", 1), Row("video", 1)], Cancellation)).Refusal?.Code);
        Assert.Equal(
            ErrorCode.FeatureGroupNotFoundError,
            (await promotions.UnlinkGroupAsync(host.Scope(), new("c"), "nobody", Cancellation)).Refusal?.Code);
        Assert.Empty(await ListAsync(host));
    }

    private static async Task<ModuleHost> StartAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        foreach (var feature in (string[])["chat", "video", "board"])
            await catalog.MeteredFeatureAsync(feature);
        await GroupAsync(host, "team", "chat", "video");
        await host.CustomerAsync("c");
        return host;
    }

    private static async Task GroupAsync(ModuleHost host, string id, params string[] features) =>
        Assert.Null((await host.Get<FeatureGroupUseCases>().CreateAsync(
            host.Scope(),
            new(id, id, [.. features.Select(f => new Domain.FeatureId(f))]),
            Cancellation)).Refusal);

    private static PromotionInput Row(string feature, decimal limit) =>
        new(new(feature), PromotionPeriod.Lifetime) { UsageLimit = limit };

    private static Task<Result<IReadOnlyList<PromotionalEntitlement>>> GrantAsync(
        ModuleHost host, string group, params PromotionInput[] rows) =>
        host.Get<PromotionUseCases>().GrantGroupAsync(host.Scope(), new("c"), group, rows, Cancellation);

    private static async Task<IReadOnlyList<PromotionalEntitlement>> ListAsync(ModuleHost host) =>
        (await host.Get<PromotionUseCases>().ListAsync(
            host.Scope(), new(new("c")), PageRequest.First, Cancellation)).Value.Items;

    /// <summary>What the customer may use now, by feature.</summary>
    private static async Task<IReadOnlyList<(string Feature, decimal Limit)>> LimitsAsync(ModuleHost host)
    {
        var list = await host.Get<ListEntitlements>().ExecuteAsync(host.Scope(), new("c"), null, Cancellation);
        return
        [
            .. list.Value.Rows.Select(row => row.Compiled.Entitlement)
                .Select(e => (e.FeatureId.Value, e.UsageLimit!.Value)).Order(),
        ];
    }
}
