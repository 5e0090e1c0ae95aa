using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Catalog.FeatureGroups;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Subscriptions;

namespace Tollgate.Modules.Entitlements.Promotions;

/// <summary>
/// Listing, granting and revoking promotional entitlements (spec entitlements-and-usage 14); what is due by now happens
/// first.
/// </summary>
public sealed class PromotionUseCases(
    UnitOfWork unitOfWork, CatalogReader catalog, CustomerReader customers, AdvanceSubscriptions advance)
{
    private readonly PromotionalEntitlementStore _store = new();

    public async Task<Result<Page<PromotionalEntitlement>>> ListAsync(
        OperationScope scope, PromotionFilter filter, PageRequest page, CancellationToken cancellationToken)
    {
        await advance.CustomerAsync(scope.Environment, filter.CustomerId, scope.Now, cancellationToken);
        return await unitOfWork.Database.ReadAsync(
            async (session, _) =>
                await customers.FindAsync(session, scope.EnvironmentId, filter.CustomerId) is { IsArchived: false }
                    ? await _store.PageAsync(session, scope.EnvironmentId, filter, page)
                    : CustomerUseCases.NotFound(filter.CustomerId),
            cancellationToken);
    }

    /// <summary>Grants all rows or none; the granted ones in the order of the rows.</summary>
    public Task<Result<IReadOnlyList<PromotionalEntitlement>>> GrantAsync(
        OperationScope scope, CustomerId customerId, IReadOnlyList<PromotionInput> rows,
        CancellationToken cancellationToken) => ChangeAsync(
        scope,
        customerId,
        async (work, customer, live) => PromotionRules.Grant(
            rows, await FactsAsync(work, customer, rows, live), Guid.CreateVersion7, scope.Now),
        cancellationToken);

    /// <summary>
    /// Grants the members of a feature group, all or none; the granted ones in the order of the rows.
    /// </summary>
    public Task<Result<IReadOnlyList<PromotionalEntitlement>>> GrantGroupAsync(
        OperationScope scope, CustomerId customerId, string groupId, IReadOnlyList<PromotionInput> rows,
        CancellationToken cancellationToken) => ChangeGroupAsync(
        scope,
        customerId,
        groupId,
        async (work, customer, group, live) => PromotionGroupRules.Grant(
            group, rows, await FactsAsync(work, customer, rows, live), Guid.CreateVersion7, scope.Now),
        cancellationToken);

    /// <summary>Takes back what was granted with a group; the promotional entitlements as they are or ended.</summary>
    public Task<Result<IReadOnlyList<PromotionalEntitlement>>> RevokeGroupAsync(
        OperationScope scope, CustomerId customerId, string groupId, CancellationToken cancellationToken) =>
        ChangeGroupAsync(
            scope,
            customerId,
            groupId,
            (_, customer, _, live) => Task.FromResult(PromotionGroupRules.Revoke(customer, groupId, live, scope.Now)),
            cancellationToken);

    /// <summary>Cuts the link to the group; everything stays granted.</summary>
    public Task<Result<IReadOnlyList<PromotionalEntitlement>>> UnlinkGroupAsync(
        OperationScope scope, CustomerId customerId, string groupId, CancellationToken cancellationToken) =>
        ChangeGroupAsync(
            scope,
            customerId,
            groupId,
            (_, customer, _, live) => Task.FromResult(PromotionGroupRules.Unlink(customer, groupId, live, scope.Now)),
            cancellationToken);

    /// <summary>The promotional entitlement as it ended.</summary>
    public Task<Result<PromotionalEntitlement>> RevokeAsync(
        OperationScope scope, CustomerId customerId, FeatureId featureId, CancellationToken cancellationToken) =>
        WriteAsync<PromotionalEntitlement>(
            scope,
            customerId,
            async (work, customer) =>
            {
                var held = (await _store.ListLiveOfCustomerAsync(work.Session, scope.EnvironmentId, customerId))
                    .FirstOrDefault(row => row.Value.FeatureId == featureId);
                if (!PromotionRules.Revoke(customer, held?.Value, featureId, scope.Now)
                    .TryGet(out var change, out var refusal))
                {
                    return refusal;
                }

                await SaveAsync(work, held, change);
                return change.Value;
            },
            cancellationToken);

    private Task<Result<IReadOnlyList<PromotionalEntitlement>>> ChangeGroupAsync(
        OperationScope scope, CustomerId customerId, string groupId,
        Func<Work, Customer, FeatureGroup, IReadOnlyList<PromotionalEntitlement>,
            Task<Result<IReadOnlyList<Change<PromotionalEntitlement>>>>> decide,
        CancellationToken cancellationToken) => ChangeAsync(
        scope,
        customerId,
        async (work, customer, live) =>
            await catalog.FeatureGroupAsync(work.Session, scope.EnvironmentId, groupId) is { } group
                ? await decide(work, customer, group, live)
                : FeatureGroupUseCases.NotFound(groupId),
        cancellationToken);

    /// <summary>Loads what the customer holds, decides, saves every change with its events.</summary>
    private Task<Result<IReadOnlyList<PromotionalEntitlement>>> ChangeAsync(
        OperationScope scope, CustomerId customerId,
        Func<Work, Customer, IReadOnlyList<PromotionalEntitlement>,
            Task<Result<IReadOnlyList<Change<PromotionalEntitlement>>>>> decide,
        CancellationToken cancellationToken) => WriteAsync<IReadOnlyList<PromotionalEntitlement>>(
        scope,
        customerId,
        async (work, customer) =>
        {
            var live = await _store.ListLiveOfCustomerAsync(work.Session, scope.EnvironmentId, customerId);
            if (!(await decide(work, customer, [.. live.Select(row => row.Value)]))
                .TryGet(out var changes, out var refusal))
            {
                return refusal;
            }

            foreach (var change in changes)
                await SaveAsync(work, live.FirstOrDefault(row => row.Value.Uid == change.Value.Uid), change);
            return Result<IReadOnlyList<PromotionalEntitlement>>.Ok([.. changes.Select(change => change.Value)]);
        },
        cancellationToken);

    private Task<Result<T>> WriteAsync<T>(
        OperationScope scope, CustomerId customerId, Func<Work, Customer, Task<Result<T>>> body,
        CancellationToken cancellationToken) => unitOfWork.WriteAsync<T>(
        scope,
        [UnitOfWork.CatalogInUse(scope.EnvironmentId), UnitOfWork.CustomerLock(scope.EnvironmentId, customerId)],
        async (work, token) =>
        {
            await advance.AdvanceAsync(work, customerId, token);
            var customer = await customers.FindAsync(work.Session, scope.EnvironmentId, customerId);
            return customer is null ? CustomerUseCases.NotFound(customerId) : await body(work, customer);
        },
        cancellationToken);

    private async Task SaveAsync(
        Work work, Versioned<PromotionalEntitlement>? held, Change<PromotionalEntitlement> change)
    {
        if (held is null)
            await _store.InsertAsync(work.Session, work.Scope.EnvironmentId, change.Value);
        else
            await _store.UpdateAsync(work.Session, work.Scope.EnvironmentId, held, change.Value);
        work.Record(change.Events);
        work.AccessChanged(change.Value.CustomerId);
    }

    private async Task<PromotionFacts> FactsAsync(
        Work work, Customer customer, IReadOnlyList<PromotionInput> rows, IReadOnlyList<PromotionalEntitlement> live)
    {
        var features = new Dictionary<FeatureId, Feature>();
        foreach (var id in rows.Select(row => row.FeatureId).Distinct())
        {
            if (await catalog.FeatureAsync(work.Session, work.Scope.EnvironmentId, id) is { } feature)
                features.Add(id, feature);
        }

        return new(customer, features, live);
    }
}
