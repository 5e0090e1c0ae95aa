using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Tasks;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Catalog;

public sealed class AddonUseCasesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Addon_lives_beside_a_plan_of_the_same_id(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync("pack");
        await catalog.AddonDraftAsync("pack");
        await catalog.PublishAddonAsync("pack");
        await catalog.EditAddonAsync("pack", new() { MaxQuantity = new Optional<long?>(3) });
        await catalog.PublishAddonAsync("pack");

        var addon = (await catalog.Addons.RetrieveAsync(host.Scope(), new("pack"), Cancellation)).Value;
        var listed = (await catalog.Addons.ListAsync(host.Scope(), new(), PageRequest.First, Cancellation)).Value.Items;
        var charges = (await catalog.Addons.ListChargesAsync(
            host.Scope(), new("pack"), ChargeList.Regular, PageRequest.First, Cancellation)).Value.Items;

        Assert.Equal((2, PackageStatus.Published, 3), (addon.Version, addon.Status, addon.MaxQuantity));
        Assert.Equal(2, Assert.Single(listed).Version);
        Assert.Equal((10m, false), (charges[0].Charge.Price!.Amount, charges[0].UsedInSubscriptions));
        Assert.Equal(PackageStatus.Draft, (await catalog.LatestAsync("pack")).Status);
        Assert.Equal(
            [
                EventType.AddonCreated, EventType.PackageDraftUpdated, EventType.PackagePublished,
                EventType.PackageDraftCreated, EventType.PackageDraftUpdated, EventType.PackagePublished,
                EventType.AddonUpdated,
            ],
            await catalog.EventsOfAsync(EntityKind.Addon, "pack"));
        Assert.Equal(
            ErrorCode.AddonNotFound,
            (await catalog.Addons.RetrieveAsync(host.Scope(), new("none"), Cancellation)).Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Addon_entitlements_may_override_what_plans_give(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.MeteredFeatureAsync("seats");
        await catalog.AddonDraftAsync("pack");
        var scope = host.Scope();

        var added = await catalog.AddonEntitlements.CreateAsync(
            scope,
            new("pack"),
            new(
                [new(new("seats")) { UsageLimit = 5m, Behavior = EntitlementBehavior.Override }],
                []),
            Cancellation);
        var listed = await catalog.AddonEntitlements.ListAsync(scope, new("pack"), Cancellation);
        var removed = await catalog.AddonEntitlements.DeleteAsync(scope, new("pack"), "seats", Cancellation);
        var missing = await catalog.AddonEntitlements.DeleteAsync(scope, new("pack"), "seats", Cancellation);
        await catalog.PublishAddonAsync("pack");
        var late = await catalog.AddonEntitlements.DeleteAsync(scope, new("pack"), "seats", Cancellation);
        var unknown = await catalog.AddonEntitlements.ListAsync(scope, new("none"), Cancellation);

        Assert.Equal(EntitlementBehavior.Override, Assert.Single(added.Value).Feature!.Behavior);
        Assert.Equal(5m, Assert.Single(listed.Value).Feature!.UsageLimit);
        Assert.Null(removed.Refusal);
        Assert.Equal(ErrorCode.FeatureNotFound, missing.Refusal?.Code);
        Assert.Equal(ErrorCode.EditAllowedOnDraftPackageOnlyError, late.Refusal?.Code);
        Assert.Equal(ErrorCode.AddonNotFound, unknown.Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Plan_is_published_after_the_addons_it_lists(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.AddonDraftAsync("pack");
        await catalog.DraftAsync("big", PricingType.Custom);
        await catalog.EditAsync("big", new() { CompatibleAddonIds = Ids("pack") });

        Assert.Equal(
            ErrorCode.PlanCannotBePublishWhenCompatibleAddonIsDraft, (await catalog.TryPublishAsync("big")).Refusal?.Code);
        await catalog.PublishAddonAsync("pack");
        Assert.Null((await catalog.TryPublishAsync("big")).Refusal);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Dependencies_close_no_circle_also_through_drafts(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        foreach (var id in (string[])["a", "b", "c"])
            await catalog.AddonDraftAsync(id);
        await catalog.PublishAddonAsync("b");
        await catalog.EditAddonAsync("a", new() { Dependencies = Ids("b") });
        await catalog.EditAddonAsync("b", new() { Dependencies = Ids("c") });

        var circle = await catalog.Addons.UpdateAsync(
            host.Scope(), new("c"), new(new() { Dependencies = Ids("a") }, null), Cancellation);

        Assert.Equal(ErrorCode.PlansCircularDependencyError, circle.Refusal?.Code);
        Assert.Equal("dependencies[0]", circle.Refusal?.Fields[0].Path);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Archive_and_discard_are_held_back_by_what_names_the_addon(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        foreach (var id in (string[])["sold", "fresh", "needed"])
            await catalog.AddonDraftAsync(id);
        await catalog.PublishAddonAsync("sold");
        await catalog.DraftAsync("big", PricingType.Custom);
        await catalog.EditAsync("big", new() { CompatibleAddonIds = Ids("sold", "fresh") });
        await catalog.EditAddonAsync("sold", new() { Dependencies = Ids("needed") });

        Assert.Equal(ErrorCode.AddonWithDraftCannotBeDeletedError, await ArchiveAsync("sold"));
        Assert.Equal(ErrorCode.AddonIsCompatibleWithPlan, await DiscardAsync("fresh"));
        Assert.Equal(ErrorCode.IntegrityViolation, await DiscardAsync("needed"));
        Assert.Equal(ErrorCode.DraftAddonCantBeArchived, await ArchiveAsync("fresh"));
        Assert.Null(await DiscardAsync("sold"));
        Assert.Equal(ErrorCode.AddonIsCompatibleWithPlan, await ArchiveAsync("sold"));
        await catalog.EditAsync("big", new() { CompatibleAddonIds = new(null) });
        Assert.Null(await ArchiveAsync("sold"));
        Assert.Null(await DiscardAsync("needed"));
        Assert.Equal(ErrorCode.AddonNotFound, await ArchiveAsync("needed"));
        Assert.Equal(EventType.AddonDeleted, (await catalog.EventsOfAsync(EntityKind.Addon, "sold"))[^1]);

        async Task<ErrorCode?> ArchiveAsync(string id) =>
            (await catalog.Addons.ArchiveAsync(host.Scope(), new(id), Cancellation)).Refusal?.Code;

        async Task<ErrorCode?> DiscardAsync(string id) =>
            (await catalog.Addons.RemoveDraftAsync(host.Scope(), new(id), Cancellation)).Refusal?.Code;
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task All_customers_moves_the_addon_on_open_subscriptions_but_not_its_price(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync("pack");
        await catalog.AddonDraftAsync("pack");
        await catalog.AddonDraftAsync("other");
        await catalog.PublishAddonAsync("pack");
        await catalog.SubscribeAsync("holder", "pack", addons: ["other", "pack"]);
        await catalog.SubscribeAsync("ended", "pack", SubscriptionStatus.Canceled, addons: ["pack"]);
        await catalog.SubscribeAsync("without", "pack", addons: ["other"]);
        await catalog.EditAddonAsync("pack", new() { Description = "2" });

        var published = await catalog.PublishAddonAsync("pack", MigrationType.AllCustomers);
        await catalog.EditAddonAsync("pack", new() { Description = "3" });
        var early = await catalog.TryPublishAddonAsync("pack");
        var ofThePlan = await catalog.TryPublishAsync("pack");
        var run = await host.Get<TaskRunner>().RunDueAsync(Cancellation);

        Assert.Equal(ErrorCode.ScheduledMigrationAlreadyExistsError, early.Refusal?.Code);
        Assert.Null(ofThePlan.Refusal);
        Assert.Equal(1, run);
        Assert.Equal([new(new("other"), 2, 1, 1), new(new("pack"), 2, 2, 1)], await catalog.AddonsOfAsync("holder"));
        Assert.Equal([new(new("pack"), 2, 1, 1)], await catalog.AddonsOfAsync("ended"));
        Assert.Equal((1, 1), await catalog.VersionsOfAsync("holder"));
        var logged = await catalog.EventsAsync(new() { TraceId = published.TaskUid });
        Assert.Equal(
            [(EventType.SubscriptionsMigrated, EntityKind.Addon), (EventType.SubscriptionUpdated, EntityKind.Subscription)],
            logged.Select(e => (e.Type, e.EntityKind)));
        // Nobody is left on version 2's predecessor: there is nothing to do for version 3 but to move the one holder.
        Assert.NotNull((await catalog.PublishAddonAsync("pack", MigrationType.AllCustomers)).TaskUid);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Holders_of_an_addon_pay_its_prices_and_hold_its_features(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.MeteredFeatureAsync("seats");
        await catalog.DraftAsync("free");
        await catalog.PublishAsync("free");
        await catalog.AddonDraftAsync("pack");
        Assert.Null((await catalog.AddonEntitlements.CreateAsync(
            host.Scope(),
            new("pack"),
            new([new(new("seats")) { UsageLimit = 5m }], []),
            Cancellation)).Refusal);
        await catalog.PublishAddonAsync("pack");
        Assert.Null(await TransformAsync(divide: 10));
        await catalog.SubscribeAsync("holder", "free", addons: ["pack"]);

        var charges = (await catalog.Addons.ListChargesAsync(
            host.Scope(), new("pack"), ChargeList.Regular, PageRequest.First, Cancellation)).Value.Items;

        Assert.True(Assert.Single(charges).UsedInSubscriptions);
        Assert.Equal(ErrorCode.CannotUpdateUnitTransformationError, await TransformAsync(divide: 100));

        async Task<ErrorCode?> TransformAsync(int divide) => (await host.Get<FeatureUseCases>().UpdateAsync(
            host.Scope(),
            new("seats"),
            new() { UnitTransformation = new UnitTransformation(divide, RoundingDirection.Up, null, null) },
            Cancellation)).Refusal?.Code;
    }

    private static PackageId[] Ids(params string[] ids) => [.. ids.Select(id => new PackageId(id))];
}
