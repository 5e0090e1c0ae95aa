using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Rows;

namespace Tollgate.Modules.Subscriptions.Contracts;

/// <summary>Makes subscriptions part of a contract, inside a transaction that holds their customer's lock.</summary>
internal sealed class ContractLinks
{
    private readonly ContractStore _contracts = new();
    private readonly SubscriptionStore _subscriptions = new();

    /// <summary>Writes the subscriptions and records all events; writing the contract is the caller's.</summary>
    /// <param name="work">The transaction.</param>
    /// <param name="before">The contract as stored; null for a new one.</param>
    /// <param name="contract">As changed.</param>
    /// <param name="named">The subscriptions to add, each with the field of the request that names it.</param>
    public async Task<Result<LinkedContract>> LinkAsync(
        Work work, Contract? before, Contract contract, IReadOnlyList<(string Path, SubscriptionId Id)> named)
    {
        var (session, environment, now) = (work.Session, work.Scope.EnvironmentId, work.Scope.Now);
        var rows = new Dictionary<SubscriptionId, Versioned<Subscription>>();
        var links = new List<ContractedSubscription>();
        foreach (var (path, id) in named)
        {
            if (await _subscriptions.FindAsync(session, environment, id) is { } row)
                rows[id] = row;
            var subscription = rows.GetValueOrDefault(id)?.Value;
            var other = subscription?.ContractId is { } contractId
                ? (await _contracts.FindAsync(session, environment, contractId))?.Value
                : null;
            links.Add(new(path, id, subscription, other));
        }

        if (ContractRules.CheckLinks(contract, links, now) is { } refusal)
            return refusal;
        var linked = ContractRules.Link(before, contract, links.Select(link => link.Subscription!), now);
        foreach (var subscription in linked.Linked)
            await _subscriptions.UpdateAsync(session, environment, rows[subscription.Id], subscription);
        work.Record(linked.Events);
        return linked;
    }
}
