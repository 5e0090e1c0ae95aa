using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;

namespace Tollgate.Modules.Entitlements;

/// <summary>
/// Everything a scope may use, with its usage and without usage arithmetic: a feature over its limit is listed as
/// granted (spec entitlements-and-usage 3).
/// </summary>
public sealed class ListEntitlements(
    EntitlementSnapshots snapshots, CheckEntitlement check, ICreditLevels credits)
{
    public async Task<Result<EntitlementList>> ExecuteAsync(
        OperationScope scope, CustomerId customerId, ResourceId? resourceId, CancellationToken cancellationToken)
    {
        var access = await snapshots.GetAsync(scope.Environment, customerId, resourceId, scope.Now, cancellationToken);
        if (access.Facts.IsResourceUnknown)
        {
            return new Refusal(ErrorCode.CustomerResourceNotFound,
                $"The customer '{customerId}' has no resource '{resourceId}'; "
                + "a resource exists from the first subscription provisioned for it on.");
        }

        if (access.Set is not { } set)
        {
            return new EntitlementList(
                access.Facts.IsCustomerUnknown
                    ? AccessDeniedReason.CustomerNotFound
                    : AccessDeniedReason.CustomerIsArchived,
                access.ComputedAt,
                []);
        }

        var held = await CreditsAsync(scope, access, customerId, resourceId, cancellationToken);
        // Credits need no subscription: with some to list, nothing is denied as a whole.
        if (set.ListDeniedReason is { } reason && held.Count == 0)
            return new EntitlementList(reason, access.ComputedAt, []);
        var rows = new List<ListedEntitlement>(access.Entitlements.Count);
        foreach (var compiled in access.Entitlements)
        {
            var raw = await check.UsageAsync(compiled, scope.Now, cancellationToken);
            var isExhausted = await check.IsBudgetExhaustedAsync(
                scope.EnvironmentId, compiled, scope.Now, cancellationToken);
            rows.Add(new(compiled, compiled.Entitlement.ShownUsage(raw))
            {
                DeniedReason = compiled.Entitlement.DeniedReason
                    ?? (isExhausted ? AccessDeniedReason.BudgetExceeded
                        : await check.IsOutOfCreditsAsync(compiled, scope.Now, cancellationToken)
                            ? AccessDeniedReason.InsufficientCredits
                            : null),
            });
        }

        return new EntitlementList(null, access.ComputedAt, rows) { Credits = held };
    }

    /// <summary>
    /// Every currency that a live subscription of the scope prices in, or whose pool holds a live grant or an open
    /// overdraft, by its id.
    /// </summary>
    private async Task<IReadOnlyList<CreditHolding>> CreditsAsync(
        OperationScope scope, ScopeAccess access, CustomerId customer, ResourceId? resource,
        CancellationToken cancellationToken)
    {
        if (access.Credits is not { } cell)
            return [];
        var held = await credits.LoadAsync(cell, cancellationToken);
        if (held.Pools.Count == 0 && access.MappedCurrencies.Count == 0)
            return [];
        var currencies = await snapshots.CurrenciesAsync(scope.EnvironmentId, cancellationToken);
        return
        [
            .. held.Pools.Keys.Select(key => key.CurrencyId).Concat(access.MappedCurrencies).Distinct()
                .OrderBy(id => id.Value, StringComparer.Ordinal)
                .Where(currencies.ContainsKey)
                .Select(id => new CreditHolding(currencies[id], held.Shown(customer, resource, id).At(scope.Now))
                {
                    HasSoftLimit = access.SoftCurrencies.Contains(id),
                })
                .Where(holding => holding.Pool.HasLive || access.MappedCurrencies.Contains(holding.Currency.Id)),
        ];
    }
}

/// <summary>The list; <paramref name="DeniedReason"/> says why there is nothing at all.</summary>
public sealed record EntitlementList(
    AccessDeniedReason? DeniedReason, Instant ComputedAt, IReadOnlyList<ListedEntitlement> Rows)
{
    /// <summary>After the features, by currency id.</summary>
    public IReadOnlyList<CreditHolding> Credits { get; init; } = [];
}

/// <summary>One entitlement with the usage of its current window in sold units.</summary>
public sealed record ListedEntitlement(CompiledEntitlement Compiled, decimal Usage)
{
    /// <summary>Revoked, or its budget is used up; never because of its limit.</summary>
    public AccessDeniedReason? DeniedReason { get; init; }
}
