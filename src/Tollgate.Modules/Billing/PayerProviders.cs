using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing.PaymentMethods;
using Tollgate.Modules.Billing.Providers;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing;

/// <summary>
/// Which provider bills a payer (spec integrations 1.2): the one it is known to, else the environment's default, else,
/// before it is known to any, the one that a purchase names.
/// </summary>
public sealed class PayerProviders(
    BillingProviders providers, IInvoicedSubscriptions subscriptions, PaymentMethodWriter writer)
{
    private readonly BillingCustomerStore _store = new();

    /// <summary>
    /// The provider and the payer as it knows it; no provider when the one it is known to is not connected any more.
    /// </summary>
    internal async Task<(IBillingProvider? Provider, BillingCustomer? Linked)> FindAsync(
        Session session, AccountEnvironment environment, CustomerId payer)
    {
        if ((await _store.FindAsync(session, environment.Id, payer))?.Value is not { } linked)
            return (providers.DefaultOf(environment), null);
        var provider = providers.FindOrNull(linked.IntegrationId);
        return (provider?.Serves(environment) == true ? provider : null, linked);
    }

    /// <summary>What the payer's provider can do; null when it has none any more.</summary>
    public async Task<PayerAbilities?> AbilitiesAsync(
        Session session, AccountEnvironment environment, CustomerId payer) =>
        await FindAsync(session, environment, payer) is { Provider: { } provider }
            ? AbilitiesOf(provider, environment)
            : null;

    /// <summary>
    /// Makes sure that what the payer buys is billed by the provider that the purchase names, or by the payer's own:
    /// what that one can do, null when nobody has to bill anything. A payer that no provider knows becomes known to the
    /// one that is named.
    /// </summary>
    /// <param name="work">The transaction of the purchase.</param>
    /// <param name="payer">A customer that exists.</param>
    /// <param name="named">The integration; null = none.</param>
    /// <param name="isBilled">Something of the purchase is for a provider.</param>
    /// <param name="cancellationToken">Ends the wait for the provider.</param>
    public async Task<Result<PayerAbilities?>> PlaceAsync(
        Work work, CustomerId payer, string? named, bool isBilled, CancellationToken cancellationToken)
    {
        var (session, environment) = (work.Session, work.Scope.Environment);
        var (own, linked) = await FindAsync(session, environment, payer);
        if (named is null && (own is not null || !isBilled))
            return own is null ? null : AbilitiesOf(own, environment);
        if (named is null)
        {
            return new Refusal(ErrorCode.FailedToResolveBillingIntegration,
                $"Customer '{payer}' is billed through '{linked!.IntegrationId}', which is not connected to the "
                + $"environment '{environment.Name}' any more; connect it again, or attach a payment method of "
                + "another integration.");
        }

        if (!providers.Find(environment, named).TryGet(out var provider, out var unknown))
            return unknown with { Fields = [new("billingInformation.integrationId", unknown.Message)] };
        var current = linked?.IntegrationId ?? own!.IntegrationId;
        if (provider.IntegrationId == current)
            return AbilitiesOf(provider, environment);
        if (linked is not null || await subscriptions.IsChargedAsync(session, environment.Id, payer))
        {
            return new Refusal(ErrorCode.CannotChangeBillingIntegration,
                $"Customer '{payer}' is billed through '{current}', not '{named}'; "
                + "leave integrationId out, or end what it pays for and attach a payment method of the other "
                + "integration.");
        }

        return await writer.PlaceAsync(work, provider, payer, cancellationToken) is { } refused
            ? refused
            : AbilitiesOf(provider, environment);
    }

    private static PayerAbilities AbilitiesOf(IBillingProvider provider, AccountEnvironment environment) =>
        new(provider.VendorIdentifier, provider.AbilitiesIn(environment));
}

/// <param name="Vendor">The kind of system, in lower case.</param>
/// <param name="Abilities">In the environment that was asked for.</param>
public sealed record PayerAbilities(string Vendor, ProviderAbilities Abilities);
