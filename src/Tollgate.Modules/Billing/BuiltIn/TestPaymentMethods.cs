using NodaTime;
using Tollgate.Domain.Billing;

namespace Tollgate.Modules.Billing.BuiltIn;

/// <summary>
/// A payment method of the simulation: what it is called, the number a person types at the checkout (known test numbers
/// of card networks, never a real card) and what a charge answers.
/// </summary>
public sealed record TestPaymentMethod(string Id, string CardNumber, int ExpiryYear, PaymentAttempt Answer)
{
    public PaymentMethod Attach(Instant at) => new()
    {
        Id = Id,
        Type = "CARD",
        Last4Digits = CardNumber[^4..],
        ExpiryMonth = 12,
        ExpiryYear = ExpiryYear,
        AttachedAt = at,
    };
}

/// <summary>Everything the built-in billing can charge outside production.</summary>
public static class TestPaymentMethods
{
    private const int FarYear = 2099;

    public static IReadOnlyList<TestPaymentMethod> All { get; } =
    [
        new("pm_ok", "4242424242424242", FarYear, PaymentAttempt.Succeeded),
        new("pm_decline", "4000000000000002", FarYear, new(
            PaymentOutcome.Declined, "card_declined", "The card was declined by its bank. Use another card.")),
        new("pm_action_required", "4000002500003155", FarYear, new(
            PaymentOutcome.ActionRequired, "authentication_required",
            "The bank asks the payer to confirm the payment.")),
        new("pm_expired", "4000000000000069", 2020, new(
            PaymentOutcome.Declined, "expired_card", "The card has expired. Use another card.")),
    ];

    public static TestPaymentMethod? Find(string id) => All.FirstOrDefault(method => method.Id == id);

    /// <summary>By the number as typed, with or without blanks.</summary>
    public static TestPaymentMethod? FindByCard(string number)
    {
        var digits = new string([.. number.Where(c => c is not (' ' or '-'))]);
        return All.FirstOrDefault(method => method.CardNumber == digits);
    }

    /// <summary>What a charge answers; a payer who confirmed covers the charge of that instant.</summary>
    public static PaymentAttempt Charge(PaymentMethod method, Instant at)
    {
        var answer = Find(method.Id)?.Answer
            ?? throw new InvalidOperationException($"{method.Id} is no payment method of the built-in billing.");
        return answer.Outcome == PaymentOutcome.ActionRequired && method.ConfirmedAt == at
            ? PaymentAttempt.Succeeded
            : answer;
    }
}
