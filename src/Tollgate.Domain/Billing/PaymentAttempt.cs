namespace Tollgate.Domain.Billing;

/// <summary>What a provider answered when it was asked to collect.</summary>
/// <param name="Outcome">Whether the money came.</param>
/// <param name="Code">Why not, for programs: <c>card_declined</c>; null when it succeeded.</param>
/// <param name="Message">Why not, as a sentence for the payer; null when it succeeded.</param>
public sealed record PaymentAttempt(PaymentOutcome Outcome, string? Code, string? Message)
{
    public static PaymentAttempt Succeeded { get; } = new(PaymentOutcome.Succeeded, null, null);

    /// <summary>The provider was asked and nobody knows what it did.</summary>
    public static PaymentAttempt Unanswered(string integrationId) => new(
        PaymentOutcome.Declined,
        "provider_unavailable",
        $"The billing provider '{integrationId}' could not be reached; the payment is tried again, or can be made "
        + "later.");

    public static PaymentAttempt NoMethod(CustomerId customer) => new(
        PaymentOutcome.Declined,
        "payment_method_missing",
        $"Customer '{customer}' has no payment method; attach one and pay the invoice.");
}

public enum PaymentOutcome
{
    Succeeded,
    Declined,

    /// <summary>The payer has to confirm the payment at the bank.</summary>
    ActionRequired,
}

/// <summary>
/// What a customer's charges are taken from, as its provider describes it. Never a whole number of a card.
/// </summary>
public sealed record PaymentMethod
{
    /// <summary>The provider's id.</summary>
    public required string Id { get; init; }

    /// <summary>CARD, BANK or CASH_APP.</summary>
    public required string Type { get; init; }
    public string? Last4Digits { get; init; }

    /// <summary>1 to 12.</summary>
    public int? ExpiryMonth { get; init; }
    public int? ExpiryYear { get; init; }
    public required NodaTime.Instant AttachedAt { get; init; }

    /// <summary>When the payer confirmed at the bank; covers what is charged at that very instant.</summary>
    public NodaTime.Instant? ConfirmedAt { get; init; }
}
