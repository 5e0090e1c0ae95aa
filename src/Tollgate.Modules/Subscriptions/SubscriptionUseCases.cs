using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>A change of a subscription as it was asked for.</summary>
public sealed record UpdateInput(UpdateRequest Request)
{
    public UnservedFields Unserved { get; init; } = UnservedFields.None;
}

/// <summary>Reading, changing and ending subscriptions; what is due by now happens first (spec subscriptions 6 and 9).</summary>
public sealed class SubscriptionUseCases(
    UnitOfWork unitOfWork, CatalogReader catalog, CustomerWriter customers, AdvanceSubscriptions advance)
{
    private readonly SubscriptionStore _store = new();
    private readonly PlanFactsReader _plans = new(catalog);
    private readonly DecisionWriter _writer = new(new(catalog), customers);

    public async Task<Result<Page<PricedSubscription>>> ListAsync(
        OperationScope scope, SubscriptionFilter filter, PageRequest page, CancellationToken cancellationToken)
    {
        await advance.RunDueAsync(scope.Environment, scope.Now, cancellationToken);
        return await unitOfWork.Database.ReadAsync<Result<Page<PricedSubscription>>>(
            async (session, _) =>
            {
                var rows = await _store.PageAsync(session, scope.EnvironmentId, filter, page);
                if (!rows.TryGet(out var found, out var refusal))
                    return refusal;
                var versions = new Dictionary<(PackageId, int), PackageVersion>();
                foreach (var subscription in found.Items)
                {
                    var key = (subscription.PlanId, subscription.PriceVersion);
                    if (!versions.ContainsKey(key))
                        versions[key] = await _plans.PricesAsync(session, scope.EnvironmentId, subscription);
                }

                return found.Map(s => new PricedSubscription(
                    s, PlanFactsReader.ChargesOf(s, versions[(s.PlanId, s.PriceVersion)])));
            },
            cancellationToken);
    }

    public async Task<Result<PricedSubscription>> RetrieveAsync(
        OperationScope scope, SubscriptionId id, CancellationToken cancellationToken)
    {
        if (await OwnerAsync(scope, id, cancellationToken) is not { } owner)
            return NotFound(id);
        await advance.CustomerAsync(scope.Environment, owner, scope.Now, cancellationToken);
        return await unitOfWork.Database.ReadAsync<Result<PricedSubscription>>(
            async (session, _) => await _store.FindAsync(session, scope.EnvironmentId, id) is { } row
                ? await PricedAsync(session, scope.EnvironmentId, row.Value)
                : NotFound(id),
            cancellationToken);
    }

    public Task<Result<PricedSubscription>> UpdateAsync(
        OperationScope scope, SubscriptionId id, UpdateInput input, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            async (work, before, records) =>
            {
                var held = await _plans.HeldAsync(work.Session, scope.EnvironmentId, before);
                var named = (input.Request.Overrides ?? []).Select(o => o.FeatureId)
                    .Concat(held.Plan.Entitlements.Where(e => e.IsCustom).Select(e => e.FeatureId));
                var facts = new UpdateFacts(
                    held,
                    await _plans.JourneyAsync(work.Session, scope.EnvironmentId, before.ProductId),
                    await _plans.FeaturesAsync(work.Session, scope.EnvironmentId, named),
                    records.Open(before.ProductId, before.ResourceId));
                return ids => UpdateSubscription.Decide(input.Request, facts, scope.Now, ids) is var result
                    && result.TryGet(out var decision, out _) && input.Unserved.Check(decision.Subject) is { } refused
                    ? refused
                    : result;
            },
            cancellationToken);

    public Task<Result<PricedSubscription>> CancelAsync(
        OperationScope scope, SubscriptionId id, CancelRequest request, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            async (work, before, records) =>
            {
                var facts = new CancelFacts(
                    before,
                    await _plans.JourneyAsync(work.Session, scope.EnvironmentId, before.ProductId),
                    records.Open(before.ProductId, before.ResourceId));
                return ids => CancelSubscription.Decide(request, facts, scope.Now, ids);
            },
            cancellationToken);

    private static Refusal NotFound(SubscriptionId id) => new(
        ErrorCode.SubscriptionNotFound, $"There is no subscription with the id '{id}' in this environment.");

    private async Task<Result<PricedSubscription>> ChangeAsync(
        OperationScope scope,
        SubscriptionId id,
        Func<Work, Subscription, SubscriptionRecords, Task<Func<IdSource, Result<SubscriptionDecision>>>> prepare,
        CancellationToken cancellationToken)
    {
        // The customer's lock is taken before its rows are read; which customer that is never changes.
        if (await OwnerAsync(scope, id, cancellationToken) is not { } owner)
            return NotFound(id);
        return await unitOfWork.WriteAsync<PricedSubscription>(
            scope,
            [UnitOfWork.CustomerLock(scope.EnvironmentId, owner)],
            async (work, token) =>
            {
                await advance.AdvanceAsync(work, owner, token);
                var records = new SubscriptionRecords(
                    await _store.ListOfCustomerAsync(work.Session, scope.EnvironmentId, owner));
                var before = records.All.First(s => s.Id == id);
                var decided = await SubscriptionIds.DecideAsync(
                    _store,
                    work,
                    records.Uids,
                    await prepare(work, before, records),
                    result => result.TryGet(out var accepted, out _) ? accepted : null);
                if (!decided.TryGet(out var decision, out var refusal))
                    return refusal;
                await _writer.WriteAsync(work, owner, records, decision);
                work.Record(decision.Events);
                var after = await _store.FindAsync(work.Session, scope.EnvironmentId, id);
                return await PricedAsync(work.Session, scope.EnvironmentId, after!.Value);
            },
            cancellationToken);
    }

    private async Task<PricedSubscription> PricedAsync(
        Session session, EnvironmentId environment, Subscription subscription) =>
        new(subscription,
            PlanFactsReader.ChargesOf(subscription, await _plans.PricesAsync(session, environment, subscription)));

    private Task<CustomerId?> OwnerAsync(OperationScope scope, SubscriptionId id, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            async (session, _) => (await _store.FindAsync(session, scope.EnvironmentId, id))?.Value.CustomerId,
            cancellationToken);
}
