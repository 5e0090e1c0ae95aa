using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.Coupons;

/// <summary>Rows of coupons.</summary>
internal sealed class CouponStore() : CatalogStore<Coupon>(
    "coupons",
    BodyJson.Default.Coupon,
    coupon => coupon.Uid,
    ("id", c => c.Id),
    ("status", c => c.IsArchived ? Archived : Active),
    ("coupon_type", c => c.Type.ToString()),
    ("source", c => c.Source.ToString()),
    ("created_at", c => c.CreatedAt.ToUnixTimeMilliseconds()))
{
    private const string Active = "Active";

    /// <summary>Coupons made for one subscription alone are in no list.</summary>
    public Task<Result<Page<Coupon>>> PageAsync(
        Session session, EnvironmentId environment, CouponFilter filter, PageRequest page)
    {
        var query = new RowQuery()
            .And("source <> @adhoc", "adhoc", CouponSource.StiggAdhoc.ToString())
            .AndIf("id = @id", "id", filter.Id)
            .AndIf("coupon_type = @type", "type", filter.Type?.ToString())
            .AndAny("status", "status", Statuses(filter.Archived, Active))
            .AndCreated(filter.Created);
        return Rows.PageAsync(session, environment, query, page);
    }
}

/// <summary>
/// Which coupons are asked for. <see cref="Archived"/>: the wanted values of that flag; null = only live ones.
/// </summary>
public sealed record CouponFilter
{
    public string? Id { get; init; }
    public CouponType? Type { get; init; }
    public IReadOnlyCollection<bool>? Archived { get; init; }
    public CreatedRange Created { get; init; }
}
