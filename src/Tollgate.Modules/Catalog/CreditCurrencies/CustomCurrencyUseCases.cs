using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.CreditCurrencies;

/// <summary>Creating, reading, changing and archiving credit currencies (spec credits 2).</summary>
public sealed class CustomCurrencyUseCases(UnitOfWork unitOfWork)
{
    private readonly CustomCurrencyStore _store = new();
    private readonly PackageStore _packages = new();

    /// <param name="scope">Who asks and where.</param>
    /// <param name="archived">The wanted values of that flag; null = only active ones.</param>
    /// <param name="page">Which part of the list.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public Task<Result<Page<CustomCurrency>>> ListAsync(
        OperationScope scope, IReadOnlyCollection<bool>? archived, PageRequest page,
        CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            (session, _) => _store.PageAsync(session, scope.EnvironmentId, archived, page), cancellationToken);

    public Task<Result<CustomCurrency>> CreateAsync(
        OperationScope scope, CustomCurrencyDraft draft, CancellationToken cancellationToken) =>
        unitOfWork.WriteAsync<CustomCurrency>(
            scope,
            [UnitOfWork.CatalogLock(scope.EnvironmentId)],
            async (work, _) =>
            {
                var taken = await IsTakenAsync(work, draft.Id);
                var active = await _store.CountActiveAsync(work.Session, scope.EnvironmentId);
                if (!CustomCurrencyRules.Create(draft, taken, active, Guid.CreateVersion7(), scope.Now)
                    .TryGet(out var change, out var refusal))
                {
                    return refusal;
                }

                await _store.InsertAsync(work.Session, scope.EnvironmentId, change.Value);
                work.Record(change.Events);
                work.CatalogChanged();
                return change.Value;
            },
            cancellationToken);

    public Task<Result<CustomCurrency>> UpdateAsync(
        OperationScope scope, CurrencyId id, CustomCurrencyEdit edit, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            (_, currency) => Task.FromResult(CustomCurrencyRules.Update(currency, edit, scope.Now)),
            cancellationToken);

    public Task<Result<CustomCurrency>> ArchiveAsync(
        OperationScope scope, CurrencyId id, CancellationToken cancellationToken) => ChangeAsync(
        scope,
        id,
        async (work, currency) => CustomCurrencyRules.Archive(
            currency, await DependantsAsync(work.Session, scope.EnvironmentId, id), scope.Now),
        cancellationToken);

    public Task<Result<CustomCurrency>> UnarchiveAsync(
        OperationScope scope, CurrencyId id, CancellationToken cancellationToken) => ChangeAsync(
        scope,
        id,
        // The row an id means is an active one when there is one, so an archived one is never in its way.
        async (work, currency) => CustomCurrencyRules.Unarchive(
            currency,
            idIsTaken: false,
            await _store.CountActiveAsync(work.Session, scope.EnvironmentId),
            scope.Now),
        cancellationToken);

    /// <summary>The plans and add-ons whose latest version or draft refers to the currency, each once.</summary>
    public Task<Result<IReadOnlyList<CurrencyDependant>>> DependantsAsync(
        OperationScope scope, CurrencyId id, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<IReadOnlyList<CurrencyDependant>>>(
            async (session, _) => await _store.FindAsync(session, scope.EnvironmentId, id) is null
                ? NotFound(id)
                : Result<IReadOnlyList<CurrencyDependant>>.Ok(
                    await DependantsAsync(session, scope.EnvironmentId, id)),
            cancellationToken);

    internal static Refusal NotFound(CurrencyId id) => new(ErrorCode.CustomCurrencyNotFound,
        $"There is no credit currency with the id '{id}' in this environment; create it first.");

    private async Task<IReadOnlyList<CurrencyDependant>> DependantsAsync(
        Session session, EnvironmentId environment, CurrencyId id) =>
    [
        .. (await _packages.ListCurrentAsync(session, environment))
            .Select(row => row.Value)
            .Where(package => package.Status != PackageStatus.Archived && PackageCurrencies.Of(package).Contains(id))
            .GroupBy(package => (package.Kind, package.Id))
            .Select(versions => new CurrencyDependant(
                versions.Key.Kind, versions.Key.Id, versions.Last().DisplayName)),
    ];

    private async Task<bool> IsTakenAsync(Work work, CurrencyId id) =>
        await _store.FindAsync(work.Session, work.Scope.EnvironmentId, id) is { Value.IsArchived: false };

    private Task<Result<CustomCurrency>> ChangeAsync(
        OperationScope scope,
        CurrencyId id,
        Func<Work, CustomCurrency, Task<Result<Change<CustomCurrency>>>> decide,
        CancellationToken cancellationToken) => unitOfWork.WriteAsync<CustomCurrency>(
        scope,
        [UnitOfWork.CatalogLock(scope.EnvironmentId)],
        async (work, _) =>
        {
            if (await _store.FindAsync(work.Session, scope.EnvironmentId, id) is not { } row)
                return NotFound(id);
            if (!(await decide(work, row.Value)).TryGet(out var change, out var refusal))
                return refusal;
            if (change.IsNoChange)
                return change.Value;
            await _store.UpdateAsync(work.Session, scope.EnvironmentId, row, change.Value);
            work.Record(change.Events);
            work.CatalogChanged();
            return change.Value;
        },
        cancellationToken);
}
