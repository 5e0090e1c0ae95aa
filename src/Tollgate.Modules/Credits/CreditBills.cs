using System.Globalization;
using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Modules.Credits;

/// <summary>The one-off bill of a grant, and what its payment makes of the grant (spec credits 4.4 and 15).</summary>
internal static class CreditBills
{
    public static InvoiceDraft Of(
        CreditGrant grant, Instant at, bool isPaid, IReadOnlyList<DiscountTerms>? discounts = null) => new()
        {
            Discounts = discounts ?? [],
            PayerId = grant.CustomerId,
            SubscriptionId = null,
            Reason = BillingReason.Manual,
            Currency = grant.Cost.Currency,
            Lines =
        [
            new()
            {
                Type = InvoiceLineType.Other,
                Description = $"{grant.DisplayName} - credits",
                Amount = Domain.Catalog.Currencies.Round(grant.Cost.Amount, grant.Cost.Currency),
                Quantity = 1,
                UnitPrice = grant.Cost.Amount,
                PeriodStart = grant.EffectiveAt,
                PeriodEnd = grant.ExpireAt ?? grant.EffectiveAt,
                Inputs = new Dictionary<string, string>
                {
                    ["grantId"] = grant.Id,
                    ["credits"] = grant.Amount.ToString("0.############", CultureInfo.InvariantCulture),
                },
            },
        ],
            At = at,
            Method = grant.Method == PaymentCollectionMethod.None ? PaymentCollectionMethod.Charge : grant.Method,
            DaysUntilDue = grant.DaysUntilDue,
            Address = grant.BillingAddress,
            IsPaid = isPaid,
        };

    /// <summary>A grant that is not in its pool yet, as its bill leaves it.</summary>
    public static CreditGrant Billed(CreditGrant grant, Invoice invoice) => invoice.Status == InvoiceStatus.Paid
        ? grant with
        {
            InvoiceUid = invoice.Uid,
            Status = CreditGrantStatus.Scheduled,
            PaymentCollection = PaymentCollection.NotRequired,
        }
        : grant with { InvoiceUid = invoice.Uid, PaymentCollection = CollectionOf(invoice) };

    /// <summary>How the payment of an open invoice stands.</summary>
    public static PaymentCollection CollectionOf(Invoice invoice) =>
        invoice.RequiresAction ? PaymentCollection.ActionRequired
        : invoice.ErrorMessage is null ? PaymentCollection.Processing
        : PaymentCollection.Failed;
}
