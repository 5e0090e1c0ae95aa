using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;

namespace Tollgate.Modules.Billing;

/// <summary>
/// A purchase that waits for its payer: what is asked for, what it costs, and the page where a payment method is given
/// (spec subscriptions 5.4). Nothing of the purchase exists until the page completes it.
/// </summary>
public sealed record Checkout
{
    /// <summary>How long the page stands open.</summary>
    public static readonly Duration Lifetime = Duration.FromHours(23);

    public required Guid Uid { get; init; }

    /// <summary>The secret part of the page's address.</summary>
    public required string Token { get; init; }

    /// <summary>Who pays.</summary>
    public required CustomerId CustomerId { get; init; }

    /// <summary>What was asked for, as the slice that opened the checkout wrote it; opaque here.</summary>
    public required string Request { get; init; }

    /// <summary>What the page shows.</summary>
    public required CheckoutOrder Order { get; init; }
    public required CheckoutOptions Options { get; init; }
    public required CheckoutStatus Status { get; init; }

    /// <summary>The code typed at the page and accepted; null = none.</summary>
    public string? PromotionCode { get; init; }

    /// <summary>What came of it.</summary>
    public SubscriptionId? SubscriptionId { get; init; }
    public required Instant CreatedAt { get; init; }
    public required Instant ExpiresAt { get; init; }
    public Instant? CompletedAt { get; init; }

    /// <summary>The checkout's id as answers name it: <c>checkoutBillingId</c>.</summary>
    public string BillingId => $"cs_{Uid:N}";
}

public enum CheckoutStatus
{
    Open,
    Completed,
}

/// <summary>What was bought, and its first bill; null when nothing was billed.</summary>
public sealed record CompletedCheckout(SubscriptionId SubscriptionId, Invoice? Invoice);

/// <summary>What a checkout shows to its payer: the totalled bill and what it is for.</summary>
public sealed record CheckoutOrder(
    string Title, string Currency, IReadOnlyList<InvoiceLine> Lines, InvoiceAmounts Amounts,
    IReadOnlyList<DiscountTerms> Discounts);

/// <summary>How a checkout page behaves (spec subscriptions 5.4, integrations 2.4).</summary>
public sealed record CheckoutOptions
{
    /// <summary>Where the payer goes after paying, absolute; null = the page says thank you itself.</summary>
    public string? SuccessUrl { get; init; }

    /// <summary>Where the payer goes on turning back, absolute; null = no way back is offered.</summary>
    public string? CancelUrl { get; init; }
    public bool AllowPromoCodes { get; init; }
    public bool AllowTaxIdCollection { get; init; }
    public bool CollectBillingAddress { get; init; }
    public bool CollectPhoneNumber { get; init; }

    /// <summary>The host's own reference, given back with the success.</summary>
    public string? ReferenceId { get; init; }
}
