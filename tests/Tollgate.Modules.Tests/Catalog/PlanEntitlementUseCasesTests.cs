using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Catalog;

public sealed class PlanEntitlementUseCasesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Entitlements_are_written_on_the_draft_only_and_shown_from_it(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.MeteredFeatureAsync("seats");
        await catalog.MeteredFeatureAsync("calls");
        await catalog.DraftAsync("free");
        Assert.Null((await CreateAsync(new EntitlementInput(new("seats")) { UsageLimit = 5m })).Refusal);
        await catalog.PublishAsync("free");

        var withoutDraft = await CreateAsync(new EntitlementInput(new("calls")) { UsageLimit = 1m });
        await catalog.Plans.CreateDraftAsync(host.Scope(), new("free"), Cancellation);
        Assert.Null((await CreateAsync(new EntitlementInput(new("calls")) { HasUnlimitedUsage = true })).Refusal);
        var twice = await CreateAsync(new EntitlementInput(new("calls")) { UsageLimit = 1m });
        var changed = (await catalog.Entitlements.UpdateAsync(
            host.Scope(),
            new("free"),
            Rows(new EntitlementInput(new("seats")) { UsageLimit = 9m }),
            Cancellation)).Value;
        var removed = (await catalog.Entitlements.DeleteAsync(
            host.Scope(), new("free"), "calls", Cancellation)).Value;
        var shown = (await catalog.Entitlements.ListAsync(host.Scope(), new("free"), Cancellation)).Value;

        Assert.Equal(ErrorCode.EditAllowedOnDraftPackageOnlyError, withoutDraft.Refusal?.Code);
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, twice.Refusal?.Code);
        Assert.Equal(9m, changed.Feature!.UsageLimit);
        Assert.True(removed.Feature!.HasUnlimitedUsage);
        Assert.Equal([("seats", (decimal?)9m)], shown.Select(e => (e.Feature!.FeatureId.Value, e.Feature.UsageLimit)));
        Assert.Equal(5m, Assert.Single((await catalog.LatestAsync("free")).Entitlements).UsageLimit);

        Task<Result<IReadOnlyList<EntitlementRow>>> CreateAsync(EntitlementInput row) =>
            catalog.Entitlements.CreateAsync(host.Scope(), new("free"), Rows(row), Cancellation);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_an_entitlement_names_must_exist(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync("free");
        var credit = new EntitlementRows([], [new(new("tokens")) { Amount = new(1) }]);

        Assert.Equal(ErrorCode.CustomCurrencyNotFound, await CreateAsync("free", credit));
        Assert.Equal(ErrorCode.FeatureNotFound, await CreateAsync("free", Rows(new EntitlementInput(new("none")))));
        Assert.Equal(ErrorCode.PlanNotFound, await CreateAsync("none", credit));
        Assert.Equal(
            ErrorCode.FeatureNotFound,
            (await catalog.Entitlements.DeleteAsync(host.Scope(), new("free"), "none", Cancellation))
                .Refusal?.Code);

        async Task<ErrorCode?> CreateAsync(string plan, EntitlementRows rows) =>
            (await catalog.Entitlements.CreateAsync(host.Scope(), new(plan), rows, Cancellation)).Refusal?.Code;
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Overage_needs_an_included_quantity_which_it_may_bring_itself(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.MeteredFeatureAsync("calls");
        await catalog.DraftAsync("pro", PricingType.Paid);
        var overage = new PricingInput(PricingType.Paid)
        {
            OverageModels =
            [
                new(BillingModel.UsageBased, [new(BillingPeriod.Monthly) { Price = new(0.01m, "usd") }])
                {
                    FeatureId = new("calls"),
                },
            ],
        };

        var alone = await catalog.Plans.UpdateAsync(host.Scope(), new("pro"), new(new(), overage), Cancellation);
        var including = new EntitlementInput(new("calls")) { UsageLimit = 1000m, HasSoftLimit = true };
        var allowed = await catalog.Plans.UpdateAsync(
            host.Scope(), new("pro"), new(new(), overage) { OverageAllowances = [including] }, Cancellation);

        Assert.Equal(ErrorCode.BadUserInput, alone.Refusal?.Code);
        Assert.Equal("charges.overagePricingModels[0].featureId", alone.Refusal?.Fields[0].Path);
        Assert.Null(allowed.Refusal);
        var entitlement = Assert.Single(allowed.Value.Entitlements);
        Assert.Equal((1000m, true), (entitlement.UsageLimit, entitlement.HasSoftLimit));
        Assert.Single(allowed.Value.OverageCharges);
    }

    private static EntitlementRows Rows(EntitlementInput row) => new([row], []);
}
