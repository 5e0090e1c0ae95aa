using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Modules;
using Tollgate.Modules.Usage.Events.Backfills;

namespace Tollgate.Server.Rest.Usage;

/// <summary>Our own operations on sessions that bring events of the past.</summary>
internal static class BackfillEndpoints
{
    private const int DefaultLimit = 20;

    public static void MapBackfills(this RestRoutes routes)
    {
        var sessions = routes.Services.GetRequiredService<BackfillSessions>();
        var events = routes.Services.GetRequiredService<BackfillEvents>();
        var preview = routes.Services.GetRequiredService<PreviewBackfill>();
        routes
            .Map("tollgate.usage.openBackfill", (call, token) => call.AnswerAsync(
                scope => sessions.OpenAsync(
                    scope,
                    new(
                        call.Body.Text("name"), call.Body.Text("reason"),
                        call.Body.TextOrNull("customerId") is { } customer ? new CustomerId(customer) : null,
                        call.Body.TextOrNull("featureId") is { } feature ? new FeatureId(feature) : null),
                    token),
                BackfillWire.ToData,
                BackfillJson.Default.RestDataRestBackfill))
            .Map("tollgate.usage.listBackfills", (call, token) => call.AnswerAsync(
                async scope => AfterOf(call).TryGet(out var after, out var refusal)
                    ? await sessions.ListAsync(
                        scope, call.Query.GetInt("limit") ?? DefaultLimit, after == Guid.Empty ? null : after, token)
                    : refusal,
                BackfillWire.ToRest,
                BackfillJson.Default.RestBackfillPage))
            .Map("tollgate.usage.retrieveBackfill", (call, token) => AnswerAsync(
                call, (scope, id) => sessions.RetrieveAsync(scope, id, token)))
            .Map("tollgate.usage.ingestBackfill", (call, token) => call.AnswerAsync(
                async scope => !IdOf(call).TryGet(out var id, out var wrong) ? wrong
                    : EventBody.Read(call.Body).TryGet(out var sent, out var refusal)
                        ? await events.ExecuteAsync(scope, id, sent, token)
                        : refusal,
                ingested => new RestData<RestBackfillIngested>(
                    new(ingested.Accepted, ingested.Duplicates, ingested.Conflicts)),
                BackfillJson.Default.RestDataRestBackfillIngested), EventBody.MaxBytes)
            .Map("tollgate.usage.previewBackfill", (call, token) => call.AnswerAsync(
                async scope => IdOf(call).TryGet(out var id, out var refusal)
                    ? await preview.ExecuteAsync(
                        scope, id, call.Query.GetInt("limit") ?? DefaultLimit,
                        call.Query.GetString("after") is { } after ? new CustomerId(after) : null, token)
                    : refusal,
                BackfillWire.ToRest,
                BackfillJson.Default.RestBackfillEffectPage))
            .Map("tollgate.usage.closeBackfill", (call, token) => AnswerAsync(
                call, (scope, id) => sessions.CloseAsync(scope, id, call.Body.Text("reason"), token)))
            .Map("tollgate.usage.discardBackfill", (call, token) => AnswerAsync(
                call, (scope, id) => sessions.DiscardAsync(scope, id, call.Body.Text("reason"), token)))
            .Map("tollgate.usage.revertBackfill", (call, token) => AnswerAsync(
                call, (scope, id) => sessions.RevertAsync(scope, id, call.Body.Text("reason"), token)));
    }

    private static Task<RestAnswer> AnswerAsync(
        RestCall call, Func<OperationScope, Guid, Task<Result<Backfill>>> run) =>
        call.AnswerAsync(
            async scope => IdOf(call).TryGet(out var id, out var refusal) ? await run(scope, id) : refusal,
            BackfillWire.ToData,
            BackfillJson.Default.RestDataRestBackfill);

    private static Result<Guid> IdOf(RestCall call) => Parse("id", call.Path("id"));

    private static Result<Guid> AfterOf(RestCall call) =>
        call.Query.GetString("after") is { } after ? Parse("after", after) : Guid.Empty;

    private static Result<Guid> Parse(string name, string text) => Guid.TryParse(text, out var id)
        ? id
        : Refusal.Of(
            ErrorCode.BadUserInput, [new(
                name, $"{name} is '{text}'; give the id of a backfill as its creation answered.")]);
}
