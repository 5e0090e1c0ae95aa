using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Entitlements;
using Tollgate.Modules.Entitlements.Promotions;

namespace Tollgate.Server.Rest.Entitlements;

/// <summary>Operations on promotional entitlements (spec entitlements-and-usage 14).</summary>
internal static class PromotionEndpoints
{
    public static void MapPromotions(this RestRoutes routes)
    {
        var promotions = routes.Services.GetRequiredService<PromotionUseCases>();
        routes
            .Map("v1.customers.promotionalEntitlements.list", (call, token) => call.AnswerAsync(
                scope => promotions.ListAsync(scope, FilterOf(call), call.Query.Page(), token),
                page => Wire.Page(page, promotion => ToRest(call, promotion)),
                RestJson.Wire.RestPageRestPromotionalEntitlement))
            .Map("v1.customers.promotionalEntitlements.create", (call, token) => call.AnswerAsync(
                scope => promotions.GrantAsync(scope, CustomerOf(call), PromotionWire.RowsFromRest(call.Body), token),
                granted => new RestData<IReadOnlyList<RestPromotionalEntitlement>>(
                    [.. granted.Select(promotion => ToRest(call, promotion))]),
                RestJson.Wire.RestDataIReadOnlyListRestPromotionalEntitlement))
            .Map("v1.customers.promotionalEntitlements.revoke", (call, token) => call.AnswerAsync(
                scope => promotions.RevokeAsync(scope, CustomerOf(call), new(call.Path("featureId")), token),
                revoked => new RestData<RestPromotionalEntitlement>(ToRest(call, revoked)),
                RestJson.Wire.RestDataRestPromotionalEntitlement));
    }

    private static CustomerId CustomerOf(RestCall call) => new(call.Path("id"));

    private static PromotionFilter FilterOf(RestCall call) => new(CustomerOf(call))
    {
        Statuses = call.Query.Members<PromotionStatus>("status"),
        Created = call.Query.CreatedRange(),
    };

    private static RestPromotionalEntitlement ToRest(RestCall call, PromotionalEntitlement promotion) =>
        PromotionWire.ToRest(promotion, call.Scope.Environment.Uid);
}
