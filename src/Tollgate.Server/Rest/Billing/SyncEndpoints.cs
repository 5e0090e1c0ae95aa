using System.Text.Json;
using NodaTime;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Domain.Errors;
using Tollgate.Modules;
using Tollgate.Modules.Billing.Providers;
using Tollgate.Modules.Billing.Sync;
using Tollgate.Modules.Billing.Webhooks;

namespace Tollgate.Server.Rest.Billing;

/// <summary>
/// Our own operations on what connected billing providers are told, and what they tell (spec integrations 1.1, 2.7).
/// </summary>
internal static class SyncEndpoints
{
    public static void MapSync(this RestRoutes routes)
    {
        var syncs = routes.Services.GetRequiredService<SyncUseCases>();
        var webhooks = routes.Services.GetRequiredService<ProviderWebhooks>();
        var time = routes.Services.GetRequiredService<TimeProvider>();
        routes
            .Map("tollgate.billing.sync.list", (call, token) => call.AnswerAsync(
                scope => syncs.ListAsync(scope, FilterOf(call), call.Query.Page(), token),
                page => Wire.Page(page, SyncWire.ToRest),
                SyncJson.Wire.RestPageRestSyncState))
            .Map("tollgate.billing.sync.retrieve", (call, token) => AnswerAsync(
                call, (scope, id) => syncs.RetrieveAsync(scope, id, token)))
            .Map("tollgate.billing.sync.resync", (call, token) => AnswerAsync(
                call, (scope, id) => syncs.ResyncAsync(scope, id, token)))
            .Map("tollgate.billing.webhooks.list", (call, token) => call.AnswerAsync(
                scope => webhooks.ListAsync(
                    scope,
                    new(call.Query.Members<ProviderMessageStatus>("status"), call.Query.GetString("integrationId")),
                    call.Query.Page(),
                    token),
                page => Wire.Page(page, SyncWire.ToRest),
                SyncJson.Wire.RestPageRestProviderMessage))
            .MapRaw("tollgate.billing.webhooks.receive", _ => context => ReceiveAsync(context, webhooks, time));
    }

    private static SyncFilter FilterOf(RestCall call) => new()
    {
        Statuses = call.Query.Members<SyncStatus>("status"),
        Kind = call.Query.GetString("entityType") is { } kind ? Wire.Member<SyncedKind>(kind) : null,
        EntityId = call.Query.GetString("entityId"),
        CustomerId = call.Query.GetString("customerId") is { } id ? new CustomerId(id) : null,
        IntegrationId = call.Query.GetString("integrationId"),
    };

    private static Task<RestAnswer> AnswerAsync(
        RestCall call, Func<OperationScope, Guid, Task<Result<SyncState>>> run) => call.AnswerAsync(
        async scope => Guid.TryParse(call.Path("id"), out var id)
            ? await run(scope, id)
            : Refusal.Of(ErrorCode.BadUserInput,
                [new("id", $"id is '{call.Path("id")}'; give the id of a sync state as listed.")]),
        state => new RestData<RestSyncState>(SyncWire.ToRest(state)),
        SyncJson.Wire.RestDataRestSyncState);

    /// <summary>The body goes to the provider as it came: its bytes are what is signed. No key is asked for.</summary>
    private static async Task ReceiveAsync(HttpContext context, ProviderWebhooks webhooks, TimeProvider time)
    {
        RestTrace.Begin(context);
        var headers = context.Request.Headers.ToDictionary(
            header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var request = new ProviderRequest(
            headers,
            await RestPipeline.ReadBodyAsync(context),
            Instant.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds()));
        var received = await webhooks.ReceiveAsync(
            RestPipeline.PathValue(context, "environmentId"),
            RestPipeline.PathValue(context, "integrationId"),
            request,
            context.RequestAborted);
        if (!received.TryGet(out var message, out var refusal))
        {
            await RestErrors.WriteAsync(context, refusal, declares404: true);
            return;
        }

        await RestPipeline.WriteAsync(
            context,
            StatusCodes.Status200OK,
            JsonSerializer.SerializeToUtf8Bytes(
                new RestData<RestProviderMessage>(SyncWire.ToRest(message)),
                SyncJson.Wire.RestDataRestProviderMessage));
    }
}
