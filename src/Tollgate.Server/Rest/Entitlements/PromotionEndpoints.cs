using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Modules;
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
            .Map("v1.customers.promotionalEntitlements.create", (call, token) => AnswerAsync(
                call,
                scope => promotions.GrantAsync(scope, CustomerOf(call), PromotionWire.RowsFromRest(call.Body), token)))
            .Map("v1.customers.promotionalEntitlements.revoke", (call, token) => call.AnswerAsync(
                scope => promotions.RevokeAsync(scope, CustomerOf(call), new(call.Path("featureId")), token),
                revoked => new RestData<RestPromotionalEntitlement>(ToRest(call, revoked)),
                RestJson.Wire.RestDataRestPromotionalEntitlement))
            .Map(
                "tollgate.promotionGroups.grant",
                (call, token) => AnswerAsync(call, scope => promotions.GrantGroupAsync(
                scope, CustomerOf(call), call.Path("groupId"), PromotionWire.RowsFromRest(call.Body), token)))
            .Map("tollgate.promotionGroups.revoke", (call, token) => AnswerAsync(
                call, scope => promotions.RevokeGroupAsync(scope, CustomerOf(call), call.Path("groupId"), token)))
            .Map("tollgate.promotionGroups.unlink", (call, token) => AnswerAsync(
                call, scope => promotions.UnlinkGroupAsync(scope, CustomerOf(call), call.Path("groupId"), token)));
    }

    private static Task<RestAnswer> AnswerAsync(
        RestCall call, Func<OperationScope, Task<Result<IReadOnlyList<PromotionalEntitlement>>>> run) =>
        call.AnswerAsync(
            run,
            changed => new RestData<IReadOnlyList<RestPromotionalEntitlement>>(
                [.. changed.Select(promotion => ToRest(call, promotion))]),
            RestJson.Wire.RestDataIReadOnlyListRestPromotionalEntitlement);

    private static CustomerId CustomerOf(RestCall call) => new(call.Path("id"));

    private static PromotionFilter FilterOf(RestCall call) => new(CustomerOf(call))
    {
        Statuses = call.Query.Members<PromotionStatus>("status"),
        Created = call.Query.CreatedRange(),
    };

    private static RestPromotionalEntitlement ToRest(RestCall call, PromotionalEntitlement promotion) =>
        PromotionWire.ToRest(promotion, call.Scope.Environment.Uid);
}
