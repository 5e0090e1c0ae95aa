using NodaTime;

namespace Tollgate.Domain.Subscriptions;

/// <summary>A sales-led deal over custom-priced subscriptions of one customer (spec integrations 11).</summary>
public sealed record Contract
{
    public required Guid Uid { get; init; }

    /// <summary>Made by us; callers choose none.</summary>
    public required string Id { get; init; }
    public required CustomerId CustomerId { get; init; }
    public string? Name { get; init; }

    /// <summary>The customer's purchase order.</summary>
    public string? PoNumber { get; init; }
    public required Instant StartsAt { get; init; }

    /// <summary>After <see cref="StartsAt"/>; null = open.</summary>
    public Instant? EndsAt { get; init; }

    /// <summary>Billing was asked for; without it the contract stays a draft.</summary>
    public bool IsBilled { get; init; }
    public Instant? CanceledAt { get; init; }

    /// <summary>
    /// In the order in which they were added; a subscription leaves by being canceled, not by being taken out.
    /// </summary>
    public IReadOnlyList<SubscriptionId> SubscriptionIds { get; init; } = [];

    /// <summary>What it is billed for; null = nothing is billed.</summary>
    public ContractBilling? Billing { get; init; }

    /// <summary>When its next invoice is issued; null when none will be.</summary>
    public Instant? NextInvoiceAt { get; init; }

    /// <summary>Fees before it are invoiced; null before the first invoice.</summary>
    public Instant? FeesBilledUntil { get; init; }

    /// <summary>Usage before it is invoiced; null before the first invoice.</summary>
    public Instant? UsageBilledUntil { get; init; }
    public Guid? LatestInvoiceUid { get; init; }
    public required Instant CreatedAt { get; init; }
    public required Instant UpdatedAt { get; init; }

    /// <summary>Follows from the dates, so that nothing has to happen for it to change.</summary>
    public ContractState StateAt(Instant now) =>
        CanceledAt is not null ? ContractState.Canceled
        : !IsBilled || now < StartsAt ? ContractState.Draft
        : EndsAt <= now ? ContractState.EndBilling
        : ContractState.Active;
}

public enum ContractState
{
    /// <summary>Billing is not set up, or the start is not reached.</summary>
    Draft,
    Active,
    Canceled,

    /// <summary>The end is reached.</summary>
    EndBilling,
}
