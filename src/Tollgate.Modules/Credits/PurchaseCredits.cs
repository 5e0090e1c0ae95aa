using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Catalog.CreditCurrencies;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Subscriptions;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>
/// Sells credits at the one-off price of a live subscription, once, as many as the customer wants (spec credits 9): the
/// grant and its bill in one transaction, usable when the bill is paid.
/// </summary>
public sealed class PurchaseCredits(
    UnitOfWork unitOfWork, CustomerReader customers, CatalogReader catalog, ICustomerDueWork dueWork,
    RunRecharges prices, CreditGrantUseCases grants)
{
    public Task<Result<BilledGrant>> ExecuteAsync(
        OperationScope scope, CreditPurchase purchase, CancellationToken cancellationToken) =>
        unitOfWork.WriteAsync<BilledGrant>(
            scope,
            [
                UnitOfWork.CatalogInUse(scope.EnvironmentId),
                UnitOfWork.CustomerLock(scope.EnvironmentId, purchase.CustomerId),
            ],
            async (work, token) =>
            {
                // A price counts while its subscription is live at this instant.
                await dueWork.AdvanceAsync(work, purchase.CustomerId, token);
                if (await UnknownAsync(work.Session, scope.EnvironmentId, purchase) is { } unknown)
                    return unknown;
                var price = await prices.PriceAsync(
                    work.Session, scope.EnvironmentId, purchase.CustomerId, purchase.CurrencyId);
                return CreditPurchaseRules.DraftOf(purchase, price).TryGet(out var draft, out var refusal)
                    ? await grants.CreateAsync(work, draft, token)
                    : refusal;
            },
            cancellationToken);

    private async Task<Refusal?> UnknownAsync(Session session, EnvironmentId environment, CreditPurchase purchase) =>
        await customers.FindAsync(session, environment, purchase.CustomerId) is null
            ? CustomerUseCases.NotFound(purchase.CustomerId)
            : await catalog.CurrencyAsync(session, environment, purchase.CurrencyId) is null
                ? CustomCurrencyUseCases.NotFound(purchase.CurrencyId)
                : null;
}
