using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules;
using Tollgate.Modules.Catalog.Coupons;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>Operations on coupons (spec catalog 12).</summary>
internal static class CouponEndpoints
{
    public static void MapCoupons(this RestRoutes routes)
    {
        var coupons = routes.Services.GetRequiredService<CouponUseCases>();
        routes
            .Map("v1.coupons.list", (call, token) => call.AnswerAsync(
                scope => coupons.ListAsync(scope, FilterOf(call), call.Query.Page(), token),
                page => Wire.Page(page, CouponWire.ToRest),
                RestJson.Wire.RestPageRestCoupon))
            .Map("v1.coupons.create", (call, token) => AnswerAsync(
                call, scope => coupons.CreateAsync(scope, CouponWire.DraftFromRest(call.Body), token)))
            .Map("v1.coupons.retrieve", (call, token) => AnswerAsync(
                call, scope => coupons.RetrieveAsync(scope, call.Path("id"), token)))
            .Map("v1.coupons.updateCoupon", (call, token) => AnswerAsync(
                call, scope => coupons.UpdateAsync(scope, call.Path("id"), CouponWire.EditFromRest(call.Body), token)))
            .Map("v1.coupons.archiveCoupon", (call, token) => AnswerAsync(
                call, scope => coupons.ArchiveAsync(scope, call.Path("id"), token)));
    }

    private static CouponFilter FilterOf(RestCall call) => new()
    {
        Id = call.Query.GetString("id"),
        Type = call.Query.GetString("type") is { } type ? Wire.Member<CouponType>(type) : null,
        Archived = CouponWire.ArchivedOf(call.Query.GetSymbols("status")),
        Created = call.Query.CreatedRange(),
    };

    private static Task<RestAnswer> AnswerAsync(RestCall call, Func<OperationScope, Task<Result<Coupon>>> run) =>
        call.AnswerAsync(
            run, coupon => new RestData<RestCoupon>(CouponWire.ToRest(coupon)), RestJson.Wire.RestDataRestCoupon);
}
