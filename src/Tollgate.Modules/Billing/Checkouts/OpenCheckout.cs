using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;

namespace Tollgate.Modules.Billing.Checkouts;

/// <summary>Opens hosted checkouts, inside the transaction of the purchase that needs a payment method first.</summary>
public sealed class OpenCheckout(PayerProviders payers, Invoicing invoicing)
{
    private const int MaxUrlLength = 2048;

    private readonly CheckoutStore _store = new();

    /// <summary>Where the payer completes the purchase, and the checkout's id.</summary>
    /// <param name="work">The transaction.</param>
    /// <param name="payer">A customer that exists.</param>
    /// <param name="title">What is bought, such as the plan's name.</param>
    /// <param name="request">What <see cref="ICheckoutCompletion"/> will read.</param>
    /// <param name="bill">What is to be paid, for the page to show.</param>
    /// <param name="options">As the caller asked for.</param>
    /// <param name="cancellationToken">Ends the wait for the provider.</param>
    public async Task<Result<OpenedCheckout>> OpenAsync(
        Work work, CustomerId payer, string title, string request, InvoiceDraft bill, CheckoutOptions options,
        CancellationToken cancellationToken)
    {
        var (session, scope) = (work.Session, work.Scope);
        if ((await payers.FindAsync(session, scope.Environment, payer)).Provider is not { } provider
            || !provider.AbilitiesIn(scope.Environment).HostedCheckout)
        {
            return new Refusal(ErrorCode.CheckoutIsNotSupported,
                $"Customer '{payer}' has no hosted checkout: its billing provider has none, and the built-in billing "
                + "takes no cards in production; use the paymentCollectionMethod INVOICE, or attach a payment method.");
        }

        if (CheckUrls(options) is { } refusal)
            return refusal;
        var preview = await invoicing.PreviewAsync(session, scope.EnvironmentId, bill);
        var checkout = new Checkout
        {
            Uid = Guid.CreateVersion7(),
            Token = SecretToken.New(),
            CustomerId = payer,
            Request = request,
            Order = OrderOf(title, bill, preview),
            Options = options,
            Status = CheckoutStatus.Open,
            CreatedAt = scope.Now,
            ExpiresAt = scope.Now + Checkout.Lifetime,
        };
        var call = new ProviderCall(work, $"{checkout.Uid}/open");
        if (!(await provider.OpenCheckoutAsync(call, checkout, cancellationToken)).TryGet(out var url, out refusal))
            return refusal;
        await _store.InsertAsync(session, scope.EnvironmentId, checkout);
        return new OpenedCheckout(url, checkout.BillingId);
    }

    internal static CheckoutOrder OrderOf(string title, InvoiceDraft bill, InvoicePreview preview) => new(
        title, bill.Currency, preview.Totals.Lines, preview.Totals.Amounts, bill.Discounts);

    private static Refusal? CheckUrls(CheckoutOptions options)
    {
        var findings = new Findings();
        Check("checkoutOptions.successUrl", options.SuccessUrl);
        Check("checkoutOptions.cancelUrl", options.CancelUrl);
        return findings.ToRefusal();

        void Check(string path, string? url)
        {
            if (url is not null && (url.Length > MaxUrlLength || !Uri.TryCreate(url, UriKind.Absolute, out var parsed)
                || parsed.Scheme is not ("http" or "https") || parsed.UserInfo.Length > 0))
            {
                findings.Add(ErrorCode.FailedToCreateCheckoutSessionError, path,
                    $"{path} is '{url}'; give an http or https address without a password, at most {MaxUrlLength} "
                    + "long.");
            }
        }
    }
}

/// <param name="Url">The page to send the payer to: <c>checkoutUrl</c>.</param>
/// <param name="BillingId">The checkout's id: <c>checkoutBillingId</c>.</param>
public sealed record OpenedCheckout(Uri Url, string BillingId);
