using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Entitlements.Previews;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Subscriptions.Bills;
using Tollgate.Server.Rest.Customers;

namespace Tollgate.Server.Rest.Subscriptions;

/// <summary>Operations on subscriptions (spec subscriptions 5, 6, 9 and 18).</summary>
internal static class SubscriptionEndpoints
{
    public static void MapSubscriptions(this RestRoutes routes)
    {
        var subscriptions = routes.Services.GetRequiredService<SubscriptionUseCases>();
        var preview = routes.Services.GetRequiredService<PreviewSubscription>();
        var migration = routes.Services.GetRequiredService<PreviewMigration>();
        var address = routes.Services.GetRequiredService<PublicAddress>();
        var provision = routes.Services.GetRequiredService<ProvisionWithEntitlements>();
        var import = routes.Services.GetRequiredService<ImportSubscriptions>();
        routes
            .Map("v1.subscriptions.list", (call, token) => call.AnswerAsync(
                scope => subscriptions.ListAsync(scope, FilterOf(call), call.Query.Page(), token),
                page => Wire.Page(page, item => SubscriptionWire.ToListItem(item, address)),
                RestJson.Wire.RestPageRestSubscription))
            .Map("v1.subscriptions.provision", (call, token) => call.AnswerAsync(
                async scope => SubscriptionRequests.ProvisionFromRest(call.Body).TryGet(out var input, out var refusal)
                    ? await provision.ExecuteAsync(scope, input, token)
                    : refusal,
                entitled => new RestData<RestSubscriptionProvision>(SubscriptionWire.ToRest(entitled, address)),
                RestJson.Wire.RestDataRestSubscriptionProvision))
            .Map("v1.subscriptions.import", (call, token) => call.AnswerAsync(
                scope => import.ExecuteAsync(
                    scope,
                    call.Body.ListOrNull("subscriptions", SubscriptionRequests.ImportRowFromRest) ?? [],
                    call.Body.TextOrNull("integrationId"),
                    token),
                task => new RestData<RestSubscriptionImport>(new(task)),
                RestJson.Wire.RestDataRestSubscriptionImport))
            .Map("v1.subscriptions.preview", (call, token) => PreviewAsync(
                call,
                async scope => SubscriptionRequests.PreviewFromRest(call.Body).TryGet(out var input, out var refusal)
                    ? await preview.ExecuteAsync(scope, input, token)
                    : refusal))
            .Map("tollgate.subscriptions.previewUpdate", (call, token) => PreviewAsync(
                call,
                async scope => SubscriptionRequests.UpdateFromRest(call.Body).TryGet(out var input, out var refusal)
                    ? await subscriptions.PreviewUpdateAsync(scope, IdOf(call), input, token)
                    : refusal))
            .Map("tollgate.subscriptions.previewCancellation", (call, token) => PreviewAsync(
                call,
                scope => subscriptions.PreviewCancelAsync(
                    scope, IdOf(call), SubscriptionRequests.CancelFromRest(call.Body), token)))
            .Map("v1.subscriptions.retrieve", (call, token) => AnswerAsync(
                call, address, scope => subscriptions.RetrieveAsync(scope, IdOf(call), token)))
            .Map("v1.subscriptions.update", (call, token) => AnswerAsync(
                call,
                address,
                async scope => SubscriptionRequests.UpdateFromRest(call.Body).TryGet(out var input, out var refusal)
                    ? await subscriptions.UpdateAsync(scope, IdOf(call), input, token)
                    : refusal))
            .Map("v1.subscriptions.cancel", (call, token) => AnswerAsync(
                call,
                address,
                scope => subscriptions.CancelAsync(
                    scope, IdOf(call), SubscriptionRequests.CancelFromRest(call.Body), token)))
            .Map("v1.subscriptions.migrate", (call, token) => AnswerAsync(
                call,
                address,
                scope => subscriptions.MigrateAsync(
                    scope,
                    IdOf(call),
                    call.Body.MemberOrNull<SubscriptionMigrationTime>("subscriptionMigrationTime")
                        ?? SubscriptionMigrationTime.Immediate,
                    token)))
            .Map("tollgate.subscriptions.previewMigration", (call, token) => call.AnswerAsync(
                scope => migration.ExecuteAsync(
                    scope,
                    IdOf(call),
                    call.Body.MemberOrNull<SubscriptionMigrationTime>("subscriptionMigrationTime")
                        ?? SubscriptionMigrationTime.Immediate,
                    token),
                previewed => new RestData<RestMigrationPreview>(MigrationPreviewWire.ToRest(previewed)),
                MigrationPreviewJson.Wire.RestDataRestMigrationPreview))
            .Map("v1.subscriptions.transfer", (call, token) => AnswerAsync(
                call,
                address,
                scope => subscriptions.TransferAsync(
                    scope, IdOf(call), new(call.Body.Text("destinationResourceId")), token)))
            .Map("v1.subscriptions.delegate", (call, token) => AnswerAsync(
                call,
                address,
                scope => subscriptions.DelegatePaymentAsync(
                    scope, IdOf(call), new(call.Body.Text("targetCustomerId")), token)))
            .Map("tollgate.customers.provision", (call, token) => call.AnswerAsync(
                async scope => SubscriptionRequests.FirstFromRest(call.Body).TryGet(out var first, out var refusal)
                    ? await provision.CustomerAsync(
                        scope, new(call.Body.GetProperty("customer").Text("id")),
                        CustomerWire.EditFromRest(call.Body.GetProperty("customer")), first, token)
                    : refusal,
                made => new RestData<RestCustomerProvisioned>(SubscriptionWire.ToRest(made, address)),
                RestJson.Wire.RestDataRestCustomerProvisioned))
            .Map("tollgate.subscriptions.delegateManagement", (call, token) => AnswerAsync(
                call,
                address,
                scope => subscriptions.DelegateManagementAsync(
                    scope, IdOf(call), new(call.Body.Text("destinationCustomerId")), token)))
            .Map("tollgate.subscriptions.setEntitlements", (call, token) => AnswerAsync(
                call,
                address,
                scope => subscriptions.UpdateAsync(
                    scope, IdOf(call), SubscriptionRequests.EntitlementsFromRest(call.Body), token)))
            .Map("v1.subscriptions.futureUpdate.cancelSchedule", (call, token) => CancelUpdatesAsync(
                call, subscriptions, ScheduleStatus.Scheduled, token))
            .Map("v1.subscriptions.futureUpdate.cancelPendingPayment", (call, token) => CancelUpdatesAsync(
                call, subscriptions, ScheduleStatus.PendingPayment, token));
        routes.MapSubscriptionUsage();
    }

    private static Task<RestAnswer> CancelUpdatesAsync(
        RestCall call, SubscriptionUseCases subscriptions, ScheduleStatus status, CancellationToken token) =>
        call.AnswerAsync(
            scope => subscriptions.CancelUpdatesAsync(scope, IdOf(call), status, token),
            priced => new RestData<RestIdRef>(new(priced.Subscription.Id.Value)),
            RestJson.Wire.RestDataRestIdRef);

    private static Task<RestAnswer> PreviewAsync(
        RestCall call, Func<OperationScope, Task<Result<SubscriptionPreview>>> run) => call.AnswerAsync(
            run,
            previewed => new RestData<RestSubscriptionPreview>(PreviewWire.ToRest(previewed)),
            RestJson.Wire.RestDataRestSubscriptionPreview);

    private static SubscriptionId IdOf(RestCall call) => new(call.Path("id"));

    private static SubscriptionFilter FilterOf(RestCall call) => new()
    {
        CustomerId = call.Query.GetString("customerId"),
        PlanId = call.Query.GetString("planId"),
        ResourceId = call.Query.GetString("resourceId"),
        Statuses = call.Query.Members<SubscriptionStatus>("status"),
        PricingTypes = call.Query.Members<PricingType>("pricingType"),
        Created = call.Query.CreatedRange(),
    };

    private static Task<RestAnswer> AnswerAsync(
        RestCall call, PublicAddress address, Func<OperationScope, Task<Result<PricedSubscription>>> run) =>
        call.AnswerAsync(
            run,
            priced => new RestData<RestSubscription>(SubscriptionWire.ToRest(priced, address)),
            RestJson.Wire.RestDataRestSubscription);
}
