using NodaTime;
using Tollgate.Domain.Billing;

namespace Tollgate.Domain.Tests.Billing;

/// <summary>Invoices to test with.</summary>
internal static class GivenInvoice
{
    public static readonly Instant Issued = Instant.FromUtc(2025, 2, 1, 0, 0);

    public static readonly PaymentAttempt Declined = new(PaymentOutcome.Declined, "card_declined", "The card was declined.");

    public static Invoice Open(decimal total = 10m) => new()
    {
        Uid = new("00000000-0000-0000-0000-0000000000aa"),
        Number = "INV-000001",
        CustomerId = new("c"),
        SubscriptionId = new SubscriptionId("s"),
        Status = InvoiceStatus.Open,
        Reason = BillingReason.BillingCycle,
        Currency = "usd",
        Amounts = new(total, 0, 0, total, 0, total),
        Lines = [],
        CreatedAt = Issued,
        IssuedAt = Issued,
        DueDate = Issued,
        UpdatedAt = Issued,
    };
}
