using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Entitlements;

namespace Tollgate.Modules.Credits;

/// <summary>
/// The balances of a scope: what a read in it shows of every currency it ever had credits of (spec credits 3).
/// </summary>
public sealed class ReadCreditBalances(EntitlementSnapshots snapshots, ICreditLevels levels)
{
    /// <param name="scope">Who asks and where.</param>
    /// <param name="customer">Whose balances.</param>
    /// <param name="resource">Null: the customer's own pools.</param>
    /// <param name="currency">Null: every currency.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public async Task<Result<IReadOnlyList<CreditHolding>>> ExecuteAsync(
        OperationScope scope, CustomerId customer, ResourceId? resource, CurrencyId? currency,
        CancellationToken cancellationToken)
    {
        var access = await snapshots.GetAsync(scope.Environment, customer, resource, scope.Now, cancellationToken);
        if (access.Facts.IsCustomerUnknown)
            return CustomerUseCases.NotFound(customer);
        if (access.Facts.IsResourceUnknown)
        {
            return new Refusal(ErrorCode.CustomerResourceNotFound,
                $"The customer '{customer}' has no resource '{resource}'; provision a subscription for it first.");
        }

        var currencies = await snapshots.CurrenciesAsync(scope.EnvironmentId, cancellationToken);
        if (currency is { } asked && !currencies.ContainsKey(asked))
            return Catalog.CreditCurrencies.CustomCurrencyUseCases.NotFound(asked);
        var held = await levels.LoadAsync(levels.Cell(scope.EnvironmentId, customer), cancellationToken);
        return Result<IReadOnlyList<CreditHolding>>.Ok(
        [
            .. (currency is { } one ? [one] : held.Pools.Keys.Select(key => key.CurrencyId).Distinct())
                .Where(currencies.ContainsKey)
                .OrderBy(id => id.Value, StringComparer.Ordinal)
                .Select(id => new CreditHolding(currencies[id], held.Shown(customer, resource, id).At(scope.Now))),
        ]);
    }
}
