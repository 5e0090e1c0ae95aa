using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Rows;

namespace Tollgate.Modules.Catalog.Coupons;

/// <summary>Creating, reading, changing and archiving coupons (spec catalog 12).</summary>
public sealed class CouponUseCases(UnitOfWork unitOfWork)
{
    private static readonly CouponStore Store = new();

    private readonly CatalogEntities<Coupon> _coupons = new(unitOfWork, Store, NotFound);

    public Task<Result<Page<Coupon>>> ListAsync(
        OperationScope scope, CouponFilter filter, PageRequest page, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            (session, _) => Store.PageAsync(session, scope.EnvironmentId, filter, page), cancellationToken);

    public Task<Result<Coupon>> RetrieveAsync(OperationScope scope, string id, CancellationToken cancellationToken) =>
        _coupons.RetrieveAsync(scope, id, cancellationToken);

    public Task<Result<Coupon>> CreateAsync(
        OperationScope scope, CouponDraft draft, CancellationToken cancellationToken) => _coupons.CreateAsync(
        scope,
        draft.Id,
        (_, isTaken) => Task.FromResult(CouponRules.Create(draft, isTaken, Guid.CreateVersion7(), scope.Now)),
        cancellationToken);

    public Task<Result<Coupon>> UpdateAsync(
        OperationScope scope, string id, CouponEdit edit, CancellationToken cancellationToken) =>
        ChangeAsync(scope, id, coupon => CouponRules.Update(coupon, edit, scope.Now), cancellationToken);

    public Task<Result<Coupon>> ArchiveAsync(OperationScope scope, string id, CancellationToken cancellationToken) =>
        ChangeAsync(scope, id, coupon => CouponRules.Archive(coupon, scope.Now), cancellationToken);

    private static Refusal NotFound(string id) => new(
        ErrorCode.CouponNotFound, $"There is no coupon with the id '{id}' in this environment; create it first.");

    private Task<Result<Coupon>> ChangeAsync(
        OperationScope scope, string id, Func<Coupon, Result<Change<Coupon>>> decide,
        CancellationToken cancellationToken) =>
        _coupons.ChangeAsync(scope, id, (_, coupon, _) => Task.FromResult(decide(coupon)), cancellationToken);
}
