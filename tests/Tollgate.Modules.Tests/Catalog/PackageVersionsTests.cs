using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Catalog;

public sealed class PackageVersionsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Versions_are_listed_with_the_open_subscriptions_on_them(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync("pro");
        await catalog.PublishAsync("pro");
        await catalog.SubscribeAsync("s1", "pro");
        await catalog.SubscribeAsync("s2", "pro", SubscriptionStatus.NotStarted);
        await catalog.SubscribeAsync("ended", "pro", SubscriptionStatus.Expired);
        await catalog.EditAsync("pro", new() { Description = "2" });
        await catalog.PublishAsync("pro");
        await catalog.EditAsync("pro", new() { Description = "3" });
        await catalog.AddonDraftAsync("pack");
        await catalog.SubscribeAsync("s3", "other", addons: ["pack"]);

        var versions = host.Get<PackageVersions>();
        var listed = (await versions.ListAsync(host.Scope(), PackageKind.Plan, new("pro"), Cancellation)).Value;
        var ofAddon = (await versions.ListAsync(host.Scope(), PackageKind.Addon, new("pack"), Cancellation)).Value;
        var unknown = await versions.ListAsync(host.Scope(), PackageKind.Addon, new("pro"), Cancellation);

        Assert.Equal(
            [(3, PackageStatus.Draft, 0), (2, PackageStatus.Published, 0), (1, PackageStatus.Published, 2)],
            listed.Select(row => (row.Version.Version, row.Version.Status, row.Subscriptions)));
        Assert.Equal([(1, 1)], ofAddon.Select(row => (row.Version.Version, row.Subscriptions)));
        Assert.Equal(ErrorCode.AddonNotFound, unknown.Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Draft_tells_what_it_changes_whom_it_touches_and_who_wrote_it(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.MeteredFeatureAsync("seats");
        await catalog.DraftAsync("base");
        Assert.Null((await catalog.Entitlements.CreateAsync(
            host.Scope(),
            new("base"),
            new([new(new("seats")) { UsageLimit = 5m }], []),
            Cancellation)).Refusal);
        await catalog.PublishAsync("base");
        await catalog.DraftAsync("child", basePlan: "base");
        await catalog.PublishAsync("child");
        await catalog.EditAsync("child", new() { Description = "draft" });
        await catalog.SubscribeAsync("s1", "base");
        await catalog.SubscribeAsync("s2", "child");
        await catalog.EditAsync("base", new() { Description = "2" });

        var versions = host.Get<PackageVersions>();
        var details = (await versions.RetrieveAsync(host.Scope(), PackageKind.Plan, new("base"), null, Cancellation)).Value;
        var child = (await versions.RetrieveAsync(host.Scope(), PackageKind.Plan, new("child"), 1, Cancellation)).Value;
        var draft = details.Draft!;

        Assert.True(details.IsParent);
        Assert.True(details.HasSubscriptions);
        Assert.Equal((2, "APP_SERVER"), (draft.Draft.Version, draft.UpdatedBy?.Type));
        Assert.Equal(2, draft.CustomersAffected);
        Assert.Equal(["child"], draft.AffectedChildPlans.Select(id => id.Value));
        Assert.Equal(["child"], draft.ChildPlansWithDraft.Select(id => id.Value));
        Assert.Equal(new ContentChange<string>(ChangeType.Added, null, "2"), draft.Changes.Description);
        Assert.Equal(1, draft.Changes.TotalChanges);
        Assert.Equal(["seats"], child.Inherited.Select(e => e.FeatureId.Value));
        Assert.Equal(
            ErrorCode.PlanNotFound,
            (await versions.RetrieveAsync(host.Scope(), PackageKind.Plan, new("base"), 7, Cancellation)).Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Changes_need_a_draft(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync("pro");
        var versions = host.Get<PackageVersions>();

        var first = await ChangesAsync("pro");
        await catalog.PublishAsync("pro");

        // name and pricing type
        Assert.Equal(2, first.Value.TotalChanges);
        Assert.Equal(ErrorCode.EditAllowedOnDraftPackageOnlyError, (await ChangesAsync("pro")).Refusal?.Code);
        Assert.Equal(ErrorCode.PlanNotFound, (await ChangesAsync("none")).Refusal?.Code);

        Task<Result<PackageChanges>> ChangesAsync(string id) =>
            versions.ChangesAsync(host.Scope(), PackageKind.Plan, new(id), Cancellation);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Older_version_comes_back_as_a_draft_and_an_empty_one_starts_over(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync("pro");
        await catalog.EditAsync("pro", new() { Description = "1" });
        await catalog.PublishAsync("pro");
        await catalog.EditAsync("pro", new() { Description = "2" });
        await catalog.PublishAsync("pro");

        var back = await catalog.Plans.RollBackAsync(host.Scope(), new("pro"), 1, Cancellation);
        var twice = await catalog.Plans.RollBackAsync(host.Scope(), new("pro"), 1, Cancellation);
        var ofDraft = await catalog.Plans.RollBackAsync(host.Scope(), new("pro"), 3, Cancellation);
        await catalog.PublishAsync("pro");
        var unknown = await catalog.Plans.RollBackAsync(host.Scope(), new("pro"), 9, Cancellation);
        var nobody = await catalog.Plans.RollBackAsync(host.Scope(), new("none"), 1, Cancellation);
        var empty = await catalog.Plans.CreateEmptyDraftAsync(host.Scope(), new("pro"), Cancellation);

        Assert.Equal((3, "1"), (back.Value.Version, back.Value.Description));
        Assert.Equal(ErrorCode.DraftAlreadyExists, twice.Refusal?.Code);
        Assert.Equal(ErrorCode.PlanNotFound, ofDraft.Refusal?.Code);
        Assert.Equal(ErrorCode.PlanNotFound, unknown.Refusal?.Code);
        Assert.Equal(ErrorCode.PlanNotFound, nobody.Refusal?.Code);
        Assert.Equal((4, null, "pro"), (empty.Value.Version, empty.Value.PricingType, empty.Value.DisplayName));
        Assert.Equal(ErrorCode.PackagePricingTypeNotSet, (await catalog.TryPublishAsync("pro")).Refusal?.Code);
        Assert.Equal(EventType.PackageDraftCreated, (await catalog.EventsOfAsync(EntityKind.Plan, "pro"))[^1]);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Archived_packages_come_back_unless_their_product_is_archived(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync("twin");
        await catalog.PublishAsync("twin");
        await catalog.AddonDraftAsync("twin");
        await catalog.PublishAddonAsync("twin");
        await catalog.Plans.ArchiveAsync(host.Scope(), new("twin"), Cancellation);
        await catalog.Addons.ArchiveAsync(host.Scope(), new("twin"), Cancellation);

        var plan = await catalog.Plans.UnarchiveAsync(host.Scope(), new("twin"), Cancellation);
        var addon = await catalog.Addons.UnarchiveAsync(host.Scope(), new("twin"), Cancellation);
        var again = await catalog.Addons.UnarchiveAsync(host.Scope(), new("twin"), Cancellation);
        await host.Get<ProductUseCases>().ArchiveAsync(host.Scope(), new("product-default"), Cancellation);
        var orphan = await catalog.Addons.UnarchiveAsync(host.Scope(), new("twin"), Cancellation);

        Assert.Equal(PackageStatus.Published, plan.Value.Status);
        Assert.Equal((PackageKind.Addon, PackageStatus.Published), (addon.Value.Kind, addon.Value.Status));
        Assert.Null(again.Refusal);
        Assert.Equal(ErrorCode.ProductNotPublishedError, orphan.Refusal?.Code);
        Assert.Equal(
            ErrorCode.AddonNotFound,
            (await catalog.Addons.UnarchiveAsync(host.Scope(), new("none"), Cancellation)).Refusal?.Code);
        // Restored once: the second call changed nothing; then the product took it along.
        Assert.Equal(
            [EventType.AddonDeleted, EventType.AddonUpdated, EventType.AddonDeleted],
            (await catalog.EventsOfAsync(EntityKind.Addon, "twin")).TakeLast(3));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Entitlements_of_a_draft_are_reordered(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        foreach (var id in (string[])["a", "b"])
            await catalog.MeteredFeatureAsync(id);
        await catalog.DraftAsync("pro");
        Assert.Null((await catalog.Entitlements.CreateAsync(
            host.Scope(),
            new("pro"),
            new(
                [new(new("a")) { UsageLimit = 1m }, new(new("b")) { UsageLimit = 1m }],
                []),
            Cancellation)).Refusal);

        var ordered = await ReorderAsync("b", -1);
        var listed = (await catalog.Entitlements.ListAsync(host.Scope(), new("pro"), Cancellation)).Value;
        var unknown = await ReorderAsync("c", 1);
        await catalog.PublishAsync("pro");
        var published = await ReorderAsync("b", 5);

        Assert.Equal(["b", "a"], ordered.Value.Select(e => e.Feature!.FeatureId.Value));
        Assert.Equal(["b", "a"], listed.Select(e => e.Feature!.FeatureId.Value));
        Assert.Equal(ErrorCode.FeatureNotFound, unknown.Refusal?.Code);
        Assert.Equal(ErrorCode.EditAllowedOnDraftPackageOnlyError, published.Refusal?.Code);

        Task<Result<IReadOnlyList<EntitlementRow>>> ReorderAsync(string id, decimal order) =>
            catalog.Entitlements.ReorderAsync(host.Scope(), new("pro"), [new(id, order)], Cancellation);
    }
}
