using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>A change of a subscription as it was asked for.</summary>
public sealed record UpdateInput(UpdateRequest Request)
{
    public BillingChoices Billing { get; init; } = BillingChoices.Default;
    public UnservedFields Unserved { get; init; } = UnservedFields.None;
}

/// <summary>Reading, changing and ending subscriptions; what is due by now happens first (spec subscriptions 6 and 9).</summary>
public sealed class SubscriptionUseCases(
    UnitOfWork unitOfWork, CatalogReader catalog, DecisionWriter writer, Invoicing invoicing,
    AdvanceSubscriptions advance)
{
    private readonly SubscriptionStore _store = new();
    private readonly PlanFactsReader _plans = new(catalog);

    public async Task<Result<Page<PricedSubscription>>> ListAsync(
        OperationScope scope, SubscriptionFilter filter, PageRequest page, CancellationToken cancellationToken)
    {
        await advance.CatchUpAsync(scope.Environment, scope.Now, cancellationToken);
        return await unitOfWork.Database.ReadAsync<Result<Page<PricedSubscription>>>(
            async (session, _) =>
            {
                var rows = await _store.PageAsync(session, scope.EnvironmentId, filter, page);
                if (!rows.TryGet(out var found, out var refusal))
                    return refusal;
                var versions = _plans.Versions(session, scope.EnvironmentId);
                var charges = new Dictionary<Guid, IReadOnlyList<SubscriptionCharge>>();
                foreach (var subscription in found.Items)
                    charges[subscription.Uid] = await PlanFactsReader.ChargesAsync(versions, subscription);
                var invoices = await invoicing.FindAsync(session, scope.EnvironmentId,
                    [.. found.Items.Select(s => s.LatestInvoiceUid).OfType<Guid>()]);
                return found.Map(s => new PricedSubscription(s, charges[s.Uid], scope.Now)
                {
                    LatestInvoice = invoices.GetValueOrDefault(s.LatestInvoiceUid ?? Guid.Empty),
                });
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
                ? await PricedAsync(session, scope, row.Value)
                : NotFound(id),
            cancellationToken);
    }

    public Task<Result<PricedSubscription>> UpdateAsync(
        OperationScope scope, SubscriptionId id, UpdateInput input, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            input.Billing,
            async (work, before, records) =>
            {
                var held = await _plans.HeldAsync(work.Session, scope.EnvironmentId, before);
                var addons = await _plans.AddonsAsync(
                    work.Session, scope.EnvironmentId, input.Request.Addons, [held.Plan.Version]);
                var facts = new UpdateFacts(
                    held,
                    await _plans.JourneyAsync(work.Session, scope.EnvironmentId, before.ProductId, records),
                    await _plans.FeaturesAsync(
                        work.Session, scope.EnvironmentId, input.Request.Overrides, [held.Plan],
                        addons.Latest.Values.Concat(held.Addons.Values.Select(a => a.Content))),
                    records.Open(before.ProductId, before.ResourceId))
                {
                    Addons = addons,
                    Coupon = await _plans.CouponAsync(work.Session, scope.EnvironmentId, input.Request.Coupon),
                };
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
            new() { Prorate = request.Prorate },
            async (work, before, records) =>
            {
                var facts = new CancelFacts(
                    before,
                    await _plans.JourneyAsync(work.Session, scope.EnvironmentId, before.ProductId, records),
                    records.Open(before.ProductId, before.ResourceId));
                return ids => CancelSubscription.Decide(request, facts, scope.Now, ids);
            },
            cancellationToken);

    private static Refusal NotFound(SubscriptionId id) => new(
        ErrorCode.SubscriptionNotFound, $"There is no subscription with the id '{id}' in this environment.");

    private async Task<Result<PricedSubscription>> ChangeAsync(
        OperationScope scope,
        SubscriptionId id,
        BillingChoices choices,
        Func<Work, Subscription, SubscriptionRecords, Task<Func<IdSource, Result<SubscriptionDecision>>>> prepare,
        CancellationToken cancellationToken)
    {
        // The customer's lock is taken before its rows are read; which customer that is never changes.
        if (await OwnerAsync(scope, id, cancellationToken) is not { } owner)
            return NotFound(id);
        return await unitOfWork.WriteAsync<PricedSubscription>(
            scope,
            // A version published meanwhile would move everybody but this subscription.
            [UnitOfWork.CatalogInUse(scope.EnvironmentId), UnitOfWork.CustomerLock(scope.EnvironmentId, owner)],
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
                var billed = await writer.WriteAsync(work, owner, records, decision, choices, token);
                if (billed.Refusal is { } unpaid)
                    return unpaid;
                var after = await _store.FindAsync(work.Session, scope.EnvironmentId, id);
                return await PricedAsync(work.Session, scope, after!.Value);
            },
            cancellationToken);
    }

    private async Task<PricedSubscription> PricedAsync(
        Session session, OperationScope scope, Subscription subscription) =>
        new(subscription, await _plans.ChargesAsync(session, scope.EnvironmentId, subscription), scope.Now)
        {
            LatestInvoice = subscription.LatestInvoiceUid is { } latest
                ? await invoicing.FindAsync(session, scope.EnvironmentId, latest)
                : null,
        };

    private Task<CustomerId?> OwnerAsync(OperationScope scope, SubscriptionId id, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            async (session, _) => (await _store.FindAsync(session, scope.EnvironmentId, id))?.Value.CustomerId,
            cancellationToken);
}
