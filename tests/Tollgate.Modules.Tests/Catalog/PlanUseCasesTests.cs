using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Modules.Rows;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Catalog;

public sealed class PlanUseCasesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Change_of_a_published_plan_opens_a_draft_and_leaves_the_version_alone(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync("free");
        await catalog.PublishAsync("free");

        var draft = await catalog.EditAsync("free", new() { Description = "new" });
        var latest = await catalog.LatestAsync("free");

        Assert.Equal(
            (2, PackageStatus.Draft, false, "new"), (draft.Version, draft.Status, draft.IsLatest, draft.Description));
        Assert.Equal(
            (1, PackageStatus.Published, true, null),
            (latest.Version, latest.Status, latest.IsLatest, latest.Description));
        Assert.Equal(
            [
                EventType.PlanCreated, EventType.PackagePublished,
                EventType.PackageDraftCreated, EventType.PackageDraftUpdated,
            ],
            await catalog.EventsOfAsync(EntityKind.Plan, "free"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Discarded_draft_frees_its_number_and_the_id_of_a_plan_never_published(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync("kept");
        await catalog.PublishAsync("kept");
        await catalog.EditAsync("kept", new() { Description = "a" });
        await catalog.DraftAsync("gone");

        await catalog.Plans.RemoveDraftAsync(host.Scope(), new("kept"), Cancellation);
        await catalog.Plans.RemoveDraftAsync(host.Scope(), new("gone"), Cancellation);

        Assert.Equal(2, (await catalog.EditAsync("kept", new() { Description = "b" })).Version);
        Assert.Equal(
            ErrorCode.PlanNotFound,
            (await catalog.Plans.RetrieveAsync(host.Scope(), new("gone"), Cancellation)).Refusal?.Code);
        Assert.Equal(1, (await catalog.DraftAsync("gone")).Version);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Base_plan_that_exists_as_a_draft_only_stays_while_a_draft_inherits_from_it(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync("base");
        await catalog.DraftAsync("child", basePlan: "base");

        var removed = await catalog.Plans.RemoveDraftAsync(host.Scope(), new("base"), Cancellation);
        var circle = await catalog.Plans.UpdateAsync(
            host.Scope(), new("base"), new(new() { BasePlanId = new(new PackageId("child")) }, null), Cancellation);

        Assert.Equal(ErrorCode.PlanWithChildCantBeDeleted, removed.Refusal?.Code);
        Assert.Equal(ErrorCode.PlansCircularDependencyError, circle.Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Plan_that_others_need_is_not_archived(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync("start");
        await catalog.PublishAsync("start");
        await catalog.DraftAsync("base");
        await catalog.PublishAsync("base");
        await catalog.DraftAsync("child", basePlan: "base");
        await host.Get<ProductUseCases>().UpdateAsync(
            host.Scope(),
            new("product-default"),
            new()
            {
                Settings = new()
                {
                    StartSetup = SubscriptionStartSetup.FreePlan,
                    StartPlanId = new("start"),
                    EndSetup = SubscriptionEndSetup.DowngradeToFree,
                    DowngradePlanId = new("base"),
                },
            },
            Cancellation);

        Assert.Equal(ErrorCode.PlanIsUsedAsDefaultStartPlan, await ArchiveAsync("start"));
        Assert.Equal(ErrorCode.PlanIsUsedAsDowngradePlan, await ArchiveAsync("base"));
        Assert.Equal(ErrorCode.DraftPlanCantBeArchived, await ArchiveAsync("child"));
        Assert.Equal(ErrorCode.PlanNotFound, await ArchiveAsync("none"));

        async Task<ErrorCode?> ArchiveAsync(string id) =>
            (await catalog.Plans.ArchiveAsync(host.Scope(), new(id), Cancellation)).Refusal?.Code;
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Archiving_a_product_takes_its_live_plans_along_and_brings_only_those_back(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        var products = host.Get<ProductUseCases>();
        foreach (var id in (string[])["old", "live"])
        {
            await catalog.DraftAsync(id);
            await catalog.PublishAsync(id);
        }

        await catalog.DraftAsync("draft");
        await catalog.Plans.ArchiveAsync(host.Scope(), new("old"), Cancellation);

        await products.ArchiveAsync(host.Scope(), new("product-default"), Cancellation);
        Assert.Equal(PackageStatus.Archived, (await catalog.LatestAsync("live")).Status);
        Assert.Equal(ErrorCode.ProductNotPublishedError, (await catalog.TryPublishAsync("draft")).Refusal?.Code);
        Assert.Equal(
            ErrorCode.EntityIsArchivedError,
            (await catalog.Plans.CreateDraftAsync(host.Scope(), new("live"), Cancellation)).Refusal?.Code);
        await products.UnarchiveAsync(host.Scope(), new("product-default"), Cancellation);

        Assert.Equal(PackageStatus.Published, (await catalog.LatestAsync("live")).Status);
        Assert.Equal(PackageStatus.Archived, (await catalog.LatestAsync("old")).Status);
        Assert.Equal(PackageStatus.Draft, (await catalog.LatestAsync("draft")).Status);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Product_with_an_open_subscription_is_not_archived_and_keeps_its_kind(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        var products = host.Get<ProductUseCases>();
        await catalog.SubscribeAsync("s1", "free", SubscriptionStatus.NotStarted);

        var archived = await products.ArchiveAsync(host.Scope(), new("product-default"), Cancellation);
        var changed = await products.UpdateAsync(
            host.Scope(), new("product-default"), new() { MultipleSubscriptions = true }, Cancellation);
        var same = await products.UpdateAsync(
            host.Scope(), new("product-default"), new() { MultipleSubscriptions = false }, Cancellation);

        Assert.Equal(ErrorCode.CannotArchiveProductError, archived.Refusal?.Code);
        Assert.Equal(ErrorCode.IntegrityViolation, changed.Refusal?.Code);
        Assert.Null(same.Refusal);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Charges_are_listed_in_catalog_order_page_by_page(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.MeteredFeatureAsync("seats");
        await catalog.DraftAsync("pro");
        var pricing = new PricingInput(PricingType.Paid)
        {
            Models =
            [
                new(BillingModel.FlatFee, [Price(BillingPeriod.Monthly, 49), Price(BillingPeriod.Annually, 490)]),
                new(BillingModel.PerUnit, [Price(BillingPeriod.Monthly, 10), Price(BillingPeriod.Annually, 100)])
                {
                    FeatureId = new("seats"),
                },
            ],
        };
        var priced = await catalog.Plans.UpdateAsync(host.Scope(), new("pro"), new(new(), pricing), Cancellation);
        Assert.Null(priced.Refusal);
        await catalog.SubscribeAsync("s1", "pro");

        var first = await PageAsync(new(3, null, null));
        var second = await PageAsync(new(3, first.Next, null));
        var back = await PageAsync(new(2, null, second.Items[0].Charge.Uid));

        Assert.Equal([49m, 490m, 10m], first.Items.Select(c => c.Charge.Price!.Amount));
        Assert.Null(first.Previous);
        Assert.Equal([100m], second.Items.Select(c => c.Charge.Price!.Amount));
        Assert.Null(second.Next);
        Assert.Equal([490m, 10m], back.Items.Select(c => c.Charge.Price!.Amount));
        Assert.Equal((back.Items[1].Charge.Uid, back.Items[0].Charge.Uid), (back.Next, back.Previous));
        Assert.True(first.Items[0].UsedInSubscriptions);

        async Task<Page<ListedCharge>> PageAsync(PageRequest page) => (await catalog.Plans.ListChargesAsync(
            host.Scope(), new("pro"), ChargeList.Regular, page, Cancellation)).Value;
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_a_change_names_must_exist(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync("pro");

        var addon = await catalog.Plans.UpdateAsync(
            host.Scope(),
            new("pro"),
            new(new() { CompatibleAddonIds = new PackageId[] { new("extra") } }, null),
            Cancellation);
        var topUp = new PricingInput(PricingType.Paid)
        {
            Models = [new(BillingModel.PerUnit, [Price(BillingPeriod.Monthly, 1)]) { TopUpCurrencyId = new("tokens") }],
        };
        var currency = await catalog.Plans.UpdateAsync(host.Scope(), new("pro"), new(new(), topUp), Cancellation);
        var product = await catalog.Plans.CreateAsync(
            host.Scope(), new(new("other"), new("none"), new() { DisplayName = "Other" }), Cancellation);

        Assert.Equal(ErrorCode.AddonNotFound, addon.Refusal?.Code);
        Assert.Equal(ErrorCode.CustomCurrencyNotFound, currency.Refusal?.Code);
        Assert.Equal("charges.pricingModels[0].topUpCustomCurrencyId", currency.Refusal?.Fields[0].Path);
        Assert.Equal(ErrorCode.ProductNotFoundError, product.Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Base_plan_is_set_and_taken_away_by_versions(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync("base");
        await catalog.PublishAsync("base");
        await catalog.DraftAsync("child");
        await catalog.EditAsync("child", new() { BasePlanId = new PackageId("base") });
        await catalog.PublishAsync("child");
        await catalog.EditAsync("child", new() { BasePlanId = new Optional<PackageId?>(null) });
        var between = await catalog.LatestAsync("child");
        await catalog.PublishAsync("child");

        Assert.Equal(new BasePlan(new("base"), 1), between.BasePlan);
        Assert.Null((await catalog.LatestAsync("child")).BasePlan);
        Assert.Null((await catalog.Plans.ArchiveAsync(host.Scope(), new("base"), Cancellation)).Refusal);
    }

    private static PricePeriodInput Price(BillingPeriod period, decimal amount) =>
        new(period) { Price = new(amount, "usd") };
}
