using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Billing.BuiltIn;

namespace Tollgate.Server.Billing;

/// <summary>What a payer sent from one of the pages.</summary>
internal sealed class PageForm(IFormCollection fields)
{
    private const long MaxBytes = 16 * 1024;
    private const int MaxTextLength = 200;

    /// <summary>
    /// The form; null when the request is none, or comes from a page of another site. The secret in the address is what
    /// protects the form: there is no session that another site could ride on.
    /// </summary>
    public static async Task<PageForm?> ReadAsync(HttpContext context, PublicAddress address)
    {
        if (!context.Request.HasFormContentType || !IsOwnPage(context, address))
            return null;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MaxBytes;
        return new(await context.Request.ReadFormAsync(context.RequestAborted));
    }

    /// <summary>
    /// The provider's method for what was typed: by the number of a card, or the one whose payment was just confirmed.
    /// The number goes no further than this. Null = not a test card.
    /// </summary>
    public (string Id, bool IsConfirmed)? PaymentMethod()
    {
        if (Text("confirm") is { } confirmed)
            return TestPaymentMethods.Find(confirmed) is { } known ? (known.Id, true) : null;
        return TestPaymentMethods.FindByCard(Text("cardNumber") ?? "") is { } method ? (method.Id, false) : null;
    }

    /// <summary>The amount the page showed; null when it was changed or is missing.</summary>
    public decimal? AmountDue() =>
        decimal.TryParse(Text("amountDue"), NumberStyles.Number, CultureInfo.InvariantCulture, out var amount)
            ? amount
            : null;

    /// <summary>What was asked for beside the card; null when nothing was, or nothing was typed.</summary>
    public BillingDetails? Details(CheckoutOptions options)
    {
        var address = options.CollectBillingAddress;
        var details = new BillingDetails
        {
            Name = address ? Text("name") : null,
            Line1 = address ? Text("line1") : null,
            Line2 = address ? Text("line2") : null,
            PostalCode = address ? Text("postalCode") : null,
            City = address ? Text("city") : null,
            State = address ? Text("state") : null,
            Country = address ? Text("country") : null,
            Phone = options.CollectPhoneNumber ? Text("phone") : null,
            TaxId = options.AllowTaxIdCollection ? Text("taxId") : null,
        };
        return details == new BillingDetails() ? null : details;
    }

    /// <summary>What is still to be typed; null when everything required is there.</summary>
    public static string? MissingOf(BillingDetails? details, CheckoutOptions options)
    {
        var missing = new List<string>();
        if (options.CollectBillingAddress)
        {
            Require(details?.Name, "the name on invoices");
            Require(details?.Line1, "the street");
            Require(details?.PostalCode, "the postal code");
            Require(details?.City, "the city");
            Require(details?.Country, "the country");
        }

        if (options.CollectPhoneNumber)
            Require(details?.Phone, "the phone number");
        return missing.Count == 0 ? null : $"Please fill in {string.Join(", ", missing)}.";

        void Require(string? value, string name)
        {
            if (value is null)
                missing.Add(name);
        }
    }

    /// <summary>A field without the blanks around it; null when it is empty or absent.</summary>
    public string? Text(string name)
    {
        var text = fields[name].ToString().Trim();
        return text.Length == 0 ? null : text.Length <= MaxTextLength ? text : text[..MaxTextLength];
    }

    private static bool IsOwnPage(HttpContext context, PublicAddress address)
    {
        var request = context.Request;
        if (request.Headers["Sec-Fetch-Site"].ToString() is not ("" or "same-origin" or "none"))
            return false;
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0
            || origin == address.Base.GetLeftPart(UriPartial.Authority)
            || origin == $"{request.Scheme}://{request.Host}";
    }
}
