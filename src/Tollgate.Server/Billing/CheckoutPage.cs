using System.Globalization;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Billing.Checkouts;

namespace Tollgate.Server.Billing;

/// <summary>The page of a checkout.</summary>
internal static class CheckoutPage
{
    /// <param name="view">An open checkout.</param>
    /// <param name="fault">Why the last try failed; null = none was made.</param>
    /// <param name="typed">What the payer typed beside the card.</param>
    public static Html Open(CheckoutView view, string? fault, BillingDetails? typed)
    {
        var checkout = view.Checkout;
        var order = checkout.Order;
        return PageLayout.Document($"Checkout - {order.Title}", Html.Of($"""
            <section>
            <h1>{order.Title}</h1>
            <p class="soft">Check your order and pay.</p>
            {BillPieces.Table("Your order", order.Lines, order.Amounts, order.Currency, order.Discounts)}
            {PromotionForm(checkout)}
            </section>
            <section>
            <h2>Payment</h2>
            {BillPieces.Fault(fault)}
            <form method="post" action="/checkout/{checkout.Token}" autocomplete="on">
            {Hidden("amountDue", Exact(order.Amounts.AmountDue))}
            {BillPieces.CardFields()}
            {DetailFields(checkout.Options, typed)}
            <button type="submit">Pay {BillPieces.Money(order.Amounts.AmountDue, order.Currency)}</button>
            </form>
            {Back(checkout)}
            </section>
            """));
    }

    /// <summary>The step where the payer confirms the payment as at a bank.</summary>
    public static Html Confirm(CheckoutView view, string paymentMethodId, BillingDetails? typed) => PageLayout.Document(
        $"Confirm - {view.Checkout.Order.Title}",
        Html.Of($"""
            <section>
            <h1>Confirm your payment</h1>
            <p>Your bank asks whether you want to pay
            {BillPieces.Money(view.Checkout.Order.Amounts.AmountDue, view.Checkout.Order.Currency)}.</p>
            <form method="post" action="/checkout/{view.Checkout.Token}">
            {Hidden("amountDue", Exact(view.Checkout.Order.Amounts.AmountDue))}
            {Hidden("confirm", paymentMethodId)}
            {HiddenDetails(typed)}
            <button type="submit">Confirm</button>
            </form>
            <form method="get" action="/checkout/{view.Checkout.Token}">
            <button type="submit" class="quiet">Use another card</button>
            </form>
            </section>
            """));

    public static Html Completed(Checkout checkout) => PageLayout.Message(
        "Thank you", $"Your order of {checkout.Order.Title} is complete. You can close this page.");

    public static Html Expired() => PageLayout.Message(
        "This checkout has expired", "Nothing was charged. Please go back to where you came from and start again.");

    public static Html Missing() => PageLayout.Message(
        "There is nothing here", "The address is not right, or what it led to is gone. Nothing was charged.");

    public static string Exact(decimal amount) => amount.ToString(CultureInfo.InvariantCulture);

    private static Html PromotionForm(Checkout checkout) => Html.Of($"""
        <form method="post" action="/checkout/{checkout.Token}/promotion-code">
        <label for="promotionCode">Promotion code</label>
        <input id="promotionCode" name="promotionCode" maxlength="100" value="{checkout.PromotionCode}">
        <button type="submit" class="quiet">Apply</button>
        </form>
        """).When(checkout.Options.AllowPromoCodes);

    private static Html Back(Checkout checkout) =>
        Html.Of($"""<p><a href="{checkout.Options.CancelUrl}">Go back without paying</a></p>""")
            .When(checkout.Options.CancelUrl is not null);

    private static Html DetailFields(CheckoutOptions options, BillingDetails? typed) => Html.Join(
        [
            Html.Join([
                Field("name", "Name on invoices", typed?.Name, "name"),
                Field("line1", "Street", typed?.Line1, "address-line1"),
                Field("line2", "Apartment or suite (optional)", typed?.Line2, "address-line2", isRequired: false),
                Field("postalCode", "Postal code", typed?.PostalCode, "postal-code"),
                Field("city", "City", typed?.City, "address-level2"),
                Field("state", "State (optional)", typed?.State, "address-level1", isRequired: false),
                Field("country", "Country", typed?.Country, "country-name"),
            ]).When(options.CollectBillingAddress),
            Field("phone", "Phone", typed?.Phone, "tel").When(options.CollectPhoneNumber),
            Field("taxId", "Tax number (optional)", typed?.TaxId, "off", isRequired: false)
                .When(options.AllowTaxIdCollection),
        ]);

    private static Html Field(string name, string label, string? value, string autocomplete, bool isRequired = true)
    {
        var required = new Html(isRequired ? "required" : "");
        return Html.Of($"""
            <label for="{name}">{label}</label>
            <input id="{name}" name="{name}" autocomplete="{autocomplete}" maxlength="200" value="{value}" {required}>
            """);
    }

    private static Html HiddenDetails(BillingDetails? typed) => typed is null
        ? Html.Empty
        : Html.Join(
            [
                Hidden("name", typed.Name), Hidden("line1", typed.Line1), Hidden("line2", typed.Line2),
                Hidden("postalCode", typed.PostalCode), Hidden("city", typed.City), Hidden("state", typed.State),
                Hidden("country", typed.Country), Hidden("phone", typed.Phone), Hidden("taxId", typed.TaxId),
            ]);

    private static Html Hidden(string name, string? value) =>
        Html.Of($"""<input type="hidden" name="{name}" value="{value}">""");
}
