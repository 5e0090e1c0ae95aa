using Tollgate.Domain;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;

namespace Tollgate.Modules.Subscriptions;

/// <summary>A new customer with the subscription it starts with, if any, and why.</summary>
public sealed record ProvisionedCustomer(
    Customer Customer, SubscriptionDecisionStrategy Strategy, PricedSubscription? Subscription);

/// <summary>
/// Creates a customer and, as the products' customer journey says, its first subscription: both or neither
/// (spec subscriptions 2.2).
/// </summary>
public sealed class ProvisionCustomer(
    UnitOfWork unitOfWork, CatalogReader catalog, CustomerReader reader, CustomerWriter writer, SubscribeCustomer subscribe)
{
    public Task<Result<ProvisionedCustomer>> ExecuteAsync(
        OperationScope scope, CustomerId id, CustomerEdit fields, CancellationToken cancellationToken) =>
        unitOfWork.WriteAsync<ProvisionedCustomer>(
            scope,
            [UnitOfWork.CatalogInUse(scope.EnvironmentId), UnitOfWork.CustomerLock(scope.EnvironmentId, id)],
            async (work, token) =>
            {
                if (!(await writer.CreateAsync(work, id, fields)).TryGet(out var created, out var refusal))
                    return refusal;
                var journey = CustomerJourney.Start(id, await JourneysAsync(work));
                if (journey.Request is not { } request)
                    return new ProvisionedCustomer(created, journey.Strategy, null);
                if (!(await subscribe.ApplyAsync(work, new(request), token)).TryGet(out var first, out refusal))
                    return refusal;
                var customer = await reader.FindAsync(work.Session, scope.EnvironmentId, id);
                return new ProvisionedCustomer(customer!, journey.Strategy, first.Subscription);
            },
            cancellationToken);

    private async Task<IReadOnlyList<JourneyStart>> JourneysAsync(Work work)
    {
        var journeys = new List<JourneyStart>();
        foreach (var product in await catalog.ProductsAsync(work.Session, work.Scope.EnvironmentId))
        {
            journeys.Add(new(product, product.Settings.StartPlanId is { } plan
                ? await catalog.LatestPlanAsync(work.Session, work.Scope.EnvironmentId, plan)
                : null));
        }

        return journeys;
    }
}
