using Tollgate.Domain.Billing;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Billing.Checkouts;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Server.Authentication;
using Tollgate.Server.Rest;

namespace Tollgate.Server.Billing;

/// <summary>
/// Pages for payers (spec subscriptions 5.4 and 15): the checkout, the payment page of an invoice, the invoice as a
/// document. Who has the address has the right; addresses are secrets that nobody can guess.
/// </summary>
internal static class BillingPages
{
    private const string UnknownCard =
        "This card is not known. Only the test cards above can be used here.";

    public static void MapBillingPages(this WebApplication application)
    {
        var checkouts = application.Services.GetRequiredService<CheckoutSession>();
        var invoices = application.Services.GetRequiredService<PayInvoice>();
        var address = application.Services.GetRequiredService<PublicAddress>();
        var authentication = application.Services.GetRequiredService<ApiKeyAuthentication>();
        application.MapGet("/checkout/{token}", context => ShowCheckoutAsync(context, checkouts));
        application.MapPost("/checkout/{token}", context => CompleteAsync(context, checkouts, address));
        application.MapPost("/checkout/{token}/promotion-code", context => ApplyCodeAsync(context, checkouts, address));
        application.MapGet("/pay/{token}", context => ShowInvoiceAsync(
            context, invoices, view => InvoicePages.Payment(view, view.Invoice.ErrorMessage)));
        application.MapPost("/pay/{token}", context => PayAsync(context, invoices, address));
        application.MapGet(
            "/pay/{token}/document", context => ShowInvoiceAsync(context, invoices, InvoicePages.Document));
        application.MapGet(
            "/tollgate/v1/invoices/{id}/html", context => DocumentAsync(context, invoices, authentication));
    }

    private static async Task ShowCheckoutAsync(HttpContext context, CheckoutSession checkouts)
    {
        if (await checkouts.FindAsync(TokenOf(context), context.RequestAborted) is not { } view)
            await PageLayout.WriteAsync(context, StatusCodes.Status404NotFound, CheckoutPage.Missing());
        else
            await ShowAsync(context, view, null, null);
    }

    private static async Task CompleteAsync(HttpContext context, CheckoutSession checkouts, PublicAddress address)
    {
        if (await FormOfAsync(context, checkouts, address) is not var (view, form))
            return;
        var details = form.Details(view.Checkout.Options);
        if (PageForm.MissingOf(details, view.Checkout.Options) is { } missing)
        {
            await ShowAsync(context, view, missing, details);
            return;
        }

        if (form.PaymentMethod() is not var (method, isConfirmed) || form.AmountDue() is not { } shown)
        {
            await ShowAsync(context, view, UnknownCard, details);
            return;
        }

        var outcome = await checkouts.CompleteAsync(
            view, new(method, isConfirmed, shown, details), context.RequestAborted);
        switch (outcome.Result)
        {
            case CheckoutResult.Completed:
                Leave(context, outcome.Checkout!);
                break;
            case CheckoutResult.ActionRequired:
                await PageLayout.WriteAsync(
                    context, StatusCodes.Status200OK, CheckoutPage.Confirm(view, method, details),
                    TargetOf(view.Checkout));
                break;
            default:
                var fresh = await checkouts.FindAsync(TokenOf(context), context.RequestAborted);
                await ShowAsync(context, fresh ?? view, outcome.Message, details);
                break;
        }
    }

    private static async Task ApplyCodeAsync(HttpContext context, CheckoutSession checkouts, PublicAddress address)
    {
        if (await FormOfAsync(context, checkouts, address) is not var (view, form))
            return;
        if (view.IsExpired || view.Checkout.Status != CheckoutStatus.Open || !view.Checkout.Options.AllowPromoCodes)
        {
            await ShowAsync(context, view, null, null);
            return;
        }

        var outcome = await checkouts.ApplyCodeAsync(view, form.Text("promotionCode"), context.RequestAborted);
        if (outcome.Message is { } fault)
            await ShowAsync(context, view, fault, null);
        else
            Redirect(context, $"/checkout/{view.Checkout.Token}");
    }

    private static async Task PayAsync(HttpContext context, PayInvoice invoices, PublicAddress address)
    {
        if (await invoices.FindAsync(TokenOf(context), context.RequestAborted) is not { } view)
        {
            await PageLayout.WriteAsync(context, StatusCodes.Status404NotFound, CheckoutPage.Missing());
            return;
        }

        if (await PageForm.ReadAsync(context, address) is not { } form)
        {
            await RefuseForeignAsync(context);
            return;
        }

        if (form.PaymentMethod() is not var (method, isConfirmed))
        {
            await PageLayout.WriteAsync(context, StatusCodes.Status200OK, InvoicePages.Payment(view, UnknownCard));
            return;
        }

        var attempt = await invoices.PayAsync(view, method, isConfirmed, context.RequestAborted);
        if (attempt.Outcome == PaymentOutcome.Succeeded)
        {
            Redirect(context, $"/pay/{view.Invoice.PaymentToken}");
        }
        else if (attempt.Outcome == PaymentOutcome.ActionRequired)
        {
            await PageLayout.WriteAsync(context, StatusCodes.Status200OK, InvoicePages.Confirm(view, method));
        }
        else
        {
            var fresh = await invoices.FindAsync(TokenOf(context), context.RequestAborted);
            await PageLayout.WriteAsync(
                context, StatusCodes.Status200OK, InvoicePages.Payment(fresh ?? view, attempt.Message));
        }
    }

    private static async Task ShowInvoiceAsync(HttpContext context, PayInvoice invoices, Func<InvoiceView, Html> page)
    {
        if (await invoices.FindAsync(TokenOf(context), context.RequestAborted) is { } view)
            await PageLayout.WriteAsync(context, StatusCodes.Status200OK, page(view));
        else
            await PageLayout.WriteAsync(context, StatusCodes.Status404NotFound, CheckoutPage.Missing());
    }

    /// <summary>The same document for a server key, by the invoice's id.</summary>
    private static async Task DocumentAsync(
        HttpContext context, PayInvoice invoices, ApiKeyAuthentication authentication)
    {
        var trace = RestTrace.Begin(context);
        if (!authentication.TryAuthenticate(context, trace, out var scope, out var refusal))
        {
            await RestErrors.WriteAsync(context, refusal, declares404: true);
            return;
        }

        _ = Guid.TryParse((string?)context.Request.RouteValues["id"], out var uid);
        if ((await invoices.RetrieveAsync(scope, uid, context.RequestAborted)).TryGet(out var view, out refusal))
            await PageLayout.WriteAsync(context, StatusCodes.Status200OK, InvoicePages.Document(view));
        else
            await RestErrors.WriteAsync(context, refusal, declares404: true);
    }

    private static async Task ShowAsync(HttpContext context, CheckoutView view, string? fault, BillingDetails? typed)
    {
        if (view.Checkout.Status == CheckoutStatus.Completed)
            await PageLayout.WriteAsync(context, StatusCodes.Status200OK, CheckoutPage.Completed(view.Checkout));
        else if (view.IsExpired)
            await PageLayout.WriteAsync(context, StatusCodes.Status410Gone, CheckoutPage.Expired());
        else
            await PageLayout.WriteAsync(
                context, StatusCodes.Status200OK, CheckoutPage.Open(view, fault, typed), TargetOf(view.Checkout));
    }

    /// <summary>The checkout and the form sent to it; null when the answer was written already.</summary>
    private static async Task<(CheckoutView View, PageForm Form)?> FormOfAsync(
        HttpContext context, CheckoutSession checkouts, PublicAddress address)
    {
        if (await checkouts.FindAsync(TokenOf(context), context.RequestAborted) is not { } view)
        {
            await PageLayout.WriteAsync(context, StatusCodes.Status404NotFound, CheckoutPage.Missing());
            return null;
        }

        if (await PageForm.ReadAsync(context, address) is not { } form)
        {
            await RefuseForeignAsync(context);
            return null;
        }

        if (view.IsExpired)
        {
            await ShowAsync(context, view, null, null);
            return null;
        }

        return (view, form);
    }

    private static Task RefuseForeignAsync(HttpContext context) => PageLayout.WriteAsync(
        context,
        StatusCodes.Status403Forbidden,
        PageLayout.Message(
            "This was not sent from our page", "Nothing was charged. Please open the page again and use its form."));

    /// <summary>
    /// Back to the host's own page, which is told what was bought; without one the page says thank you.
    /// </summary>
    private static void Leave(HttpContext context, Checkout checkout)
    {
        if (checkout.Options.SuccessUrl is not { } success)
        {
            Redirect(context, $"/checkout/{checkout.Token}");
            return;
        }

        var query =
            $"subscriptionId={Uri.EscapeDataString(checkout.SubscriptionId!.Value.Value)}&checkoutCompleted=true"
            + (checkout.Options.ReferenceId is { } reference ? $"&referenceId={Uri.EscapeDataString(reference)}" : "");
        var target = new UriBuilder(success);
        target.Query = target.Query.Length > 1 ? $"{target.Query[1..]}&{query}" : query;
        Redirect(context, target.Uri.AbsoluteUri);
    }

    /// <summary>See other: the browser asks for the next page with GET.</summary>
    private static void Redirect(HttpContext context, string target)
    {
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        context.Response.Headers.Location = target;
    }

    private static Uri? TargetOf(Checkout checkout) =>
        checkout.Options.SuccessUrl is { } success ? new Uri(success) : null;

    private static string TokenOf(HttpContext context) => (string)context.Request.RouteValues["token"]!;
}
