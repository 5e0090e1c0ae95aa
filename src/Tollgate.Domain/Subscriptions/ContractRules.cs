using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>A contract as a request asks for it, without its subscriptions.</summary>
public sealed record ContractDraft(CustomerId CustomerId)
{
    public string? Name { get; init; }
    public string? PoNumber { get; init; }

    /// <summary>Null = at once.</summary>
    public Instant? StartsAt { get; init; }
    public Instant? EndsAt { get; init; }
    public bool IsBilled { get; init; } = true;
}

/// <summary>
/// A partial update: absent or null = unchanged; of the texts null = cleared. Subscriptions are added.
/// </summary>
public sealed record ContractEdit
{
    public Optional<string> Name { get; init; }
    public Optional<string> PoNumber { get; init; }
    public Instant? StartsAt { get; init; }
    public Instant? EndsAt { get; init; }
    public bool? IsBilled { get; init; }
    public IReadOnlyList<SubscriptionId> SubscriptionIds { get; init; } = [];
}

/// <summary>A subscription that a contract names.</summary>
/// <param name="Path">The field of the request.</param>
/// <param name="Id">As named.</param>
/// <param name="Subscription">Null when there is none of that id.</param>
/// <param name="Contract">The contract it is part of; null when of none.</param>
public sealed record ContractedSubscription(
    string Path, SubscriptionId Id, Subscription? Subscription, Contract? Contract);

/// <summary>Making, changing and canceling contracts (spec integrations 11).</summary>
public static class ContractRules
{
    /// <summary>The contract without subscriptions, which <see cref="Link"/> adds in the same transaction.</summary>
    public static Result<Contract> Create(ContractDraft draft, Customer? customer, Guid uid, Instant now)
    {
        if (customer is null)
        {
            return new Refusal(ErrorCode.CustomerNotFound,
                $"There is no customer with the id '{draft.CustomerId}' in this environment; create it first.");
        }

        if (customer.IsArchived)
        {
            return new Refusal(ErrorCode.EntityIsArchivedError,
                $"Customer '{draft.CustomerId}' is archived; unarchive it before making a contract.");
        }

        var contract = new Contract
        {
            Uid = uid,
            Id = uid.ToString(),
            CustomerId = draft.CustomerId,
            Name = draft.Name,
            PoNumber = draft.PoNumber,
            StartsAt = draft.StartsAt ?? now,
            EndsAt = draft.EndsAt,
            IsBilled = draft.IsBilled,
            CreatedAt = now,
            UpdatedAt = now,
        };
        var findings = new Findings();
        Check(findings, contract);
        return findings.ToRefusal() is { } refusal ? refusal : contract;
    }

    /// <summary>Sending what is stored changes nothing. Subscriptions are linked apart.</summary>
    public static Result<Contract> Update(Contract contract, ContractEdit edit, Instant now)
    {
        if (contract.CanceledAt is not null)
        {
            return new Refusal(ErrorCode.EntityIsArchivedError,
                $"Contract '{contract.Id}' is canceled and cannot be changed; make another contract.");
        }

        var findings = new Findings();
        var updated = contract with
        {
            Name = edit.Name.Or(contract.Name),
            PoNumber = edit.PoNumber.Or(contract.PoNumber),
            StartsAt = edit.StartsAt ?? contract.StartsAt,
            EndsAt = edit.EndsAt ?? contract.EndsAt,
            IsBilled = edit.IsBilled ?? contract.IsBilled,
        };
        if (contract.StateAt(now) != ContractState.Draft)
        {
            Running(findings, "setupBilling", contract, updated.IsBilled == contract.IsBilled);
            Running(findings, "activationStartDate", contract, updated.StartsAt == contract.StartsAt);
        }

        Check(findings, updated);
        return findings.ToRefusal() is { } refusal ? refusal : ContractSchedule.Reschedule(updated, now);
    }

    /// <summary>
    /// Whether the subscriptions may become part of the contract: custom-priced ones of the same customer that have not
    /// ended and are in no other running contract.
    /// </summary>
    public static Refusal? CheckLinks(Contract contract, IReadOnlyList<ContractedSubscription> links, Instant now)
    {
        var findings = new Findings();
        foreach (var (path, id, subscription, other) in links)
        {
            if (subscription is null)
            {
                findings.Add(ErrorCode.SubscriptionNotFound, path,
                    $"There is no subscription '{id}' in this environment.");
            }
            else if (subscription.CustomerId != contract.CustomerId)
            {
                Invalid(findings, path,
                    $"Subscription '{id}' belongs to customer '{subscription.CustomerId}', the contract to "
                    + $"'{contract.CustomerId}'; name subscriptions of the same customer.");
            }
            else if (subscription.PricingType != PricingType.Custom)
            {
                Invalid(findings, path,
                    $"Subscription '{id}' is on plan '{subscription.PlanId}', which is not custom-priced; "
                    + "contracts hold subscriptions to CUSTOM plans only.");
            }
            else if (subscription.IsEnded)
            {
                findings.Add(ErrorCode.SubscriptionAlreadyCanceledOrExpired, path,
                    $"Subscription '{id}' has ended; name one that has not.");
            }
            else if (other is not null && other.Uid != contract.Uid && other.StateAt(now) is not
                (ContractState.Canceled or ContractState.EndBilling))
            {
                Invalid(findings, path,
                    $"Subscription '{id}' is part of contract '{other.Id}'; archive that one first.");
            }
        }

        foreach (var twice in links.GroupBy(link => link.Id).Where(g => g.Count() > 1))
        {
            findings.Bad(twice.Last().Path,
                $"Subscription '{twice.Key}' is listed {twice.Count()} times; list it once.");
        }

        return findings.ToRefusal();
    }

    /// <summary>The contract with the subscriptions added, and what to log; no events when nothing changed.</summary>
    /// <param name="before">As stored; null for a new one.</param>
    /// <param name="contract">As <see cref="Create"/> or <see cref="Update"/> left it.</param>
    /// <param name="subscriptions">Those to add, checked by <see cref="CheckLinks"/>.</param>
    /// <param name="now">The time of the call.</param>
    public static LinkedContract Link(
        Contract? before, Contract contract, IEnumerable<Subscription> subscriptions, Instant now)
    {
        var added = subscriptions.Where(s => s.ContractId != contract.Id).ToList();
        var linked = added.ConvertAll(s => s with { ContractId = contract.Id, UpdatedAt = now });
        var after = contract with
        {
            SubscriptionIds = [.. contract.SubscriptionIds.Union(linked.Select(s => s.Id))],
        };
        if (before is not null && linked.Count == 0
            && before == after with { SubscriptionIds = before.SubscriptionIds })
        {
            return new(before, [], []);
        }

        after = after with { UpdatedAt = now };
        return new(after, linked,
        [
            Event(before is null ? EventType.ContractCreated : EventType.ContractUpdated, before, after),
            .. added.Zip(linked, (b, a) => new DomainEvent(
                EventType.SubscriptionUpdated, EntityKind.Subscription, a.Id.Value, a.CustomerId, b, a)),
        ]);
    }

    /// <summary>Ends the contract; its subscriptions stay. Canceling twice changes nothing.</summary>
    public static Change<Contract> Cancel(Contract contract, Instant now)
    {
        if (contract.CanceledAt is not null)
            return Change<Contract>.None(contract);
        var canceled = contract with { CanceledAt = now, NextInvoiceAt = null, UpdatedAt = now };
        return new(canceled, [Event(EventType.ContractCanceled, contract, canceled)]);
    }

    public static DomainEvent Updated(Contract before, Contract after) =>
        Event(EventType.ContractUpdated, before, after);

    private static void Check(Findings findings, Contract contract)
    {
        TextLimits.Check(findings, "name", contract.Name);
        TextLimits.Check(findings, "poNumber", contract.PoNumber);
        if (contract.EndsAt <= contract.StartsAt)
        {
            Invalid(findings, "activationEndDate",
                $"activationEndDate {contract.EndsAt} is not after the start {contract.StartsAt}; give a later end.");
        }
    }

    private static void Running(Findings findings, string path, Contract contract, bool isSame)
    {
        if (!isSame)
            Invalid(findings, path, $"Contract '{contract.Id}' has started, so {path} stays as it is; leave it out.");
    }

    private static void Invalid(Findings findings, string path, string message) =>
        findings.Add(ErrorCode.InvalidArgumentError, path, message);

    private static DomainEvent Event(EventType type, Contract? before, Contract after) =>
        new(type, EntityKind.Contract, after.Id, after.CustomerId, before, after);
}

/// <summary>A contract with the subscriptions that became part of it.</summary>
public sealed record LinkedContract(
    Contract Contract, IReadOnlyList<Subscription> Linked, IReadOnlyList<DomainEvent> Events)
{
    public bool IsNoChange => Events.Count == 0;
}
