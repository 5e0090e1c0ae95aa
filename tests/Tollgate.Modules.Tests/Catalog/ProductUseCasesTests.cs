using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Catalog;

public sealed class ProductUseCasesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task New_environment_has_one_default_product_however_often_it_is_seeded(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var products = host.Get<ProductUseCases>();

        await host.SeedAsync();
        var listed = (await products.ListAsync(host.Scope("production"), new(), PageRequest.First, Cancellation)).Value;

        var only = Assert.Single(listed.Items);
        Assert.Equal("product-default", only.Id.Value);
        Assert.Equal("Test", only.DisplayName);
        Assert.True(only.IsDefault);
        Assert.False(only.MultipleSubscriptions);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Archived_product_leaves_the_list_keeps_its_id_and_comes_back(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var products = host.Get<ProductUseCases>();
        await products.CreateAsync(host.Scope(), new(new("team"), "Team"), Cancellation);

        Assert.True((await products.ArchiveAsync(host.Scope(), new("team"), Cancellation)).Value.IsArchived);
        var live = (await products.ListAsync(host.Scope(), new(), PageRequest.First, Cancellation)).Value;
        var archived = (await products.ListAsync(
            host.Scope(), new() { Archived = [true] }, PageRequest.First, Cancellation)).Value;
        var again = await products.CreateAsync(host.Scope(), new(new("team"), "Team"), Cancellation);
        var edited = await products.UpdateAsync(host.Scope(), new("team"), new() { DisplayName = "T" }, Cancellation);
        Assert.False((await products.UnarchiveAsync(host.Scope(), new("team"), Cancellation)).Value.IsArchived);
        var twice = await products.UnarchiveAsync(host.Scope(), new("team"), Cancellation);

        Assert.Equal(["product-default"], live.Items.Select(p => p.Id.Value));
        Assert.Equal(["team"], archived.Items.Select(p => p.Id.Value));
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, again.Refusal?.Code);
        Assert.Equal(ErrorCode.ProductNotPublishedError, edited.Refusal?.Code);
        Assert.Equal(ErrorCode.CannotUnarchiveProductError, twice.Refusal?.Code);
        var events = (await host.Get<ListEvents>().ExecuteAsync(
            host.Scope(),
            new() { EntityKind = EntityKind.Product, EntityId = "team" },
            PageRequest.First,
            Cancellation)).Value;
        Assert.Equal(
            [EventType.ProductUnarchived, EventType.ProductDeleted, EventType.ProductCreated],
            events.Items.Select(e => e.Type));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Unknown_product_is_not_found(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var products = host.Get<ProductUseCases>();

        Assert.Equal(
            ErrorCode.ProductNotFoundError,
            (await products.UpdateAsync(host.Scope(), new("none"), new() { DisplayName = "T" }, Cancellation))
                .Refusal?.Code);
        Assert.Equal(
            ErrorCode.ProductNotFoundError,
            (await products.ArchiveAsync(host.Scope(), new("none"), Cancellation)).Refusal?.Code);
        Assert.Equal(
            ErrorCode.PlanNotFound,
            (await products.UpdateAsync(
                host.Scope(),
                new("product-default"),
                new() { Settings = new() { StartSetup = SubscriptionStartSetup.FreePlan, StartPlanId = new("none") } },
                Cancellation)).Refusal?.Code);
    }
}
