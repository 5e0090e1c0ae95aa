using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Modules;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Credits;
using Tollgate.Server.Rest.Subscriptions;

namespace Tollgate.Server.Rest.Credits;

/// <summary>Operations on grants (spec credits 4).</summary>
internal static class CreditGrantEndpoints
{
    public static void MapCreditGrants(this RestRoutes routes)
    {
        var grants = routes.Services.GetRequiredService<CreditGrantUseCases>();
        var purchases = routes.Services.GetRequiredService<PurchaseCredits>();
        var address = routes.Services.GetRequiredService<PublicAddress>();
        routes
            .Map("v1.credits.grants.create", (call, token) => AnswerAsync(
                call, address, scope => grants.CreateAsync(scope, CreditGrantWire.DraftFromRest(call.Body), token)))
            .Map("v1.credits.grants.list", (call, token) => call.AnswerAsync(
                scope => grants.ListAsync(scope, FilterOf(call), call.Query.Page(), token),
                page => Wire.Page(page, grant => CreditGrantWire.ToRest(grant, address)),
                RestJson.Wire.RestPageRestCreditGrant))
            .Map("v1.credits.grants.void", (call, token) => AnswerAsync(
                call, address, scope => grants.VoidAsync(scope, call.Path("id"), token)))
            .Map("tollgate.credits.updateGrant", (call, token) => AnswerAsync(
                call, address, scope => grants.UpdateAsync(
                    scope, call.Path("id"), CreditGrantWire.EditFromRest(call.Body), token)))
            .Map("tollgate.credits.purchase", (call, token) => AnswerAsync(
                call, address,
                scope => purchases.ExecuteAsync(scope, CreditGrantWire.PurchaseFromRest(call.Body), token)))
            .Map("tollgate.credits.previewGrant", (call, token) => call.AnswerAsync(
                scope => grants.PreviewAsync(
                    scope, CreditGrantWire.DraftFromRest(call.Body), BillingRequests.CouponFromRest(call.Body), token),
                preview => new RestData<RestGrantPreview>(CreditGrantWire.ToRest(preview)),
                CreditJson.Wire.RestDataRestGrantPreview));
    }

    private static CreditGrantFilter FilterOf(RestCall call) => new(new CustomerId(call.Query.GetString("customerId")!))
    {
        ResourceId = call.Query.GetString("resourceId") is { Length: > 0 } resource ? new ResourceId(resource) : null,
        CurrencyId = call.Query.GetString("currencyId") is { Length: > 0 } currency ? new CurrencyId(currency) : null,
        Created = call.Query.CreatedRange(),
    };

    private static Task<RestAnswer> AnswerAsync(
        RestCall call, PublicAddress address, Func<OperationScope, Task<Result<BilledGrant>>> run) => call.AnswerAsync(
        run,
        grant => new RestData<RestCreditGrant>(CreditGrantWire.ToRest(grant, address)),
        RestJson.Wire.RestDataRestCreditGrant);
}
