using Tollgate.Domain.Billing;

namespace Tollgate.Modules.Billing;

/// <summary>Where browsers reach this server: the addresses of the pages it hosts begin here.</summary>
/// <param name="Base">Absolute, http or https, without a path.</param>
public sealed record PublicAddress(Uri Base)
{
    public static PublicAddress Default { get; } = new(new Uri("http://127.0.0.1:8080"));

    public Uri OfCheckout(Checkout checkout) => new(Base, $"/checkout/{checkout.Token}");

    /// <summary>Where an issued invoice is shown and, while something is due, paid; null for a draft.</summary>
    public Uri? OfPayment(Invoice invoice) => invoice.PaymentToken is { } token ? new(Base, $"/pay/{token}") : null;

    /// <summary>The invoice as a document; null for a draft.</summary>
    public Uri? OfDocument(Invoice invoice) =>
        invoice.PaymentToken is { } token ? new(Base, $"/pay/{token}/document") : null;
}
