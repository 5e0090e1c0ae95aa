using Tollgate.Domain.Errors;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing.BuiltIn;

namespace Tollgate.Modules.Billing;

/// <summary>Which provider serves whom. An environment without a connected one is served by the built-in provider.</summary>
public sealed class BillingProviders(IEnumerable<IBillingProvider> providers)
{
    private readonly Dictionary<string, IBillingProvider> _byIntegration =
        providers.ToDictionary(provider => provider.IntegrationId, StringComparer.Ordinal);

    /// <summary>The provider of customers that name none.</summary>
    public IBillingProvider DefaultOf(AccountEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        return _byIntegration[BuiltInProvider.Id];
    }

    /// <summary>No provider does anything outside the transaction it is called in.</summary>
    public bool AreUndoneWithTheirTransaction => _byIntegration.Values.All(p => p.IsUndoneWithItsTransaction);

    /// <summary>The provider a customer lives in.</summary>
    public IBillingProvider Of(BillingCustomer customer) => _byIntegration[customer.IntegrationId];

    public Result<IBillingProvider> Find(AccountEnvironment environment, string integrationId) =>
        _byIntegration.TryGetValue(integrationId, out var provider)
            ? Result<IBillingProvider>.Ok(provider)
            : new Refusal(ErrorCode.IntegrationNotFound,
                $"The environment '{environment.Name}' has no billing integration '{integrationId}'; use "
                + $"'{BuiltInProvider.Id}', the built-in billing.");
}
