using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Catalog.CreditCurrencies;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Catalog;

public sealed class CreditEntitlementUseCasesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static CreditEntitlementInput Credits(string currency, decimal amount) =>
        new(new(currency)) { Amount = new(amount), Cadence = new(CreditCadence.Month) };

    private static async Task<CatalogDriver> StartAsync(ModuleHost host)
    {
        var catalog = new CatalogDriver(host);
        foreach (var id in (string[])["ai", "old"])
        {
            Assert.Null((await host.Get<CustomCurrencyUseCases>().CreateAsync(
                host.Scope(), new(new(id), id), Cancellation)).Refusal);
        }

        Assert.Null((await host.Get<CustomCurrencyUseCases>().ArchiveAsync(host.Scope(), new("old"), Cancellation)).Refusal);
        await catalog.MeteredFeatureAsync("seats");
        await catalog.DraftAsync("pro");
        return catalog;
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Credits_are_granted_beside_features_and_survive_a_version(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = await StartAsync(host);

        var added = (await catalog.Entitlements.CreateAsync(
            host.Scope(),
            new("pro"),
            new([new(
                null, Credits("ai", 1_000) with { HasSoftLimit = new(true), DependencyFeatureId = new(new("seats")) }),
                new(new(new("seats")) { UsageLimit = 5m }, null)]),
            Cancellation)).Value;
        var changed = (await catalog.Entitlements.UpdateAsync(
            host.Scope(), new("pro"), new([], [Credits("ai", 2_000)]), Cancellation)).Value;
        await catalog.PublishAsync("pro");
        var stored = await catalog.LatestAsync("pro");
        var listed = (await catalog.Entitlements.ListAsync(host.Scope(), new("pro"), Cancellation)).Value;

        Assert.Equal(["ai", "seats"], added.Select(row => row.Credit?.CurrencyId.Value ?? row.Feature!.FeatureId.Value));
        Assert.Equal(2_000m, changed.Credit!.Amount);
        var row = Assert.Single(stored.CreditEntitlements);
        Assert.Equal(
            (2_000m, true, "seats", 0m), (row.Amount!.Value, row.HasSoftLimit, row.DependencyFeatureId!.Value.Value, row.Order!.Value));
        Assert.Equal(2, listed.Count);
        Assert.NotNull(listed[0].Credit);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_a_credit_row_names_must_exist_and_be_live(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = await StartAsync(host);

        Assert.Equal(ErrorCode.CustomCurrencyNotFound, await CreateAsync(Credits("none", 1)));
        Assert.Equal(ErrorCode.EntityIsArchivedError, await CreateAsync(Credits("old", 1)));
        Assert.Equal(
            ErrorCode.FeatureNotFound, await CreateAsync(Credits("ai", 1) with { DependencyFeatureId = new(new("none")) }));
        Assert.Null(await CreateAsync(Credits("ai", 1)));
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, await CreateAsync(Credits("ai", 1)));
        Assert.Equal(
            ErrorCode.CustomCurrencyNotFound,
            (await catalog.Entitlements.UpdateAsync(
                host.Scope(), new("pro"), new([], [Credits("none", 1)]), Cancellation)).Refusal?.Code);
        Assert.Null((await catalog.Entitlements.DeleteAsync(host.Scope(), new("pro"), "ai", Cancellation)).Refusal);
        Assert.Equal(
            ErrorCode.FeatureNotFound,
            (await catalog.Entitlements.DeleteAsync(host.Scope(), new("pro"), "ai", Cancellation)).Refusal?.Code);

        async Task<ErrorCode?> CreateAsync(CreditEntitlementInput row) =>
            (await catalog.Entitlements.CreateAsync(host.Scope(), new("pro"), new([], [row]), Cancellation)).Refusal?.Code;
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_call_adds_all_rows_or_none_and_tells_every_fault(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = await StartAsync(host);

        var refused = (await catalog.Entitlements.CreateAsync(
            host.Scope(),
            new("pro"),
            new([new(new("seats")) { UsageLimit = 5m }, new(new("none"))], [Credits("ai", 0)]),
            Cancellation)).Refusal!;

        Assert.Equal(ErrorCode.FeatureNotFound, refused.Code);
        Assert.Equal(["entitlements[1].id", "entitlements[2].amount"], refused.Fields.Select(f => f.Path));
        Assert.Empty((await catalog.Entitlements.ListAsync(host.Scope(), new("pro"), Cancellation)).Value);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_currency_that_a_package_grants_is_not_archived_and_a_feature_it_depends_on_not_deleted(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = await StartAsync(host);
        Assert.Null((await catalog.Entitlements.CreateAsync(
            host.Scope(), new("pro"), new([], [Credits("ai", 1) with { DependencyFeatureId = new(new("seats")) }]),
            Cancellation)).Refusal);
        var currencies = host.Get<CustomCurrencyUseCases>();

        var dependants = (await currencies.DependantsAsync(host.Scope(), new("ai"), Cancellation)).Value;
        var archived = await currencies.ArchiveAsync(host.Scope(), new("ai"), Cancellation);
        var deleted = await host.Get<DeleteFeature>().ExecuteAsync(host.Scope(), new("seats"), Cancellation);

        Assert.Equal("pro", Assert.Single(dependants).Id.Value);
        Assert.Equal(ErrorCode.IntegrityViolation, archived.Refusal?.Code);
        Assert.NotNull(deleted.Refusal);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Children_inherit_credits_and_copies_of_a_product_keep_them(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = await StartAsync(host);
        Assert.Null((await catalog.Entitlements.CreateAsync(
            host.Scope(), new("pro"), new([], [Credits("ai", 70)]), Cancellation)).Refusal);
        await catalog.PublishAsync("pro");
        await catalog.DraftAsync("child", basePlan: "pro");

        var child = (await host.Get<PackageVersions>().RetrieveAsync(
            host.Scope(), PackageKind.Plan, new("child"), null, Cancellation)).Value;
        Assert.Null((await host.Get<CopyProduct>().ExecuteAsync(
            host.Scope(), new("product-default"), new(new("copy")), Cancellation)).Refusal);
        var copy = await catalog.LatestAsync("copy-pro");

        Assert.Equal(70m, Assert.Single(child.InheritedCredits).Amount);
        Assert.Equal(70m, Assert.Single(copy.CreditEntitlements).Amount);
    }
}
