using Tollgate.Contracts.Rest.Responses;
using Tollgate.Modules.Subscriptions.Bills;
using Tollgate.Server.Rest.Billing;

namespace Tollgate.Server.Rest.Subscriptions;

/// <summary>Operations on what a subscription is charged for its usage (spec subscriptions 11 and 22).</summary>
internal static class SubscriptionUsageEndpoints
{
    public static void MapSubscriptionUsage(this RestRoutes routes)
    {
        var usage = routes.Services.GetRequiredService<SubscriptionUsage>();
        var next = routes.Services.GetRequiredService<NextInvoice>();
        routes
            .Map("v1.subscriptions.usage.chargeUsage", (call, token) => call.AnswerAsync(
                scope => usage.ChargeAsync(scope, new(call.Path("id")), call.Body.InstantOrNull("untilDate"), token),
                charged => new RestData<RestSubscriptionUsageCharge>(ToRest(charged)),
                RestJson.Wire.RestDataRestSubscriptionUsageCharge))
            .Map("v1.subscriptions.usage.sync", (call, token) => call.AnswerAsync(
                scope => usage.SyncAsync(scope, new(call.Path("id")), token),
                isTriggered => new RestData<RestSubscriptionUsageSync>(new(isTriggered)),
                RestJson.Wire.RestDataRestSubscriptionUsageSync))
            .Map("tollgate.subscriptions.nextInvoice", (call, token) => call.AnswerAsync(
                scope => next.ExecuteAsync(scope, new(call.Path("id")), token),
                invoice => new RestData<RestNextInvoice>(InvoiceWire.ToRest(invoice)),
                BillingJson.Wire.RestDataRestNextInvoice));
    }

    private static RestSubscriptionUsageCharge ToRest(ChargedUsage charged) => new(
        charged.Invoice?.Uid.ToString(),
        Wire.Instant(charged.Window.End),
        Wire.Instant(charged.Window.Start),
        charged.SubscriptionId.Value,
        [.. charged.Charged.Select(of => new RestUsageChargeItem(of.Feature.Value, of.Units))]);
}
