using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Subscriptions.Bills;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>Reading, changing and ending subscriptions; what is due by now happens first (spec subscriptions 6 and 9).</summary>
public sealed class SubscriptionUseCases(
    UnitOfWork unitOfWork, CatalogReader catalog, CustomerReader reader, CustomerWriter customers, DecisionWriter writer,
    DraftBills drafts, Invoicing invoicing, DescribePreview describe, AdvanceSubscriptions advance, ProviderGate gate,
    PromotionCodes promotions)
{
    private readonly SubscriptionStore _store = new();
    private readonly PlanFactsReader _plans = new(catalog);
    private readonly RequestFacts _facts = new(catalog, reader);
    private readonly SubscriptionTransaction _transaction = new(unitOfWork, advance);

    /// <summary>Loads what a decision needs, and answers the decision.</summary>
    private delegate Task<Func<IdSource, Result<SubscriptionDecision>>> Preparation(
        Work work, Subscription before, SubscriptionRecords records);

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
        if (await _transaction.OwnerAsync(scope, id, cancellationToken) is not { } owner)
            return SubscriptionTransaction.NotFound(id);
        await advance.CustomerAsync(scope.Environment, owner, scope.Now, cancellationToken);
        return await unitOfWork.Database.ReadAsync<Result<PricedSubscription>>(
            async (session, _) => await _store.FindAsync(session, scope.EnvironmentId, id) is { } row
                ? await PricedAsync(session, scope, row.Value)
                : SubscriptionTransaction.NotFound(id),
            cancellationToken);
    }

    public async Task<Result<PricedSubscription>> UpdateAsync(
        OperationScope scope, SubscriptionId id, UpdateInput input, CancellationToken cancellationToken) =>
        (await PrepareAsync(scope, id, input, cancellationToken)).TryGet(out var ready, out var refusal)
            ? await ChangeAsync(
                scope, id, ready.Billing, Updating(scope, ready), cancellationToken, integration: ready.IntegrationId)
            : refusal;

    /// <summary>What the update would cost; nothing is changed (spec subscriptions 11).</summary>
    public async Task<Result<SubscriptionPreview>> PreviewUpdateAsync(
        OperationScope scope, SubscriptionId id, UpdateInput input, CancellationToken cancellationToken) =>
        (await PrepareAsync(scope, id, input, cancellationToken)).TryGet(out var ready, out var refusal)
            ? await PreviewAsync(scope, id, ready.Billing, Updating(scope, ready), cancellationToken, ready.IntegrationId)
            : refusal;

    public Task<Result<PricedSubscription>> CancelAsync(
        OperationScope scope, SubscriptionId id, CancelRequest request, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope, id, new() { Prorate = request.Prorate }, Canceling(scope, request), cancellationToken);

    /// <summary>What the cancellation would bill and give back; nothing is changed.</summary>
    public Task<Result<SubscriptionPreview>> PreviewCancelAsync(
        OperationScope scope, SubscriptionId id, CancelRequest request, CancellationToken cancellationToken) =>
        PreviewAsync(
            scope, id, new() { Prorate = request.Prorate }, Canceling(scope, request), cancellationToken);

    /// <summary>Moves the subscription to the latest versions of its plan and add-ons (spec subscriptions 13).</summary>
    public Task<Result<PricedSubscription>> MigrateAsync(
        OperationScope scope, SubscriptionId id, SubscriptionMigrationTime time, CancellationToken cancellationToken) =>
        ChangeAsync(scope, id, BillingChoices.Default, MigrationTo(time), cancellationToken);

    /// <summary>
    /// Runs the migration and rolls it back; <paramref name="look"/> looks at what came of it while it is there.
    /// </summary>
    internal Task<Result<T>> PreviewMigrationAsync<T>(
        OperationScope scope, SubscriptionId id, SubscriptionMigrationTime time,
        Func<Work, ChangedSubscription, Task<T>> look, CancellationToken cancellationToken) =>
        _transaction.RunAsync<T>(
            scope,
            id,
            async (work, before, records, token) =>
                (await DecideAsync(work, before, records, BillingChoices.Default, MigrationTo(time), null, token))
                .TryGet(out var changed, out var refusal)
                    ? await look(work, changed)
                    : refusal,
            cancellationToken,
            isPreview: true);

    private Preparation MigrationTo(SubscriptionMigrationTime time) => async (work, before, records) =>
    {
        var (session, scope) = (work.Session, work.Scope);
        var held = await _plans.HeldAsync(session, scope.EnvironmentId, before);
        var facts = await _facts.OfMigrationAsync(session, scope.EnvironmentId, held, records);
        return ids => MigrateSubscription.Decide(time, facts, scope.Now, ids);
    };

    /// <summary>Moves the subscription to another resource of its customer, made when it is new.</summary>
    public Task<Result<PricedSubscription>> TransferAsync(
        OperationScope scope, SubscriptionId id, ResourceId destination, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            BillingChoices.Default,
            async (work, before, records) =>
            {
                var journey = await _plans.JourneyAsync(work.Session, scope.EnvironmentId, before, records);
                var decision = MoveSubscription.ToResource(
                    before, destination, journey, records.Open(before.ProductId, destination), scope.Now);
                if (decision.TryGet(out var accepted, out _) && !accepted.IsNoChange)
                    await customers.EnsureResourceAsync(work, before.CustomerId, destination);
                return _ => decision;
            },
            cancellationToken);

    /// <summary>Makes another customer the payer (spec subscriptions 14).</summary>
    public Task<Result<PricedSubscription>> DelegatePaymentAsync(
        OperationScope scope, SubscriptionId id, CustomerId target, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            BillingChoices.Default,
            async (work, before, records) =>
            {
                var journey = await _plans.JourneyAsync(work.Session, scope.EnvironmentId, before, records);
                var found = await reader.FindAsync(work.Session, scope.EnvironmentId, target);
                var isMethodMissing = await invoicing.IsMethodMissingAsync(work.Session, scope.EnvironmentId, target);
                return _ => MoveSubscription.ToPayer(before, target, found, journey, scope.Now, isMethodMissing);
            },
            cancellationToken,
            target);

    /// <summary>Makes another customer the one that is entitled and manages; who pays stays.</summary>
    public Task<Result<PricedSubscription>> DelegateManagementAsync(
        OperationScope scope, SubscriptionId id, CustomerId target, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            BillingChoices.Default,
            async (work, before, records) =>
            {
                await advance.AdvanceAsync(work, target, cancellationToken);
                var journey = await _plans.JourneyAsync(work.Session, scope.EnvironmentId, before, records);
                var found = await reader.FindAsync(work.Session, scope.EnvironmentId, target);
                var theirs = new SubscriptionRecords(
                    await _store.ListOfCustomerAsync(work.Session, scope.EnvironmentId, target));
                var decision = MoveSubscription.ToManager(
                    before, target, found, journey, theirs.Open(before.ProductId, before.ResourceId), scope.Now);
                if (decision.TryGet(out var accepted, out _) && !accepted.IsNoChange)
                {
                    if (before.ResourceId is { } resource)
                        await customers.EnsureResourceAsync(work, target, resource);
                    work.AccessChanged(target);
                }

                return _ => decision;
            },
            cancellationToken,
            target);

    /// <summary>Takes back what waits; nothing waiting is no fault.</summary>
    public Task<Result<PricedSubscription>> CancelUpdatesAsync(
        OperationScope scope, SubscriptionId id, ScheduleStatus status, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            BillingChoices.Default,
            async (work, before, records) =>
            {
                var journey = await _plans.JourneyAsync(work.Session, scope.EnvironmentId, before, records);
                return _ => CancelFutureUpdates.Decide(before, status, journey, scope.Now);
            },
            cancellationToken);

    /// <summary>What has to be asked of others before the transaction: what a promotion code stands for.</summary>
    private async Task<Result<UpdateInput>> PrepareAsync(
        OperationScope scope, SubscriptionId id, UpdateInput input, CancellationToken cancellationToken)
    {
        if (!input.Request.Coupon.IsGiven)
            return input;
        var seen = await unitOfWork.Database.ReadAsync(
            (session, _) => _store.FindAsync(session, scope.EnvironmentId, id), cancellationToken);
        return seen is not { Value: var subscription } ? input : (await promotions.LookUpAsync(
            scope, input.Request.Coupon, ProviderLimits.PayerOf(subscription), subscription.PlanId, cancellationToken))
            .Map(coupon => input with { Request = input.Request with { Coupon = coupon } });
    }

    private Preparation Updating(OperationScope scope, UpdateInput input) => async (work, before, records) =>
    {
        var held = await _plans.HeldAsync(work.Session, scope.EnvironmentId, before);
        var facts = await _facts.OfUpdateAsync(work.Session, scope.EnvironmentId, input.Request, held, records);
        // As when the worker ends a trial: without the means to pay it expires.
        if (before.Status == SubscriptionStatus.InTrial && input.Request.TrialEndDate <= scope.Now
            && UpdateSubscription.Decide(input.Request, facts, scope.Now, SubscriptionIds.Random).TryGet(out var ended, out _)
            && await writer.IsMethodMissingAsync(work, ended, scope.Now))
        {
            facts = facts with { IsPaymentMissing = true };
        }

        return ids => UpdateSubscription.Decide(input.Request, facts, scope.Now, ids) is var result
            && result.TryGet(out _, out _) && input.Unserved.Check() is { } refused
            ? refused
            : result;
    };

    private Preparation Canceling(OperationScope scope, CancelRequest request) => async (work, before, records) =>
    {
        var facts = new CancelFacts(
            before,
            await _plans.JourneyAsync(work.Session, scope.EnvironmentId, before, records),
            records.Open(before.ProductId, before.ResourceId));
        return ids => CancelSubscription.Decide(request, facts, scope.Now, ids);
    };

    private Task<Result<PricedSubscription>> ChangeAsync(
        OperationScope scope, SubscriptionId id, BillingChoices choices, Preparation prepare,
        CancellationToken cancellationToken, CustomerId? other = null, string? integration = null) =>
        _transaction.RunAsync<PricedSubscription>(
            scope,
            id,
            async (work, before, records, token) =>
            {
                var decided = await DecideAsync(work, before, records, choices, prepare, integration, token);
                if (!decided.TryGet(out var changed, out var refusal))
                    return refusal;
                if (changed.Subject.CustomerId != before.CustomerId)
                    await drafts.FinalizeAllAsync(work, changed.Subject, before.CustomerId, token);
                var after = await _store.FindAsync(work.Session, scope.EnvironmentId, changed.Subject.Id);
                return await PricedAsync(work.Session, scope, after!.Value);
            },
            cancellationToken,
            other);

    private Task<Result<SubscriptionPreview>> PreviewAsync(
        OperationScope scope, SubscriptionId id, BillingChoices choices, Preparation prepare,
        CancellationToken cancellationToken, string? integration = null) => _transaction.RunAsync<SubscriptionPreview>(
            scope,
            id,
            async (work, before, records, token) =>
                (await DecideAsync(work, before, records, choices, prepare, integration, token))
                .TryGet(out var changed, out var refusal)
                    ? await describe.OfAsync(
                        work, changed.Billed.Decision.Subject, changed.Billed.Invoices, changed.Billed.Decision.Direction)
                    : refusal,
            cancellationToken,
            isPreview: true);

    private async Task<Result<ChangedSubscription>> DecideAsync(
        Work work, Subscription before, SubscriptionRecords records, BillingChoices choices, Preparation prepare,
        string? integration, CancellationToken cancellationToken)
    {
        var decided = await SubscriptionIds.DecideAsync(
            _store,
            work,
            records.Uids,
            await prepare(work, before, records),
            result => result.TryGet(out var accepted, out _) ? accepted : null);
        if (!decided.TryGet(out var decision, out var refusal))
            return refusal;
        if (await gate.CheckAsync(work, decision, integration, cancellationToken) is { } beyond)
            return beyond;
        var billed = await writer.WriteAsync(work, before.CustomerId, records, decision, choices, cancellationToken);
        return new ChangedSubscription(before, decision.Subject, records, billed);
    }

    private async Task<PricedSubscription> PricedAsync(
        Session session, OperationScope scope, Subscription subscription) =>
        new(subscription, await _plans.ChargesAsync(session, scope.EnvironmentId, subscription), scope.Now)
        {
            LatestInvoice = subscription.LatestInvoiceUid is { } latest
                ? await invoicing.FindAsync(session, scope.EnvironmentId, latest)
                : null,
        };
}
