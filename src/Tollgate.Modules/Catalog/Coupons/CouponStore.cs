using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.Coupons;

/// <summary>Rows of coupons.</summary>
internal sealed class CouponStore
{
    private const string Active = "Active";
    private const string Archived = "Archived";

    private readonly AggregateTable<Coupon> _rows = new(
        "coupons",
        BodyJson.Default.Coupon,
        coupon => coupon.Uid,
        ("id", c => c.Id),
        ("status", c => c.IsArchived ? Archived : Active),
        ("coupon_type", c => c.Type.ToString()),
        ("source", c => c.Source.ToString()),
        ("created_at", c => c.CreatedAt.ToUnixTimeMilliseconds()))
    {
        Written = CatalogHead.RaiseAsync,
    };

    public Task<Versioned<Coupon>?> FindAsync(Session session, EnvironmentId environment, string id) =>
        _rows.FindAsync(session, environment, "id = @id", new { id });

    /// <summary>Coupons made for one subscription alone are in no list.</summary>
    public Task<Result<Page<Coupon>>> PageAsync(
        Session session, EnvironmentId environment, CouponFilter filter, PageRequest page)
    {
        var statuses = filter.Archived is { Count: > 0 } asked ? asked : [false];
        var query = new RowQuery()
            .And("source <> @adhoc", "adhoc", CouponSource.StiggAdhoc.ToString())
            .AndIf("id = @id", "id", filter.Id)
            .AndIf("coupon_type = @type", "type", filter.Type?.ToString())
            .AndAny("status", "status", statuses.Select(archived => archived ? Archived : Active).ToArray())
            .AndCreated(filter.Created);
        return _rows.PageAsync(session, environment, query, page);
    }

    public Task InsertAsync(Session session, EnvironmentId environment, Coupon coupon) =>
        _rows.InsertAsync(session, environment, coupon);

    public Task UpdateAsync(Session session, EnvironmentId environment, Versioned<Coupon> read, Coupon coupon) =>
        _rows.UpdateAsync(session, environment, read, coupon);
}

/// <summary>Which coupons are asked for. <see cref="Archived"/>: the wanted values of that flag; null = only live ones.</summary>
public sealed record CouponFilter
{
    public string? Id { get; init; }
    public CouponType? Type { get; init; }
    public IReadOnlyCollection<bool>? Archived { get; init; }
    public CreatedRange Created { get; init; }
}
