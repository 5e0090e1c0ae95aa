using System.Globalization;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;

namespace Tollgate.Server.Billing;

/// <summary>Bills and card forms as parts of pages.</summary>
internal static class BillPieces
{
    /// <summary>An amount with its currency, to the currency's minor unit: <c>1,234.50 USD</c>.</summary>
    public static string Money(decimal amount, string currency) =>
        amount.ToString($"N{Currencies.MinorUnitDigits(currency)}", CultureInfo.InvariantCulture)
        + " " + currency.ToUpperInvariant();

    public static string Date(NodaTime.Instant instant) => instant.ToString("uuuu-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>The lines with discount, tax and total.</summary>
    public static Html Table(
        string caption, IReadOnlyList<InvoiceLine> lines, InvoiceAmounts amounts, string currency,
        IReadOnlyList<DiscountTerms> discounts) => Html.Of($"""
        <table>
        <caption class="soft">{caption}</caption>
        <thead><tr><th scope="col">Item</th><th scope="col" class="num">Amount</th></tr></thead>
        <tbody>
        {Html.Join(lines.Select(line => Line(line, currency)))}
        </tbody>
        <tfoot>
        {Sum("Subtotal", amounts.SubTotal, currency)}
        {Sum(DiscountName(discounts), -amounts.Discount, currency).When(amounts.Discount != 0)}
        {Sum($"Tax ({amounts.TaxPercentage.ToString("0.##", CultureInfo.InvariantCulture)}%)", amounts.Tax, currency)
            .When(amounts.Tax != 0)}
        {Sum("From your balance", -amounts.BalanceUsed, currency).When(amounts.BalanceUsed != 0)}
        {Sum("Total", amounts.Total < 0 ? amounts.Total : amounts.AmountDue, currency, "total")}
        </tfoot>
        </table>
        """);

    /// <summary>
    /// The fields of a card. Nothing typed here is kept or shown again; outside production only test numbers are known.
    /// </summary>
    public static Html CardFields() => Html.Of($"""
        <p class="note">Test mode: no money moves. Use 4242 4242 4242 4242 to pay, 4000 0000 0000 0002 to be declined,
        4000 0025 0000 3155 to be asked for a confirmation, 4000 0000 0000 0069 for an expired card.</p>
        <label for="cardNumber">Card number</label>
        <input id="cardNumber" name="cardNumber" inputmode="numeric" autocomplete="cc-number" required maxlength="30">
        <div class="row">
        <div><label for="expiry">Expires (MM/YY)</label>
        <input id="expiry" name="expiry" autocomplete="cc-exp" maxlength="7" placeholder="12/34"></div>
        <div><label for="cvc">Security code</label>
        <input id="cvc" name="cvc" inputmode="numeric" autocomplete="cc-csc" maxlength="4"></div>
        </div>
        """);

    public static Html Fault(string? message) =>
        Html.Of($"""<p class="fault" role="alert">{message}</p>""").When(message is not null);

    private static Html Line(InvoiceLine line, string currency) => Html.Of($"""
        <tr><td>{line.Description}{Html.Of($"<br><span class=\"soft\">{Quantity(line)} × {Exact(line.UnitPrice)}</span>")
            .When(line.Quantity != 1)}</td><td class="num">{Money(line.Amount, currency)}</td></tr>
        """);

    private static Html Sum(string name, decimal amount, string currency, string style = "") => Html.Of($"""
        <tr class="{style}"><th scope="row">{name}</th><td class="num">{Money(amount, currency)}</td></tr>
        """);

    private static string DiscountName(IReadOnlyList<DiscountTerms> discounts) =>
        discounts.Count == 0 ? "Discount" : $"Discount ({string.Join(", ", discounts.Select(d => d.Name))})";

    private static string Quantity(InvoiceLine line) => Exact(line.Quantity);

    private static string Exact(decimal value) => value.ToString("0.#####", CultureInfo.InvariantCulture);
}
