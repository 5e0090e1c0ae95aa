using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Subscriptions;

namespace Tollgate.Testing;

/// <summary>
/// One customer on a free plan that grants a flag and a meter of 1,000,000 units a month: the least that checks and reports
/// need, made by the use cases.
/// </summary>
public static class EntitledCustomer
{
    public const string Customer = "customer-1";
    public const string Flag = "flag";
    public const string Meter = "meter";

    private const string Plan = "plan-1";

    public static async Task CreateAsync(ModuleHost host, CancellationToken cancellationToken)
    {
        var scope = host.Scope();
        var features = host.Get<FeatureUseCases>();
        Done(await features.CreateAsync(
            scope,
            new() { Id = new(Flag), DisplayName = "Flag", Type = FeatureType.Boolean },
            cancellationToken));
        Done(await features.CreateAsync(
            scope,
            new()
            {
                Id = new(Meter),
                DisplayName = "Meter",
                Type = FeatureType.Number,
                MeterType = MeterType.Incremental,
                Units = "call",
                UnitsPlural = "calls",
            },
            cancellationToken));
        Done(await host.Get<PlanUseCases>().CreateAsync(
            scope,
            new(new(Plan), new("product-default"), new() { DisplayName = "Plan", PricingType = PricingType.Free }),
            cancellationToken));
        Done(await host.Get<PlanEntitlementUseCases>().CreateAsync(
            scope,
            new(Plan),
            new(
                [
                    new(new(Flag)),
                    new(new(Meter)) { UsageLimit = new(1_000_000), Reset = new() { Period = new(ResetPeriod.Month) } },
                ],
                []),
            cancellationToken));
        Done(await host.Get<PublishPlan>().ExecuteAsync(scope, new(Plan), MigrationType.NewCustomers, cancellationToken));
        Done(await host.Get<ProvisionCustomer>().ExecuteAsync(scope, new(Customer), new(), cancellationToken));
        Done(await host.Get<ProvisionWithEntitlements>().ExecuteAsync(
            scope, new(new ProvisionRequest(new(Customer), new(Plan))), cancellationToken));
    }

    private static void Done<T>(Result<T> result)
    {
        if (!result.TryGet(out _, out var refusal))
            throw new InvalidOperationException(refusal.Message);
    }
}
