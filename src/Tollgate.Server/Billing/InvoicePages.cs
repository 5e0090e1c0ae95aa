using Tollgate.Domain.Billing;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Billing.Invoices;

namespace Tollgate.Server.Billing;

/// <summary>The payment page of an invoice, and the invoice as a document to print or save.</summary>
internal static class InvoicePages
{
    public static Html Payment(InvoiceView view, string? fault)
    {
        var invoice = view.Invoice;
        return PageLayout.Document($"Invoice {invoice.Number}", Html.Of($"""
            <section>
            <h1>Invoice {invoice.Number}</h1>
            <p class="soft">{StateOf(view)}</p>
            {BillPieces.Table("What it is for", invoice.Lines, invoice.Amounts, invoice.Currency, invoice.Discounts)}
            <p><a href="/pay/{invoice.PaymentToken}/document">Invoice to print or save</a></p>
            </section>
            {PaymentSection(view, fault).When(view.IsPayable)}
            """));
    }

    public static Html Confirm(InvoiceView view, string paymentMethodId) => PageLayout.Document(
        $"Confirm - Invoice {view.Invoice.Number}",
        Html.Of($"""
            <section>
            <h1>Confirm your payment</h1>
            <p>Your bank asks whether you want to pay {AmountOf(view.Invoice)} for invoice {view.Invoice.Number}.</p>
            <form method="post" action="/pay/{view.Invoice.PaymentToken}">
            <input type="hidden" name="confirm" value="{paymentMethodId}">
            <button type="submit">Confirm</button>
            </form>
            <form method="get" action="/pay/{view.Invoice.PaymentToken}">
            <button type="submit" class="quiet">Use another card</button>
            </form>
            </section>
            """));

    public static Html Document(InvoiceView view)
    {
        var invoice = view.Invoice;
        var kind = invoice.IsCreditNote ? "Credit note" : "Invoice";
        return PageLayout.Document(
            $"{kind} {invoice.Number}",
            Html.Of($"""
                <section>
                <h1>{kind} {invoice.Number}</h1>
                <p><span class="tag">{StateOf(view)}</span></p>
                <p>{DatesOf(invoice)}</p>
                <h2>To</h2>
                <p>{BillTo(view)}</p>
                {BillPieces.Table("Lines", invoice.Lines, invoice.Amounts, invoice.Currency, invoice.Discounts)}
                {Html.Of($"<p>The amount is kept as credit for the next invoices.</p>").When(invoice.IsCreditNote)}
                <p class="screen soft">Print this page, or choose PDF as the printer to save it.</p>
                </section>
                """),
            isWide: true);
    }

    private static Html PaymentSection(InvoiceView view, string? fault) => view.TakesCards
        ? Html.Of($"""
            <section>
            <h2>Payment</h2>
            {BillPieces.Fault(fault)}
            <form method="post" action="/pay/{view.Invoice.PaymentToken}">
            {BillPieces.CardFields()}
            <button type="submit">Pay {AmountOf(view.Invoice)}</button>
            </form>
            </section>
            """)
        : Html.Of($"""
            <section>
            <h2>Payment</h2>
            <p>Please pay {AmountOf(view.Invoice)} as agreed with the sender, and name invoice {view.Invoice.Number}.</p>
            </section>
            """);

    private static string AmountOf(Invoice invoice) => BillPieces.Money(invoice.Amounts.AmountDue, invoice.Currency);

    private static string StateOf(InvoiceView view) => view.Invoice switch
    {
        { IsCreditNote: true } => "Credit",
        { Status: InvoiceStatus.Paid } => "Paid",
        { Status: InvoiceStatus.Void } => "Void: nothing is owed",
        { DueDate: { } due } when due < view.Now => $"Open, was due {BillPieces.Date(due)}",
        { DueDate: { } due } => $"Open, due {BillPieces.Date(due)}",
        _ => "Open",
    };

    private static string DatesOf(Invoice invoice)
    {
        var dates = $"Issued {BillPieces.Date(invoice.IssuedAt!.Value)}";
        if (invoice.IsCreditNote)
            return dates;
        dates += $", due {BillPieces.Date(invoice.DueDate!.Value)}";
        return invoice.PaidAt is { } paid ? $"{dates}, paid {BillPieces.Date(paid)}" : dates;
    }

    private static Html BillTo(InvoiceView view)
    {
        var details = view.Invoice.Address is { } given
            ? new BillingDetails
            {
                Name = view.Details?.Name, TaxId = view.Details?.TaxId,
                Line1 = given.Line1, Line2 = given.Line2, PostalCode = given.PostalCode,
                City = given.City, State = given.State, Country = given.Country,
            }
            : view.Details;
        string?[] lines =
        [
            details?.Name ?? view.Customer.Name ?? view.Customer.Id.Value,
            details?.Line1,
            details?.Line2,
            Joined(details?.PostalCode, details?.City, details?.State),
            details?.Country,
            view.Customer.Email,
            details?.TaxId is { } taxId ? $"Tax number {taxId}" : null,
        ];
        return Html.Join(lines.Where(line => !string.IsNullOrWhiteSpace(line)).Select(line => Html.Of($"{line}<br>")));
    }

    private static string Joined(params string?[] parts) =>
        string.Join(' ', parts.Where(part => !string.IsNullOrWhiteSpace(part)));
}
