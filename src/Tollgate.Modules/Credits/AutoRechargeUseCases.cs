using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Catalog.CreditCurrencies;
using Tollgate.Modules.Customers;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>Reading and saving auto-recharge (spec credits 10).</summary>
public sealed class AutoRechargeUseCases(
    UnitOfWork unitOfWork, CustomerReader customers, CatalogReader catalog, Invoicing invoicing, OpenCreditBooks open,
    RunRecharges recharges)
{
    private readonly AutoRechargeStore _store = new();

    /// <summary>The configuration; the defaults, which are no row, when there is none.</summary>
    public Task<Result<SavedRecharge>> RetrieveAsync(
        OperationScope scope, CustomerId customer, CurrencyId currency, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<SavedRecharge>>(
            async (session, _) =>
            {
                if (await CheckAsync(session, scope, customer, currency, forWriting: false) is { } refusal)
                    return refusal;
                var price = await recharges.PriceAsync(session, scope.EnvironmentId, customer, currency);
                return await _store.FindAsync(session, scope.EnvironmentId, customer, currency) is { } row
                    ? new SavedRecharge(AutoRechargeRules.Roll(row.Value, scope.Now), IsSaved: true) { Price = price }
                    : new SavedRecharge(
                        AutoRechargeRules.Default(customer, currency, Guid.Empty, scope.Now), IsSaved: false)
                    { Price = price };
            },
            cancellationToken);

    /// <summary>Saves it, and recharges at once when the balance is below the threshold already.</summary>
    public Task<Result<SavedRecharge>> SaveAsync(
        OperationScope scope, CustomerId customer, CurrencyId currency, AutoRechargeEdit edit,
        CancellationToken cancellationToken) => unitOfWork.WriteAsync<SavedRecharge>(
        scope,
        [UnitOfWork.CatalogInUse(scope.EnvironmentId), UnitOfWork.CustomerLock(scope.EnvironmentId, customer)],
        async (work, token) =>
        {
            var environment = scope.EnvironmentId;
            if (await CheckAsync(work.Session, scope, customer, currency, forWriting: true) is { } refusal)
                return refusal;
            var row = await _store.FindAsync(work.Session, environment, customer, currency);
            var stored = row?.Value ?? AutoRechargeRules.Default(customer, currency, Guid.CreateVersion7(), scope.Now);
            var price = await recharges.PriceAsync(work.Session, environment, customer, currency);
            var hasMethod = await invoicing.HasPaymentMethodAsync(work.Session, environment, customer);
            if (!AutoRechargeRules.Save(stored, edit, hasMethod, price, scope.Now).TryGet(out var saved, out refusal))
                return refusal;
            saved = saved with { DueAt = saved.IsEnabled ? scope.Now : null };
            if (row is null)
                await _store.InsertAsync(work.Session, environment, saved);
            else
                await _store.UpdateAsync(work.Session, environment, row, saved);
            work.Record(AutoRechargeRules.Changed(row?.Value, saved, "USER", null));
            if (saved.IsEnabled)
            {
                var books = await open.ExecuteAsync(work.Session, [new(environment, customer)], token);
                await recharges.RunDueAsync(work, books, customer, token);
                if (!books.IsEmpty)
                    await books.WriteAsync(work, token);
            }

            return new SavedRecharge(
                (await _store.FindAsync(work.Session, environment, customer, currency))!.Value, IsSaved: true);
        },
        cancellationToken);

    private async Task<Refusal?> CheckAsync(
        Session session, OperationScope scope, CustomerId customer, CurrencyId currency, bool forWriting)
    {
        if (await customers.FindAsync(session, scope.EnvironmentId, customer) is not { } found)
            return CustomerUseCases.NotFound(customer);
        if (await catalog.CurrencyAsync(session, scope.EnvironmentId, currency) is not { } known)
            return CustomCurrencyUseCases.NotFound(currency);
        if (forWriting && (found.IsArchived || known.IsArchived))
        {
            return new(ErrorCode.EntityIsArchivedError,
                $"The {(found.IsArchived ? $"customer '{customer}'" : $"credit currency '{currency}'")} is archived; "
                + "unarchive it first.");
        }

        return null;
    }
}

/// <param name="Recharge">The configuration.</param>
/// <param name="IsSaved">False for the defaults of a customer that never saved one.</param>
public sealed record SavedRecharge(AutoRecharge Recharge, bool IsSaved)
{
    /// <summary>
    /// What a live subscription of the customer sells the currency at; null when none does, or it was not asked.
    /// </summary>
    public TopUpPrice? Price { get; init; }
}
