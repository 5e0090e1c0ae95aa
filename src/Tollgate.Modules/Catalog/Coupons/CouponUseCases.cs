using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Rows;

namespace Tollgate.Modules.Catalog.Coupons;

/// <summary>Creating, reading, changing and archiving coupons (spec catalog 12).</summary>
public sealed class CouponUseCases(UnitOfWork unitOfWork)
{
    private readonly CouponStore _store = new();

    public Task<Result<Page<Coupon>>> ListAsync(
        OperationScope scope, CouponFilter filter, PageRequest page, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            (session, _) => _store.PageAsync(session, scope.EnvironmentId, filter, page), cancellationToken);

    public Task<Result<Coupon>> RetrieveAsync(OperationScope scope, string id, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<Coupon>>(
            async (session, _) =>
                await _store.FindAsync(session, scope.EnvironmentId, id) is { } row ? row.Value : NotFound(id),
            cancellationToken);

    public Task<Result<Coupon>> CreateAsync(
        OperationScope scope, CouponDraft draft, CancellationToken cancellationToken) => unitOfWork.WriteAsync<Coupon>(
        scope,
        [UnitOfWork.CatalogLock(scope.EnvironmentId)],
        async (work, _) =>
        {
            var taken = await _store.FindAsync(work.Session, scope.EnvironmentId, draft.Id) is not null;
            if (!CouponRules.Create(draft, taken, Guid.CreateVersion7(), scope.Now).TryGet(out var change, out var refusal))
                return refusal;
            await _store.InsertAsync(work.Session, scope.EnvironmentId, change.Value);
            work.Record(change.Events);
            return change.Value;
        },
        cancellationToken);

    public Task<Result<Coupon>> UpdateAsync(
        OperationScope scope, string id, CouponEdit edit, CancellationToken cancellationToken) =>
        ChangeAsync(scope, id, coupon => CouponRules.Update(coupon, edit, scope.Now), cancellationToken);

    public Task<Result<Coupon>> ArchiveAsync(OperationScope scope, string id, CancellationToken cancellationToken) =>
        ChangeAsync(scope, id, coupon => CouponRules.Archive(coupon, scope.Now), cancellationToken);

    private static Refusal NotFound(string id) => new(
        ErrorCode.CouponNotFound, $"There is no coupon with the id '{id}' in this environment; create it first.");

    private Task<Result<Coupon>> ChangeAsync(
        OperationScope scope,
        string id,
        Func<Coupon, Result<Change<Coupon>>> decide,
        CancellationToken cancellationToken) => unitOfWork.WriteAsync<Coupon>(
        scope,
        [UnitOfWork.CatalogLock(scope.EnvironmentId)],
        async (work, _) =>
        {
            if (await _store.FindAsync(work.Session, scope.EnvironmentId, id) is not { } row)
                return NotFound(id);
            if (!decide(row.Value).TryGet(out var change, out var refusal))
                return refusal;
            if (change.IsNoChange)
                return change.Value;
            await _store.UpdateAsync(work.Session, scope.EnvironmentId, row, change.Value);
            work.Record(change.Events);
            return change.Value;
        },
        cancellationToken);
}
