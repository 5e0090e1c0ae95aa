using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Subscriptions;
using Tollgate.Storage;

namespace Tollgate.Modules.Entitlements;

/// <summary>A provisioned subscription with what its scope is entitled to from now on.</summary>
public sealed record EntitledSubscription(ProvisionedSubscription Provisioned, EntitlementList Entitlements);

/// <summary>A provisioned customer with what it is entitled to from now on.</summary>
public sealed record CustomerWithEntitlements(ProvisionedCustomer Provisioned, EntitlementList Entitlements);

/// <summary>
/// Provisions a subscription and answers the effective entitlements after it, from the same transaction.
/// </summary>
public sealed class ProvisionWithEntitlements(
    UnitOfWork unitOfWork, CatalogReader catalog, SubscribeCustomer subscribe, ProvisionCustomer provision,
    ScopeCompiler compiler, IUsageLevels usage, FailedSubscriptions failed)
{
    /// <summary>Customer, first subscription and entitlements in one call (spec subscriptions 2.2).</summary>
    public async Task<Result<CustomerWithEntitlements>> CustomerAsync(
        OperationScope scope, CustomerId id, CustomerEdit fields, Optional<ProvisionInput> asked,
        CancellationToken cancellationToken)
    {
        var made = (await PrepareAsync(scope, asked, cancellationToken)).TryGet(out var ready, out var unanswered)
            ? await TryCustomerAsync(scope, id, fields, ready, cancellationToken)
            : unanswered;
        if (made.Refusal is { } refusal && asked.Or(null) is { } input)
            await failed.NoteAsync(scope, input.Request, refusal, cancellationToken);
        return made;
    }

    private async Task<Result<Optional<ProvisionInput>>> PrepareAsync(
        OperationScope scope, Optional<ProvisionInput> asked, CancellationToken cancellationToken) =>
        asked.Or(null) is { } input
            ? (await subscribe.PrepareAsync(scope, input, cancellationToken))
                .Map(ready => new Optional<ProvisionInput>(ready))
            : asked;

    private Task<Result<CustomerWithEntitlements>> TryCustomerAsync(
        OperationScope scope, CustomerId id, CustomerEdit fields, Optional<ProvisionInput> asked,
        CancellationToken cancellationToken) =>
        unitOfWork.WriteAsync<CustomerWithEntitlements>(
            scope,
            SubscribeCustomer.Locks(scope.EnvironmentId, asked.Or(null)?.Request ?? new(id, default)),
            async (work, token) =>
            {
                if (!(await provision.ApplyAsync(work, id, fields, asked, token)).TryGet(out var made, out var refusal))
                    return refusal;
                return new CustomerWithEntitlements(made, await EntitlementsAsync(
                    work, id, made.Subscription?.Subscription.ResourceId));
            },
            cancellationToken);

    private async Task<EntitlementList> EntitlementsAsync(Work work, CustomerId customer, ResourceId? resource)
    {
        var (session, scope) = (work.Session, work.Scope);
        var features = await catalog.FeaturesAsync(session, scope.EnvironmentId);
        var access = await compiler.CompileAsync(session, scope.EnvironmentId, customer, resource, features, scope.Now);
        return await ListAsync(session, access, scope.Now);
    }

    public async Task<Result<EntitledSubscription>> ExecuteAsync(
        OperationScope scope, ProvisionInput input, CancellationToken cancellationToken)
    {
        var prepared = await subscribe.PrepareAsync(scope, input, cancellationToken);
        var provisioned = prepared.TryGet(out var ready, out var unanswered)
            ? await ProvisionAsync(scope, ready, cancellationToken)
            : unanswered;
        if (provisioned.Refusal is { } refusal)
            await failed.NoteAsync(scope, input.Request, refusal, cancellationToken);
        return provisioned;
    }

    private async Task<Result<EntitledSubscription>> ProvisionAsync(
        OperationScope scope, ProvisionInput input, CancellationToken cancellationToken)
    {
        try
        {
            return await TryAsync(scope, input, cancellationToken);
        }
        catch (Exception exception) when (unitOfWork.Database.IsUniqueViolation(exception))
        {
            // Another customer's transaction took the same subscription id first; now it is seen and refused
            // or avoided.
            return await TryAsync(scope, input, cancellationToken);
        }
    }

    private Task<Result<EntitledSubscription>> TryAsync(
        OperationScope scope, ProvisionInput input, CancellationToken cancellationToken) =>
        unitOfWork.WriteAsync<EntitledSubscription>(
            scope,
            SubscribeCustomer.Locks(scope.EnvironmentId, input.Request),
            async (work, token) =>
            {
                if (!(await subscribe.ApplyAsync(work, input, token)).TryGet(out var provisioned, out var refusal))
                    return refusal;
                return new EntitledSubscription(
                    provisioned, await EntitlementsAsync(work, input.Request.CustomerId, input.Request.ResourceId));
            },
            cancellationToken);

    private async Task<EntitlementList> ListAsync(Session session, ScopeAccess access, Instant now)
    {
        var rows = new List<ListedEntitlement>(access.Entitlements.Count);
        foreach (var compiled in access.Entitlements)
        {
            var raw = compiled.Cell is { } cell
                ? (await usage.ReadAsync(session, cell, compiled.WindowAt(now).Counted)).Value
                : 0;
            rows.Add(new(compiled, compiled.Entitlement.ShownUsage(decimal.Max(raw, 0))));
        }

        return new(access.Set?.ListDeniedReason, access.ComputedAt, rows);
    }
}
