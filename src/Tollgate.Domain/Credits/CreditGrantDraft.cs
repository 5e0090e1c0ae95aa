using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Credits;

/// <summary>A grant as a caller asks for it (spec credits 4.3).</summary>
public sealed record CreditGrantDraft
{
    public required CustomerId CustomerId { get; init; }
    public ResourceId? ResourceId { get; init; }
    public required CurrencyId CurrencyId { get; init; }
    public required string DisplayName { get; init; }
    public required CreditGrantType Type { get; init; }
    public required decimal Amount { get; init; }

    /// <summary>Null: nothing.</summary>
    public Money? Cost { get; init; }

    /// <summary>Null: now.</summary>
    public Instant? EffectiveAt { get; init; }
    public Instant? ExpireAt { get; init; }

    /// <summary>Null: 0, the highest.</summary>
    public decimal? Priority { get; init; }
    public string? Comment { get; init; }
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <summary>Null: CHARGE for one that costs something when the customer has a payment method, else NONE.</summary>
    public PaymentCollectionMethod? Method { get; init; }

    /// <summary>False: the answer does not wait for the payment.</summary>
    public bool AwaitsPayment { get; init; } = true;

    /// <summary>Days an INVOICE may stay open; null = the environment's setting.</summary>
    public decimal? DaysUntilDue { get; init; }

    /// <summary>Whom the invoice is made out to.</summary>
    public BillingAddress? BillingAddress { get; init; }

    /// <summary>Paid out of band already.</summary>
    public bool IsInvoicePaid { get; init; }
}
