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
    UnitOfWork unitOfWork, CatalogReader catalog, CustomerReader reader, CustomerWriter writer,
    SubscribeCustomer subscribe, AdvanceSubscriptions advance, SubscriptionReader subscriptions)
{
    /// <summary>
    /// Creates the customer, or applies the fields to the one that exists, in the transaction of
    /// <paramref name="work"/>, which holds <see cref="SubscribeCustomer.Locks"/>. A product that the customer is live
    /// in starts nothing again.
    /// </summary>
    /// <param name="work">The transaction.</param>
    /// <param name="id">The customer.</param>
    /// <param name="fields">What to set on it.</param>
    /// <param name="asked">The first subscription: absent leaves it to the products' journeys, null wants none.</param>
    /// <param name="cancellationToken">Stops the request.</param>
    public async Task<Result<ProvisionedCustomer>> ApplyAsync(
        Work work, CustomerId id, CustomerEdit fields, Optional<ProvisionInput> asked,
        CancellationToken cancellationToken)
    {
        await advance.AdvanceAsync(work, id, cancellationToken);
        if (!(await writer.UpsertAsync(work, id, fields)).TryGet(out var customer, out var refusal))
            return refusal;
        var journey = await JourneyOfAsync(work, customer, asked);
        if (journey.Request is not { } request || await IsLiveAsync(work, id, request))
            return new ProvisionedCustomer(customer, journey.Strategy, null);
        var input = journey.Strategy == SubscriptionDecisionStrategy.RequestedPlan ? asked.Value! : new(request);
        if (!(await subscribe.ApplyAsync(work, input, cancellationToken)).TryGet(out var first, out refusal))
            return refusal;
        customer = (await reader.FindAsync(work.Session, work.Scope.EnvironmentId, id))!;
        return new ProvisionedCustomer(customer, journey.Strategy, first.Subscription);
    }

    private async Task<JourneyDecision> JourneyOfAsync(Work work, Customer customer, Optional<ProvisionInput> asked)
    {
        if (!asked.IsGiven)
            return CustomerJourney.Start(customer.Id, await JourneysAsync(work, customer));
        if (asked.Value is not { Request: var request })
            return new(SubscriptionDecisionStrategy.SkippedSubscriptionCreation, null);
        var plan = await catalog.LatestPlanAsync(work.Session, work.Scope.EnvironmentId, request.PlanId);
        var journey = plan is null
            ? null
            : (await JourneysAsync(work, customer)).FirstOrDefault(j => j.Product.Id == plan.ProductId);
        // An unknown plan is refused by the provisioning itself.
        return journey is null
            ? new(SubscriptionDecisionStrategy.RequestedPlan, request)
            : CustomerJourney.Start(request, journey);
    }

    private async Task<bool> IsLiveAsync(Work work, CustomerId id, ProvisionRequest request)
    {
        var plan = await catalog.LatestPlanAsync(work.Session, work.Scope.EnvironmentId, request.PlanId);
        return plan is not null
            && (await subscriptions.OpenOfCustomerAsync(work.Session, work.Scope.EnvironmentId, id))
                .Any(s => s.IsLive && s.ProductId == plan.ProductId && s.ResourceId == request.ResourceId);
    }

    public Task<Result<ProvisionedCustomer>> ExecuteAsync(
        OperationScope scope, CustomerId id, CustomerEdit fields, CancellationToken cancellationToken) =>
        unitOfWork.WriteAsync<ProvisionedCustomer>(
            scope,
            [UnitOfWork.CatalogInUse(scope.EnvironmentId), UnitOfWork.CustomerLock(scope.EnvironmentId, id)],
            async (work, token) =>
            {
                if (!(await writer.CreateAsync(work, id, fields)).TryGet(out var created, out var refusal))
                    return refusal;
                var journey = CustomerJourney.Start(id, await JourneysAsync(work, created));
                if (journey.Request is not { } request)
                    return new ProvisionedCustomer(created, journey.Strategy, null);
                if (!(await subscribe.ApplyAsync(work, new(request), token)).TryGet(out var first, out refusal))
                    return refusal;
                var customer = await reader.FindAsync(work.Session, scope.EnvironmentId, id);
                return new ProvisionedCustomer(customer!, journey.Strategy, first.Subscription);
            },
            cancellationToken);

    /// <summary>How each product starts this customer: an experiment may have put it on a way of its own.</summary>
    private async Task<IReadOnlyList<JourneyStart>> JourneysAsync(Work work, Customer customer)
    {
        var journeys = new List<JourneyStart>();
        foreach (var listed in await catalog.ProductsAsync(work.Session, work.Scope.EnvironmentId))
        {
            var product = await catalog.ForGroupAsync(
                work.Session, work.Scope.EnvironmentId, listed, customer.Experiment);
            journeys.Add(new(product, product.Settings.StartPlanId is { } plan
                ? await catalog.LatestPlanAsync(work.Session, work.Scope.EnvironmentId, plan)
                : null));
        }

        return journeys;
    }
}
