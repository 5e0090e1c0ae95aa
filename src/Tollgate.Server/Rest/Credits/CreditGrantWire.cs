using System.Text.Json;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Credits;
using Tollgate.Server.Rest.Catalog;

namespace Tollgate.Server.Rest.Credits;

/// <summary>Grants between their wire shape and the domain (spec credits 4).</summary>
internal static class CreditGrantWire
{
    public static RestCreditGrant ToRest(BilledGrant billed, PublicAddress address)
    {
        var grant = billed.Grant;
        return new()
        {
            Id = grant.Id,
            Amount = grant.Amount,
            Comment = grant.Comment,
            ConsumedAmount = grant.Consumed,
            Cost = new(grant.Cost.Amount, grant.Cost.Currency),
            CreatedAt = Wire.Instant(grant.CreatedAt),
            CurrencyId = grant.CurrencyId.Value,
            CustomerId = grant.CustomerId.Value,
            DisplayName = grant.DisplayName,
            EffectiveAt = Wire.Instant(grant.EffectiveAt),
            ExpireAt = Wire.Instant(grant.ExpireAt),
            GrantType = Wire.Symbol(grant.Type),
            InvoiceId = grant.InvoiceUid?.ToString(),
            LatestInvoice = billed.Invoice is { Status: not InvoiceStatus.Draft } invoice
                ? ToRest(invoice, address)
                : null,
            Metadata = grant.Metadata,
            PaymentCollection = Wire.Symbol(grant.PaymentCollection),
            Priority = grant.Priority,
            ResourceId = grant.ResourceId?.Value,
            SourceType = Wire.Symbol(grant.Source),
            Status = Wire.Symbol(grant.Status),
            SyncStates = null,
            UpdatedAt = Wire.Instant(grant.UpdatedAt),
            VoidedAt = Wire.Instant(grant.VoidedAt),
        };
    }

    /// <summary>Without its invoice and so without any address to pay at, as in the event log.</summary>
    public static RestCreditGrant ToRest(CreditGrant grant) =>
        ToRest(new BilledGrant(grant, null), PublicAddress.Default);

    public static CreditGrantDraft DraftFromRest(JsonElement body)
    {
        var billing = body.Property("billingInformation");
        return new()
        {
            CustomerId = new(body.Text("customerId")),
            ResourceId = ResourceOf(body),
            CurrencyId = new(body.Text("currencyId")),
            // A preview is of credits only: it has no name and no type to be named by.
            DisplayName = body.TextOrNull("displayName") ?? "Credits",
            Type = body.MemberOrNull<CreditGrantType>("grantType") ?? CreditGrantType.Paid,
            Amount = body.GetProperty("amount").GetDecimal(),
            Cost = body.Property("cost") is { } cost ? ChargeWire.MoneyFromRest(cost) : null,
            EffectiveAt = body.InstantOrNull("effectiveAt"),
            ExpireAt = body.InstantOrNull("expireAt"),
            Priority = body.NumberOrNull("priority"),
            Comment = body.TextOrNull("comment"),
            Metadata = body.MetadataOrNull(),
            Method = body.MemberOrNull<PaymentCollectionMethod>("paymentCollectionMethod"),
            AwaitsPayment = body.FlagOrNull("awaitPaymentConfirmation") ?? true,
            DaysUntilDue = billing?.NumberOrNull("invoiceDaysUntilDue"),
            BillingAddress = billing?.Property("billingAddress") is { } address ? AddressFromRest(address) : null,
            IsInvoicePaid = billing?.FlagOrNull("isInvoicePaid") ?? false,
        };
    }

    public static CreditPurchase PurchaseFromRest(JsonElement body) => new(
        new(body.Text("customerId")),
        new(body.Text("currencyId")),
        body.GetProperty("amount").GetDecimal(),
        body.MemberOrNull<PaymentCollectionMethod>("paymentCollectionMethod") ?? PaymentCollectionMethod.Charge);

    private static BillingAddress AddressFromRest(JsonElement address) => new()
    {
        Line1 = address.TextOrNull("line1"),
        Line2 = address.TextOrNull("line2"),
        City = address.TextOrNull("city"),
        State = address.TextOrNull("state"),
        PostalCode = address.TextOrNull("postalCode"),
        Country = address.TextOrNull("country"),
    };

    public static CreditGrantEdit EditFromRest(JsonElement body) => new()
    {
        DisplayName = body.OptionalText("displayName"),
        Comment = body.OptionalText("comment"),
        Priority = body.NumberOrNull("priority"),
        EffectiveAt = body.InstantOrNull("effectiveAt"),
        ExpireAt = body.TryGetProperty("expireAt", out _) ? new(body.InstantOrNull("expireAt")) : null,
        Metadata = body.OptionalMetadata(),
    };

    public static RestGrantPreview ToRest(GrantPreview preview)
    {
        var amounts = preview.Invoice.Totals.Amounts;
        return new()
        {
            Currency = preview.Grant.Cost.Currency,
            SubTotal = amounts.SubTotal,
            Discount = amounts.Discount,
            Tax = amounts.Tax,
            TotalExcludingTax = amounts.SubTotal - amounts.Discount,
            Total = amounts.Total,
            Credits = amounts.BalanceUsed,
            AmountDue = amounts.AmountDue,
        };
    }

    public static ResourceId? ResourceOf(JsonElement body) =>
        body.TextOrNull("resourceId") is { Length: > 0 } resource ? new ResourceId(resource) : null;

    private static RestCreditGrantInvoice ToRest(Invoice invoice, PublicAddress address) => new()
    {
        BillingId = invoice.Uid.ToString(),
        BillingReason = invoice.Reason == BillingReason.Manual ? "MANUAL" : "OTHER",
        CreatedAt = Wire.Instant(invoice.CreatedAt),
        Currency = invoice.Currency,
        DueDate = Wire.Instant(invoice.DueDate),
        ErrorMessage = invoice.ErrorMessage,
        PaymentUrl = address.OfPayment(invoice)?.AbsoluteUri,
        PdfUrl = address.OfDocument(invoice)?.AbsoluteUri,
        RequiresAction = invoice.RequiresAction,
        Status = invoice.Status switch
        {
            InvoiceStatus.Open => "OPEN",
            InvoiceStatus.Paid => "PAID",
            _ => "CANCELED",
        },
        SubTotal = invoice.Amounts.SubTotal,
        Tax = invoice.Amounts.Tax,
        Total = invoice.Amounts.Total,
        UpdatedAt = Wire.Instant(invoice.UpdatedAt),
    };
}
