using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Billing;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Subscriptions.Bills;
using Tollgate.Modules.Subscriptions.Contracts;

namespace Tollgate.Server.Rest.Billing;

/// <summary>Invoices as they are answered.</summary>
internal static class InvoiceWire
{
    /// <summary>What the compatible contract calls the statuses.</summary>
    private const string Open = "OPEN";
    private const string Paid = "PAID";
    private const string Canceled = "CANCELED";

    /// <param name="invoice">An invoice, a credit note or a draft.</param>
    /// <param name="address">Null: without the addresses that let their reader pay, as in the event log.</param>
    public static RestInvoice ToRest(Invoice invoice, PublicAddress? address) => new()
    {
        Id = invoice.Uid,
        Number = invoice.Number,
        IsCreditNote = invoice.IsCreditNote,
        CustomerId = invoice.CustomerId.Value,
        SubscriptionId = invoice.SubscriptionId?.Value,
        Status = Wire.Symbol(invoice.Status),
        BillingReason = Wire.Symbol(invoice.Reason),
        PaymentCollectionMethod = Wire.Symbol(invoice.Method),
        Currency = invoice.Currency,
        SubTotal = invoice.Amounts.SubTotal,
        Discount = invoice.Amounts.Discount,
        Tax = invoice.Amounts.Tax,
        TaxPercentage = invoice.Amounts.TaxPercentage,
        Total = invoice.Amounts.Total,
        BalanceUsed = invoice.Amounts.BalanceUsed,
        AmountDue = invoice.Amounts.AmountDue,
        Lines = [.. invoice.Lines.Select(ToRest)],
        CreatedAt = Wire.Instant(invoice.CreatedAt),
        IssuedAt = Wire.Instant(invoice.IssuedAt),
        DueDate = Wire.Instant(invoice.DueDate),
        PaidAt = Wire.Instant(invoice.PaidAt),
        VoidedAt = Wire.Instant(invoice.VoidedAt),
        UpdatedAt = Wire.Instant(invoice.UpdatedAt),
        FinalizeAt = Wire.Instant(invoice.FinalizeAt),
        AttemptCount = invoice.AttemptCount,
        NextAttemptAt = Wire.Instant(invoice.NextAttemptAt),
        ErrorMessage = invoice.ErrorMessage,
        RequiresAction = invoice.RequiresAction,
        PaymentUrl = address?.OfPayment(invoice)?.AbsoluteUri,
        DocumentUrl = address?.OfDocument(invoice)?.AbsoluteUri,
    };

    /// <summary>A bill that is not issued yet.</summary>
    public static RestNextInvoice ToRest(PreviewedNextInvoice next) => new(
        next.SubscriptionId.Value,
        Wire.Instant(next.At),
        next.Invoice is { } invoice
            ? new()
            {
                Date = Wire.Instant(invoice.IssuedAt!.Value),
                IsCreditNote = invoice.IsCreditNote,
                BillingReason = Wire.Symbol(invoice.Reason),
                Currency = invoice.Currency,
                SubTotal = invoice.Amounts.SubTotal,
                Discount = invoice.Amounts.Discount,
                Tax = invoice.Amounts.Tax,
                TaxPercentage = invoice.Amounts.TaxPercentage,
                Total = invoice.Amounts.Total,
                BalanceUsed = invoice.Amounts.BalanceUsed,
                AmountDue = invoice.Amounts.AmountDue,
                MinimumSpendAdjustment = next.MinimumSpendAdjustment,
                Lines = [.. invoice.Lines.Select(ToRest)],
            }
            : null);

    /// <summary>The next bill of a contract.</summary>
    public static RestPreviewedInvoice ToRest(NextContractInvoice next) => new()
    {
        Date = Wire.Instant(next.Bill.At),
        IsCreditNote = false,
        BillingReason = Wire.Symbol(Domain.Billing.BillingReason.BillingCycle),
        Currency = next.Currency,
        SubTotal = next.Totals.Amounts.SubTotal,
        Discount = next.Totals.Amounts.Discount,
        Tax = next.Totals.Amounts.Tax,
        TaxPercentage = next.Totals.Amounts.TaxPercentage,
        Total = next.Totals.Amounts.Total,
        BalanceUsed = next.Totals.Amounts.BalanceUsed,
        AmountDue = next.Totals.Amounts.AmountDue,
        MinimumSpendAdjustment = 0,
        Lines = [.. next.Totals.Lines.Select(ToRest)],
    };

    /// <summary>A row of the compatible list (spec integrations 11).</summary>
    public static RestCustomerInvoice ToCustomerInvoice(Invoice invoice) => new()
    {
        ContractExternalId = invoice.ContractId,
        Currency = invoice.Currency,
        CustomerExternalId = invoice.CustomerId.Value,
        Discount = invoice.Amounts.Discount,
        DueDate = Wire.Instant(invoice.DueDate),
        InvoiceExternalId = invoice.Uid.ToString(),
        InvoiceId = invoice.Uid.ToString(),
        InvoiceNumber = invoice.Number,
        IssueDate = Wire.Instant(invoice.IssuedAt),
        LineItems = [.. invoice.Lines.Select(line => new RestCustomerInvoiceLine(
            line.Amount, line.Description, line.PackageId?.Value, line.Quantity, line.UnitPrice))],
        PaidDate = Wire.Instant(invoice.PaidAt),
        State = StatusOf(invoice.Status),
        Subtotal = invoice.Amounts.SubTotal,
        Tax = invoice.Amounts.Tax,
        Total = invoice.Amounts.Total,
    };

    /// <summary>What a subscription says of its latest invoice (spec subscriptions 3.3).</summary>
    /// <param name="invoice">The invoice.</param>
    /// <param name="address">Null: without the addresses that let their reader pay.</param>
    public static RestLatestInvoice ToLatest(Invoice invoice, PublicAddress? address) => new()
    {
        BillingId = invoice.Uid.ToString(),
        CreatedAt = Wire.Instant(invoice.CreatedAt),
        RequiresAction = invoice.RequiresAction,
        Status = StatusOf(invoice.Status),
        AmountDue = invoice.Amounts.AmountDue,
        BillingReason = Wire.Symbol(invoice.Reason),
        Currency = invoice.Currency,
        PdfUrl = address?.OfDocument(invoice)?.AbsoluteUri,
        Total = invoice.Amounts.Total,
    };

    public static RestBalance ToRest(CurrencyBalance balance) => new(
        balance.Currency,
        balance.Amount,
        [.. balance.Entries.Select(entry => new RestBalanceEntry(
            entry.Uid,
            Wire.Symbol(entry.Kind),
            entry.Amount,
            entry.Remaining,
            entry.InvoiceUid,
            Wire.Instant(entry.CreatedAt)))]);

    /// <summary>The statuses a symbol of the compatible contract stands for; null when it is none.</summary>
    public static IReadOnlyList<InvoiceStatus>? StatusesOf(string symbol) => symbol.ToUpperInvariant() switch
    {
        Open => [InvoiceStatus.Open],
        Paid => [InvoiceStatus.Paid],
        Canceled => [InvoiceStatus.Void, InvoiceStatus.Uncollectible],
        _ => null,
    };

    private static string StatusOf(InvoiceStatus status) => status switch
    {
        InvoiceStatus.Open => Open,
        InvoiceStatus.Paid => Paid,
        InvoiceStatus.Void or InvoiceStatus.Uncollectible => Canceled,
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "A draft is not shown there."),
    };

    private static RestInvoiceLine ToRest(InvoiceLine line) => new()
    {
        Type = line.Type.ToString(),
        Description = line.Description,
        Quantity = line.Quantity,
        UnitPrice = line.UnitPrice,
        Amount = line.Amount,
        Discount = line.Discount,
        IsProration = line.IsProration,
        PeriodStart = Wire.Instant(line.PeriodStart),
        PeriodEnd = Wire.Instant(line.PeriodEnd),
        SubscriptionId = line.SubscriptionId?.Value,
        PackageId = line.PackageId?.Value,
        FeatureId = line.Key?.FeatureId?.Value,
        Inputs = line.Inputs,
    };
}
