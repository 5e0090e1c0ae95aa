using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Modules.Entitlements;

namespace Tollgate.Server.Rest.Entitlements;

/// <summary>Reading, checking and explaining what a customer may do.</summary>
internal static class EntitlementEndpoints
{
    public static void MapEntitlements(this RestRoutes routes)
    {
        var list = routes.Services.GetRequiredService<ListEntitlements>();
        var explain = routes.Services.GetRequiredService<ExplainEntitlement>();
        var check = ActivatorUtilities.CreateInstance<CheckRoute>(routes.Services);
        routes
            .Map("v1.customers.retrieveEntitlements", (call, token) => call.AnswerAsync(
                scope => list.ExecuteAsync(scope, CustomerOf(call), ResourceOf(call), token),
                value => new RestData<RestCustomerEntitlements>(EntitlementWire.ToRest(value, call.Scope.Now)),
                RestJson.Wire.RestDataRestCustomerEntitlements))
            .MapRaw("v1.customers.checkEntitlement", operation => context => check.RunAsync(context, operation))
            .Map("tollgate.entitlements.explain", (call, token) => call.AnswerAsync(
                scope => explain.ExecuteAsync(
                    scope, CustomerOf(call), ResourceOf(call), new(call.Path("featureId")), token),
                ExplanationWire.ToRest,
                ExplanationJson.Wire.RestDataRestExplanation));
    }

    private static CustomerId CustomerOf(RestCall call) => new(call.Path("id"));

    private static ResourceId? ResourceOf(RestCall call) =>
        call.Query.GetString("resourceId") is { } id ? new ResourceId(id) : null;
}
