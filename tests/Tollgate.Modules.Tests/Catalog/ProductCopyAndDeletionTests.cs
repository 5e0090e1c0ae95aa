using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Catalog.PackageGroups;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Modules.Rows;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Catalog;

public sealed class ProductCopyAndDeletionTests
{
    private static readonly ProductId Source = new("product-default");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Copy_can_be_published_and_leaves_the_source_alone(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync("free");
        await catalog.PublishAsync("free");
        await catalog.DraftAsync("child", basePlan: "free");

        await host.Get<PackageGroupUseCases>().CreateAsync(host.Scope(), new("extras", "Extras", Source), Cancellation);

        var copied = (await CopyAsync(host, "copy")).Value;

        Assert.Equal("copy", copied.Id.Value);
        Assert.Equal(
            "copy",
            (await host.Get<PackageGroupUseCases>().RetrieveAsync(host.Scope(), "copy-extras", Cancellation)).Value
                .ProductId.Value);
        Assert.Equal(PackageStatus.Draft, (await catalog.LatestAsync("copy-free")).Status);
        Assert.Equal("copy-free", (await catalog.LatestAsync("copy-child")).BasePlan!.Id.Value);
        Assert.Equal("copy", (await catalog.PublishAsync("copy-free")).Version.ProductId.Value);
        Assert.Equal(1, (await catalog.PublishAsync("copy-child")).Version.BasePlan!.Version);
        Assert.Equal((1, PackageStatus.Published), ((await catalog.LatestAsync("free")).Version,
            (await catalog.LatestAsync("free")).Status));
        Assert.Equal([EventType.PlanCreated, EventType.PackagePublished],
            await catalog.EventsOfAsync(EntityKind.Plan, "copy-free"));
        Assert.Equal([EventType.ProductCreated], await catalog.EventsOfAsync(EntityKind.Product, "copy"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Second_copy_of_the_same_plan_gets_a_number_and_a_taken_target_is_refused(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync("free");
        await catalog.DraftAsync("copy-free");

        await CopyAsync(host, "copy");

        Assert.Equal("copy", (await catalog.LatestAsync("copy-free-2")).ProductId.Value);
        Assert.Equal("copy", (await catalog.LatestAsync("copy-copy-free")).ProductId.Value);
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, (await CopyAsync(host, "copy")).Refusal?.Code);
        Assert.Equal(ErrorCode.DuplicateProductValidationError, (await CopyAsync(host, "a b")).Refusal?.Code);
        Assert.Equal(
            ErrorCode.ProductNotFoundError,
            (await host.Get<CopyProduct>().ExecuteAsync(
                host.Scope(), new("none"), new(new ProductId("x")), Cancellation)).Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Archived_product_takes_its_add_ons_along_and_brings_them_back(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync("free");
        await catalog.PublishAsync("free");
        await InsertAddonAsync(host, "extra");
        var products = host.Get<ProductUseCases>();

        await products.ArchiveAsync(host.Scope(), Source, Cancellation);
        var while_archived = await StatusesAsync(host);
        await products.UnarchiveAsync(host.Scope(), Source, Cancellation);
        var after = await StatusesAsync(host);

        Assert.Equal([PackageStatus.Archived, PackageStatus.Archived], while_archived);
        Assert.Equal([PackageStatus.Published, PackageStatus.Published], after);
        Assert.Equal(
            [EventType.AddonDeleted, EventType.AddonUpdated], await catalog.EventsOfAsync(EntityKind.Addon, "extra"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Deleted_product_frees_its_id_and_those_of_its_packages(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync("free");
        await catalog.PublishAsync("free");
        await catalog.EditAsync("free", new() { Description = "v2" });
        await InsertAddonAsync(host, "extra");
        var delete = host.Get<DeleteProduct>();

        Assert.Equal(Source, (await delete.ExecuteAsync(host.Scope(), Source, Cancellation)).Value.Id);

        Assert.Empty(await StatusesAsync(host));
        Assert.Equal(
            ErrorCode.PlanNotFound,
            (await catalog.Plans.RetrieveAsync(host.Scope(), new("free"), Cancellation)).Refusal?.Code);
        Assert.Equal(
            ErrorCode.ProductNotFoundError, (await delete.ExecuteAsync(host.Scope(), Source, Cancellation)).Refusal?.Code);
        await host.Get<ProductUseCases>().CreateAsync(host.Scope(), new(Source, "Again"), Cancellation);
        Assert.Equal(1, (await catalog.DraftAsync("free")).Version);
        Assert.Equal(
            [
                EventType.PlanCreated, EventType.PackagePublished, EventType.PackageDraftCreated,
                EventType.PackageDraftUpdated, EventType.PlanDeleted, EventType.PackageDraftDeleted, EventType.PlanCreated,
            ],
            await catalog.EventsOfAsync(EntityKind.Plan, "free"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Product_that_was_ever_subscribed_to_is_kept(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync("free");
        await catalog.PublishAsync("free");
        await catalog.SubscribeAsync("s", "free", Domain.Subscriptions.SubscriptionStatus.Canceled);

        var refused = await host.Get<DeleteProduct>().ExecuteAsync(host.Scope(), Source, Cancellation);
        var details = (await host.Get<ReadProduct>().ExecuteAsync(host.Scope(), Source, Cancellation)).Value;

        Assert.Equal(ErrorCode.CannotDeleteProductError, refused.Refusal?.Code);
        Assert.True(details.HasSubscriptions);
        Assert.Equal(["free"], details.Packages.Select(p => p.Id.Value));
        Assert.Equal(
            ErrorCode.ProductNotFoundError,
            (await host.Get<ReadProduct>().ExecuteAsync(host.Scope(), new("none"), Cancellation)).Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Auto_cancellation_rules_are_checked_against_the_catalog_and_go_with_its_plans(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        var products = host.Get<ProductUseCases>();
        await catalog.DraftAsync("own");
        await products.CreateAsync(host.Scope(), new(new("team"), "Team") { MultipleSubscriptions = true }, Cancellation);
        await catalog.Plans.CreateAsync(
            host.Scope(),
            new(new("team-plan"), new("team"), new() { DisplayName = "Team", PricingType = PricingType.Free }),
            Cancellation);

        Task<Result<Product>> SetAsync(params AutoCancellationRule[] rules) => products.UpdateAsync(
            host.Scope(), Source, new() { AutoCancellationRules = rules }, Cancellation);

        var wrongWay = await SetAsync(new AutoCancellationRule(new("team-plan"), new("own")));
        var set = await SetAsync(new AutoCancellationRule(new("own"), new("team-plan")));
        var flipped = await products.UpdateAsync(
            host.Scope(), new("team"), new() { MultipleSubscriptions = false }, Cancellation);
        await host.Get<DeleteProduct>().ExecuteAsync(host.Scope(), new("team"), Cancellation);
        var left = (await host.Get<ReadProduct>().ExecuteAsync(host.Scope(), Source, Cancellation)).Value;

        Assert.Equal(ErrorCode.MultiSubscriptionCantBeAutoCancellationSourceError, wrongWay.Refusal?.Code);
        Assert.Single(set.Value.AutoCancellationRules);
        Assert.Equal(ErrorCode.SingleSubscriptionCantBeAutoCancellationTargetError, flipped.Refusal?.Code);
        Assert.Empty(left.Product.AutoCancellationRules);
    }

    private static Task<Result<Product>> CopyAsync(ModuleHost host, string target) =>
        host.Get<CopyProduct>().ExecuteAsync(host.Scope(), Source, new(new ProductId(target)), Cancellation);

    private static Task<bool> InsertAddonAsync(ModuleHost host, string id) => InsertAsync(host, new()
    {
        Uid = Guid.CreateVersion7(),
        Kind = PackageKind.Addon,
        Id = new(id),
        Version = 1,
        Status = PackageStatus.Published,
        IsLatest = true,
        ProductId = Source,
        DisplayName = id,
        PricingType = PricingType.Custom,
        CreatedAt = host.Scope().Now,
        UpdatedAt = host.Scope().Now,
    });

    private static async Task<bool> InsertAsync(ModuleHost host, PackageVersion package)
    {
        await host.Database.WriteAsync(
            [],
            async (session, _) =>
            {
                await new PackageStore().InsertAsync(session, host.EnvironmentId, package);
                return true;
            },
            Cancellation);
        return true;
    }

    /// <summary>Of every current package, plans before add-ons.</summary>
    private static async Task<IReadOnlyList<PackageStatus>> StatusesAsync(ModuleHost host)
    {
        IReadOnlyList<Versioned<PackageVersion>> rows = await host.Database.ReadAsync(
            (session, _) => new PackageStore().ListCurrentAsync(session, host.EnvironmentId), Cancellation);
        return [.. rows.Select(row => row.Value.Status)];
    }
}
