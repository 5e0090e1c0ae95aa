using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions.Contracts;

/// <summary>A subscription of a new contract: one that exists, or one to provision. Exactly one is set.</summary>
public sealed record ContractSubscriptionInput(SubscriptionId? Existing, ProvisionInput? New);

/// <summary>
/// Makes a contract over subscriptions that exist and subscriptions that are provisioned with it: all or nothing
/// (spec integrations 11).
/// </summary>
public sealed class CreateContract(
    UnitOfWork unitOfWork, CatalogReader catalog, CustomerReader customers, SubscribeCustomer subscribe,
    AdvanceSubscriptions advance, ContractInvoices invoices, Invoicing invoicing)
{
    private readonly ContractStore _store = new();
    private readonly ContractLinks _links = new();
    private readonly ContractViews _views = new(catalog, invoices, invoicing);

    public async Task<Result<ContractView>> ExecuteAsync(
        OperationScope scope, ContractDraft draft, IReadOnlyList<ContractSubscriptionInput> subscriptions,
        CancellationToken cancellationToken)
    {
        if (CheckCall(draft, subscriptions) is { } refusal)
            return refusal;
        var ready = new List<ContractSubscriptionInput>();
        for (var i = 0; i < subscriptions.Count; i++)
        {
            if (subscriptions[i].New is not { } provision)
            {
                ready.Add(subscriptions[i]);
                continue;
            }

            if (!(await subscribe.PrepareAsync(scope, provision, cancellationToken)).TryGet(out var prepared, out refusal))
                return OfNew(i, refusal);
            ready.Add(subscriptions[i] with { New = prepared });
        }

        try
        {
            return await TryAsync(scope, draft, ready, cancellationToken);
        }
        catch (Exception exception) when (unitOfWork.Database.IsUniqueViolation(exception))
        {
            // Another customer's transaction took the same subscription id first; now it is seen and refused or avoided.
            return await TryAsync(scope, draft, ready, cancellationToken);
        }
    }

    private static Refusal? CheckCall(ContractDraft draft, IReadOnlyList<ContractSubscriptionInput> subscriptions)
    {
        var findings = new Findings();
        if (subscriptions.Count == 0)
            findings.Bad("subscriptions", "A contract needs a subscription; name or provision at least one.");
        for (var i = 0; i < subscriptions.Count; i++)
        {
            var (existing, provision) = subscriptions[i];
            if (existing is null == provision is null)
            {
                findings.Bad($"subscriptions[{i}]",
                    $"subscriptions[{i}] needs exactly one of existingSubscriptionId and newSubscription.");
            }

            if (provision?.Request.CustomerId is { } customer && customer != draft.CustomerId)
            {
                findings.Add(ErrorCode.InvalidArgumentError, $"subscriptions[{i}].newSubscription.customerId",
                    $"The contract is of customer '{draft.CustomerId}', the new subscription of '{customer}'; name the same.");
            }
        }

        return findings.ToRefusal();
    }

    private Task<Result<ContractView>> TryAsync(
        OperationScope scope, ContractDraft draft, IReadOnlyList<ContractSubscriptionInput> subscriptions,
        CancellationToken cancellationToken) => unitOfWork.WriteAsync<ContractView>(
        scope,
        LocksOf(scope.EnvironmentId, draft, subscriptions),
        async (work, token) =>
        {
            var customer = await customers.FindAsync(work.Session, scope.EnvironmentId, draft.CustomerId);
            if (!ContractRules.Create(draft, customer, Guid.CreateVersion7(), scope.Now)
                .TryGet(out var contract, out var refusal))
            {
                return refusal;
            }

            await advance.AdvanceAsync(work, draft.CustomerId, token);
            if (!(await ProvisionAsync(work, subscriptions, token)).TryGet(out var named, out refusal)
                || !(await _links.LinkAsync(work, before: null, contract, named)).TryGet(out var linked, out refusal))
            {
                return refusal;
            }

            await _store.InsertAsync(work.Session, scope.EnvironmentId, linked.Contract);
            work.AccessChanged(draft.CustomerId);
            return await _views.OfAsync(work.Session, scope.EnvironmentId, linked.Contract, scope.Now);
        },
        cancellationToken);

    private static IReadOnlyCollection<LockKey> LocksOf(
        EnvironmentId environment, ContractDraft draft, IReadOnlyList<ContractSubscriptionInput> subscriptions) =>
        [.. subscriptions.Select(s => s.New).OfType<ProvisionInput>()
            .SelectMany(input => SubscribeCustomer.Locks(environment, input.Request))
            .Append(UnitOfWork.CatalogInUse(environment))
            .Append(UnitOfWork.CustomerLock(environment, draft.CustomerId)).Distinct()];

    /// <summary>The subscriptions of the request in its order, the new ones provisioned.</summary>
    private async Task<Result<IReadOnlyList<(string Path, SubscriptionId Id)>>> ProvisionAsync(
        Work work, IReadOnlyList<ContractSubscriptionInput> subscriptions, CancellationToken cancellationToken)
    {
        var named = new List<(string, SubscriptionId)>();
        for (var i = 0; i < subscriptions.Count; i++)
        {
            if (subscriptions[i].Existing is { } existing)
            {
                named.Add(($"subscriptions[{i}].existingSubscriptionId", existing));
                continue;
            }

            if (!(await subscribe.ApplyAsync(work, subscriptions[i].New!, cancellationToken))
                .TryGet(out var provisioned, out var refusal))
            {
                return OfNew(i, refusal);
            }

            named.Add(($"subscriptions[{i}].newSubscription", provisioned.Id));
        }

        return named;
    }

    private static Refusal OfNew(int index, Refusal refusal) => refusal with
    {
        Fields = [.. refusal.Fields.Select(fault => fault with { Path = $"subscriptions[{index}].newSubscription.{fault.Path}" })],
    };
}
