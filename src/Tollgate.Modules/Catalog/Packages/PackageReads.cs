using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>Reading packages of one kind (spec catalog 4 and 14).</summary>
public abstract class PackageReads
{
    private readonly PackageKind _kind;
    private readonly UnitOfWork _unitOfWork;
    private readonly IPackageSubscriptions _subscriptions;
    private readonly PackageStore _store = new();

    private protected PackageReads(PackageKind kind, UnitOfWork unitOfWork, IPackageSubscriptions subscriptions)
    {
        _kind = kind;
        _unitOfWork = unitOfWork;
        _subscriptions = subscriptions;
    }

    public Task<Result<Page<PackageVersion>>> ListAsync(
        OperationScope scope, PackageFilter filter, PageRequest page, CancellationToken cancellationToken) =>
        _unitOfWork.Database.ReadAsync(
            (session, _) => _store.PageAsync(session, scope.EnvironmentId, _kind, filter, page),
            cancellationToken);

    /// <summary>The latest published version, or the draft while nothing was published.</summary>
    public Task<Result<PackageVersion>> RetrieveAsync(
        OperationScope scope, PackageId id, CancellationToken cancellationToken) =>
        _unitOfWork.Database.ReadAsync<Result<PackageVersion>>(
            async (session, _) =>
                await _store.FindLatestAsync(session, scope.EnvironmentId, _kind, id) is { } row
                    ? row.Value
                    : PackageSet.NotFound(_kind, id),
            cancellationToken);

    /// <summary>The charges of the version that <see cref="RetrieveAsync"/> shows, in catalog order.</summary>
    public Task<Result<Page<ListedCharge>>> ListChargesAsync(
        OperationScope scope, PackageId id, ChargeList list, PageRequest page, CancellationToken cancellationToken) =>
        _unitOfWork.Database.ReadAsync<Result<Page<ListedCharge>>>(
            async (session, _) =>
            {
                if (await _store.FindLatestAsync(session, scope.EnvironmentId, _kind, id)
                    is not { Value: var package })
                {
                    return PackageSet.NotFound(_kind, id);
                }

                var used = await _subscriptions.AnyOpenAtPricesOfAsync(
                    session, scope.EnvironmentId, _kind, id, package.Version);
                var charges = list == ChargeList.Overage
                    ? package.OverageCharges
                    : [.. package.Charges, .. MinimumSpendCharges.Of(package)];
                return ListPage.Of(charges, charge => charge.Uid, page)
                    .Map(found => found.Map(charge => new ListedCharge(charge, used)));
            },
            cancellationToken);

    private protected Task<Result<T>> ReadCurrentAsync<T>(
        OperationScope scope, Func<CurrentPackages, Result<T>> read, CancellationToken cancellationToken) =>
        _unitOfWork.Database.ReadAsync(
            async (session, _) => read(await CurrentPackages.LoadAsync(_store, session, scope.EnvironmentId)),
            cancellationToken);
}

/// <summary>A charge with whether an open subscription pays it.</summary>
public sealed record ListedCharge(Charge Charge, bool UsedInSubscriptions);

/// <summary>The two lists of charges of a package version.</summary>
public enum ChargeList
{
    Regular,
    Overage,
}
