using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Catalog.Products;

namespace Tollgate.Modules.Demo;

/// <summary>
/// Turns sheets into catalogs, step by step: what exists is left alone, so a load that broke off goes on where it was.
/// </summary>
internal sealed class LoadCatalog(
    ProductUseCases products, FeatureUseCases features, PlanUseCases plans, PlanEntitlementUseCases entitlements,
    PublishPlan publish)
{
    public async Task ExecuteAsync(OperationScope scope, CatalogSheet sheet, CancellationToken cancellationToken)
    {
        foreach (var feature in sheet.Features)
        {
            if ((await features.RetrieveAsync(scope, feature.Id, cancellationToken)).Refusal is not null)
                _ = (await features.CreateAsync(scope, feature, cancellationToken)).Value;
        }

        var product = new ProductId(sheet.Product.Id);
        foreach (var plan in sheet.Plans)
            await LoadPlanAsync(scope, product, plan, cancellationToken);
        if (sheet.Settings is { } settings)
            _ = (await products.UpdateAsync(scope, product, new() { Settings = settings }, cancellationToken)).Value;
    }

    /// <summary>Publishes version 2 of a plan, for new customers: those of version 1 keep what they bought.</summary>
    public async Task RaiseLimitAsync(
        OperationScope scope, PackageId plan, EntitlementInput raised, string why, CancellationToken cancellationToken)
    {
        if ((await plans.RetrieveAsync(scope, plan, cancellationToken)).Value.Version > 1)
            return;
        var draft = new PackageUpdate(new() { Description = why }, Pricing: null);
        _ = (await plans.UpdateAsync(scope, plan, draft, cancellationToken)).Value;
        _ = (await entitlements.UpdateAsync(scope, plan, Rows([raised]), cancellationToken)).Value;
        _ = (await publish.ExecuteAsync(scope, plan, MigrationType.NewCustomers, cancellationToken)).Value;
    }

    private async Task LoadPlanAsync(
        OperationScope scope, ProductId product, PlanSheet sheet, CancellationToken cancellationToken)
    {
        var id = new PackageId(sheet.Id);
        if (!(await plans.RetrieveAsync(scope, id, cancellationToken)).TryGet(out var plan, out _))
        {
            var content = new PackageEdit { DisplayName = sheet.DisplayName, PricingType = sheet.Pricing.PricingType };
            if (sheet.BasePlanId is { } basePlan)
                content = content with { BasePlanId = new PackageId(basePlan) };
            if (sheet.Trial is { } trial)
                content = content with { DefaultTrial = trial };
            plan = (await plans.CreateAsync(scope, new(id, product, content), cancellationToken)).Value;
        }

        if (plan.Status != PackageStatus.Draft)
            return;
        _ = (await plans.UpdateAsync(scope, id, new(new(), sheet.Pricing), cancellationToken)).Value;
        if (plan.Entitlements.Count == 0)
            _ = (await entitlements.CreateAsync(scope, id, Rows(sheet.Entitlements), cancellationToken)).Value;
        _ = (await publish.ExecuteAsync(scope, id, MigrationType.NewCustomers, cancellationToken)).Value;
    }

    private static EntitlementRows Rows(IReadOnlyList<EntitlementInput> rows) =>
        new(rows, []);
}
