using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Credits;

/// <summary>
/// One deposit into a pool (spec credits 4.1). What was granted never changes; what is left follows from the ledger
/// entries of the grant. The deficit of a pool is a grant too: OVERDRAFT, of 0, consumed by the deficit.
/// </summary>
public sealed record CreditGrant
{
    public required Guid Uid { get; init; }

    /// <summary>Readable and unique in the environment: <c>cred-grant-</c> and 12 letters or digits.</summary>
    public required string Id { get; init; }

    /// <summary>1 to 255 characters.</summary>
    public required string DisplayName { get; init; }
    public required CreditGrantType Type { get; init; }
    public required CreditGrantStatus Status { get; init; }
    public required CustomerId CustomerId { get; init; }

    /// <summary>Null: the customer's own pool.</summary>
    public ResourceId? ResourceId { get; init; }
    public required CurrencyId CurrencyId { get; init; }

    /// <summary>Credits; more than 0, or 0 for an overdraft.</summary>
    public required decimal Amount { get; init; }

    /// <summary>From 0 to <see cref="Amount"/>; of an overdraft the deficit.</summary>
    public decimal Consumed { get; init; }

    /// <summary>
    /// The money paid for the whole grant, in major units; 0 for what was given. Below 0 only for an overage that makes
    /// what was billed before it cheaper.
    /// </summary>
    public required Money Cost { get; init; }

    /// <summary>0 burns first.</summary>
    public int Priority { get; init; }
    public required Instant EffectiveAt { get; init; }

    /// <summary>Null: never.</summary>
    public Instant? ExpireAt { get; init; }
    public Instant? VoidedAt { get; init; }
    public string? Comment { get; init; }
    public PaymentCollection PaymentCollection { get; init; }

    /// <summary>How it is paid for; NONE when nothing is collected here.</summary>
    public PaymentCollectionMethod Method { get; init; } = PaymentCollectionMethod.None;

    /// <summary>Days its INVOICE may stay open; null = the environment's setting.</summary>
    public int? DaysUntilDue { get; init; }

    /// <summary>Whom its invoice is made out to; null = as the customer's other invoices.</summary>
    public BillingAddress? BillingAddress { get; init; }

    /// <summary>When it is to be charged, by a caller that did not wait for it; null once it was.</summary>
    public Instant? ChargeAt { get; init; }

    /// <summary>The invoice of a grant that is paid for here.</summary>
    public Guid? InvoiceUid { get; init; }

    /// <summary>Null for grants made by hand, bought, or recharged.</summary>
    public CreditGrantSource? Source { get; init; }

    /// <summary>The subscription that a RECURRING grant comes from, or whose overage it settles.</summary>
    public SubscriptionId? SubscriptionId { get; init; }

    /// <summary>
    /// The plan or add-on that a RECURRING grant comes from, or whose overage price it was billed at; null for grants
    /// made before this was kept.
    /// </summary>
    public PackageId? PackageId { get; init; }

    /// <summary>How many times that add-on was held; null for plans.</summary>
    public int? AddonQuantity { get; init; }

    /// <summary>The overdrawn credits that it was billed for; null for every other grant (spec credits 11).</summary>
    public CreditOverage? Overage { get; init; }

    /// <summary>The configuration that bought it by itself.</summary>
    public Guid? AutoRechargeUid { get; init; }
    public IReadOnlyDictionary<string, string> Metadata { get; init => field = value ?? Catalog.Metadata.Empty; } =
        Catalog.Metadata.Empty;
    public required Instant CreatedAt { get; init; }
    public required Instant UpdatedAt { get; init; }

    public PoolKey Pool => new(CustomerId, ResourceId, CurrencyId);

    public bool IsOverdraft => Type == CreditGrantType.Overdraft;

    /// <summary>Counts in the balance: usable, or a deficit that is open.</summary>
    public bool IsLive => Status == CreditGrantStatus.Active;

    /// <summary>EXPIRED and VOIDED are final.</summary>
    public bool IsClosed => Status is CreditGrantStatus.Expired or CreditGrantStatus.Voided;

    /// <summary>What can be consumed of it; 0 for an overdraft.</summary>
    public decimal Remaining => IsOverdraft ? 0 : Amount - Consumed;

    /// <summary>When it is to be looked at next: for its charge, or because of time.</summary>
    public Instant? WorkDueAt => Status == CreditGrantStatus.PaymentPending ? ChargeAt : DueAt;

    /// <summary>When time alone changes it next; null when nothing does.</summary>
    public Instant? DueAt => Status switch
    {
        CreditGrantStatus.Scheduled => EffectiveAt,
        CreditGrantStatus.Active => ExpireAt,
        _ => null,
    };
}

/// <summary>
/// Which balance: currencies do not mix, and a resource's pool is not its customer's (spec credits 3).
/// </summary>
public readonly record struct PoolKey(CustomerId CustomerId, ResourceId? ResourceId, CurrencyId CurrencyId);

public enum CreditGrantType
{
    Paid,
    Promotional,
    Recurring,
    Overdraft,
}

public enum CreditGrantStatus
{
    PaymentPending,
    Scheduled,
    Active,
    Expired,
    Voided,
}

public enum CreditGrantSource
{
    Price,
    PlanEntitlement,
    AddonEntitlement,
}
