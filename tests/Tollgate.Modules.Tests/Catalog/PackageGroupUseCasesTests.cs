using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Catalog.PackageGroups;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Modules.Rows;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Catalog;

public sealed class PackageGroupUseCasesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Group_is_kept_with_its_members_and_leaves_the_list_when_archived(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        var groups = host.Get<PackageGroupUseCases>();
        await catalog.AddonDraftAsync("a");
        await CreateAsync(host, "extras");
        await CreateAsync(host, "others");

        var filled = (await groups.SetAddonsAsync(host.Scope(), "extras", [new("a")], Cancellation)).Value;
        await groups.UpdateAsync(host.Scope(), "extras", new() { Description = new("More of it") }, Cancellation);
        await groups.ArchiveAsync(host.Scope(), "others", Cancellation);
        var read = (await groups.RetrieveAsync(host.Scope(), "extras", Cancellation)).Value;
        var live = (await groups.ListAsync(host.Scope(), new(), PageRequest.First, Cancellation)).Value.Items;
        var archived = (await groups.ListAsync(
            host.Scope(), new() { Archived = [true] }, PageRequest.First, Cancellation)).Value.Items;
        var readByOthers = await host.Database.ReadAsync(
            (session, _) => host.Get<CatalogReader>().PackageGroupAsync(session, host.EnvironmentId, "extras"), Cancellation);

        Assert.Equal(2, filled.Version);
        Assert.Equal((2, "More of it"), (read.Version, read.Description));
        Assert.Equal(["a"], readByOthers!.AddonIds.Select(id => id.Value));
        Assert.Equal("extras", Assert.Single(live).Id);
        Assert.Equal("others", Assert.Single(archived).Id);
        Assert.Equal(
            [EventType.PackageGroupCreated, EventType.PackageGroupUpdated, EventType.PackageGroupUpdated],
            await catalog.EventsOfAsync(EntityKind.PackageGroup, "extras"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Refusals_name_what_is_missing_or_taken(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var groups = host.Get<PackageGroupUseCases>();
        await CreateAsync(host, "extras");
        var taken = await groups.CreateAsync(
            host.Scope(), new("extras", "Again", new("product-default")), Cancellation);
        var homeless = await groups.CreateAsync(host.Scope(), new("other", "Other", new("none")), Cancellation);
        var unknown = await groups.RetrieveAsync(host.Scope(), "none", Cancellation);
        var unchanged = await groups.ArchiveAsync(host.Scope(), "none", Cancellation);
        var member = await groups.SetAddonsAsync(host.Scope(), "extras", [new("none")], Cancellation);

        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, taken.Refusal?.Code);
        Assert.Equal(ErrorCode.ProductNotFoundError, homeless.Refusal?.Code);
        Assert.Equal(ErrorCode.PackageGroupNotFound, unknown.Refusal?.Code);
        Assert.Equal(ErrorCode.PackageGroupNotFound, unchanged.Refusal?.Code);
        Assert.Equal(ErrorCode.AddonNotFound, member.Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Plan_takes_a_group_whose_members_are_published_and_holds_both_back_from_archiving(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        var groups = host.Get<PackageGroupUseCases>();
        foreach (var id in (string[])["a", "late"])
            await catalog.AddonDraftAsync(id);
        await CreateAsync(host, "extras");
        await groups.SetAddonsAsync(host.Scope(), "extras", [new("a")], Cancellation);
        await catalog.DraftAsync("big", PricingType.Custom);
        await catalog.DraftAsync("free");
        CompatiblePackageGroup[] taken = [new("extras", 1, 2)];

        Assert.Equal(ErrorCode.FreePlanCantHaveCompatiblePackageGroupError, await TakeAsync("free", taken));
        Assert.Equal(ErrorCode.PackageGroupNotFound, await TakeAsync("big", [new("none", null, null)]));
        Assert.Null(await TakeAsync("big", taken));
        Assert.Equal(
            ErrorCode.PlanCannotBePublishWhenCompatibleAddonIsDraft, (await catalog.TryPublishAsync("big")).Refusal?.Code);
        await catalog.PublishAddonAsync("a");
        await catalog.PublishAsync("big");

        Assert.Equal(taken, (await catalog.LatestAsync("big")).CompatibleGroups);
        Assert.Equal(
            ErrorCode.AddonIsCompatibleWithGroup,
            (await catalog.Addons.ArchiveAsync(host.Scope(), new("a"), Cancellation)).Refusal?.Code);
        Assert.Equal(
            ErrorCode.IntegrityViolation, (await groups.ArchiveAsync(host.Scope(), "extras", Cancellation)).Refusal?.Code);
        Assert.Equal(
            ErrorCode.UnPublishedPackage,
            (await groups.SetAddonsAsync(host.Scope(), "extras", [new("late")], Cancellation)).Refusal?.Code);
        var use = (await catalog.Addons.RetrieveUseAsync(host.Scope(), new("a"), Cancellation)).Value;
        Assert.Equal(["extras"], use.Groups);
        Assert.Empty(use.Plans);

        async Task<ErrorCode?> TakeAsync(string plan, CompatiblePackageGroup[] asked) =>
            (await catalog.Plans.UpdateAsync(
                host.Scope(), new(plan), new(new() { CompatibleGroups = asked }, null), Cancellation)).Refusal?.Code;
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Groups_go_with_their_product(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await host.Get<ProductUseCases>().CreateAsync(host.Scope(), new(new("short-lived"), "Short"), Cancellation);
        Assert.Null((await host.Get<PackageGroupUseCases>().CreateAsync(
            host.Scope(), new("extras", "Extras", new("short-lived")), Cancellation)).Refusal);

        Assert.Null((await host.Get<DeleteProduct>().ExecuteAsync(host.Scope(), new("short-lived"), Cancellation)).Refusal);

        Assert.Equal(
            ErrorCode.PackageGroupNotFound,
            (await host.Get<PackageGroupUseCases>().RetrieveAsync(host.Scope(), "extras", Cancellation)).Refusal?.Code);
        var last = (await catalog.EventsAsync(new() { EntityKind = EntityKind.PackageGroup, EntityId = "extras" }))[0];
        Assert.Equal((EventType.PackageGroupUpdated, null), (last.Type, last.After));
    }

    private static async Task CreateAsync(ModuleHost host, string id) => Assert.Null(
        (await host.Get<PackageGroupUseCases>().CreateAsync(
            host.Scope(), new(id, id, new ProductId("product-default")), Cancellation)).Refusal);
}
