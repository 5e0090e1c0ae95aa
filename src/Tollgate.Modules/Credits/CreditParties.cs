using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Catalog.CreditCurrencies;
using Tollgate.Modules.Customers;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>
/// Whether what a list of credits is asked about is there: an unknown id is an error, not an empty list.
/// </summary>
public sealed class CreditParties(CustomerReader customers, CatalogReader catalog)
{
    /// <summary>
    /// Null when all of it is known; else <see cref="ErrorCode.CustomerNotFound"/>,
    /// <see cref="ErrorCode.CustomerResourceNotFound"/> or <see cref="ErrorCode.CustomCurrencyNotFound"/>.
    /// </summary>
    public async Task<Refusal?> CheckAsync(
        Session session, EnvironmentId environment, CustomerId customer, ResourceId? resource, CurrencyId? currency)
    {
        if (await customers.FindAsync(session, environment, customer) is null)
            return CustomerUseCases.NotFound(customer);
        if (resource is { } named
            && !(await customers.ResourceIdsAsync(session, environment, customer)).Contains(named))
        {
            return new(ErrorCode.CustomerResourceNotFound,
                $"The customer '{customer}' has no resource '{named}'; name one that a subscription was provisioned "
                + "for, or none.");
        }

        return currency is { } id && await catalog.CurrencyAsync(session, environment, id) is null
            ? CustomCurrencyUseCases.NotFound(id)
            : null;
    }
}
