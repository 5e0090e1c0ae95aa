using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing.BuiltIn;
using Tollgate.Modules.Catalog.Packages;

namespace Tollgate.Modules.Billing;

/// <summary>
/// Which provider serves whom. Of the providers that are registered, those that are connected to an environment serve
/// it; the first of them is its default. An environment without a connected one is served by the built-in provider.
/// </summary>
public sealed class BillingProviders(IEnumerable<IBillingProvider> providers, AccountDirectory directory)
    : IConnectedBilling
{
    private readonly Dictionary<string, IBillingProvider> _byIntegration =
        providers.ToDictionary(provider => provider.IntegrationId, StringComparer.Ordinal);

    private readonly IReadOnlyList<IBillingProvider> _connectable =
        [.. providers.Where(provider => provider.IntegrationId != BuiltInProvider.Id)];

    /// <summary>Some provider is told of changes. False: nothing of that costs anything.</summary>
    public bool AnyIsTold { get; } = providers.Any(provider => provider.Sync is not null);

    /// <summary>Some provider sends messages. False: none are ever stored.</summary>
    public bool AnyTells { get; } = providers.Any(provider => provider.Webhooks is not null);

    /// <summary>The provider of customers that name none.</summary>
    public IBillingProvider DefaultOf(AccountEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        return _connectable.FirstOrDefault(provider => provider.Serves(environment))
            ?? _byIntegration[BuiltInProvider.Id];
    }

    /// <inheritdoc />
    public IReadOnlyList<ConnectedBilling> ConnectedTo(AccountEnvironment environment) =>
        [.. _connectable.Where(provider => provider.Serves(environment))
            .Select(provider => new ConnectedBilling(
                provider.VendorIdentifier, provider.AbilitiesIn(environment).Charges))];

    /// <summary>The provider of customers that name none is a connected one, not the built-in billing.</summary>
    public bool IsConnected(EnvironmentId environment) =>
        _connectable.Count > 0 && DefaultOf(directory.Get(environment)).IntegrationId != BuiltInProvider.Id;

    /// <summary>No provider does anything outside the transaction it is called in.</summary>
    public bool AreUndoneWithTheirTransaction => _byIntegration.Values.All(p => p.IsUndoneWithItsTransaction);

    /// <summary>The provider a customer lives in.</summary>
    public IBillingProvider Of(BillingCustomer customer) => _byIntegration[customer.IntegrationId];

    public Result<IBillingProvider> Find(AccountEnvironment environment, string integrationId) =>
        FindOrNull(integrationId) is { } provider && provider.Serves(environment)
            ? Result<IBillingProvider>.Ok(provider)
            : new Refusal(ErrorCode.IntegrationNotFound,
                $"The environment '{environment.Name}' has no billing integration '{integrationId}'; use "
                + $"'{DefaultOf(environment).IntegrationId}'.");

    /// <summary>The provider of the integration, whomever it serves; null when this build has none.</summary>
    internal IBillingProvider? FindOrNull(string integrationId) => _byIntegration.GetValueOrDefault(integrationId);
}
