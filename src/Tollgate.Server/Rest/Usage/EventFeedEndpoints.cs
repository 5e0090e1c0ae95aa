using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Usage.Events;

namespace Tollgate.Server.Rest.Usage;

/// <summary>Our own operations on stored events: looking at them and correcting what they count as.</summary>
internal static class EventFeedEndpoints
{
    private const int DefaultLimit = 20;

    public static void MapEventFeed(this RestRoutes routes)
    {
        var feed = routes.Services.GetRequiredService<EventFeed>();
        var corrections = routes.Services.GetRequiredService<CorrectEvents>();
        routes
            .Map("tollgate.usage.listEvents", (call, token) => call.AnswerAsync(
                scope => feed.ExecuteAsync(scope, RequestOf(call), token),
                EventFeedWire.ToRest,
                EventFeedJson.Wire.RestEventPage))
            .Map("tollgate.usage.amendEvent", (call, token) => call.AnswerAsync(
                async scope => DimensionsOf(call).TryGet(out var dimensions, out var refusal)
                    ? await corrections.ExecuteAsync(
                        scope, call.Path("id"), dimensions, call.Body.Text("reason"), token)
                    : refusal,
                found => new RestData<RestStoredEvent>(EventFeedWire.ToRest(found)),
                EventFeedJson.Wire.RestDataRestStoredEvent))
            .Map("tollgate.usage.voidEvent", (call, token) => call.AnswerAsync(
                scope => corrections.ExecuteAsync(scope, call.Path("id"), null, call.Body.Text("reason"), token),
                found => new RestData<RestStoredEvent>(EventFeedWire.ToRest(found)),
                EventFeedJson.Wire.RestDataRestStoredEvent));
    }

    private static EventFeedRequest RequestOf(RestCall call) => new(
        call.Query.GetInt("limit") ?? DefaultLimit,
        call.Query.GetString("after"),
        call.Query.GetString("customerId") is { } customer ? new CustomerId(customer) : null,
        call.Query.GetString("eventName"),
        call.Query.GetString("conflicts") == "true" ? EventFeedFate.Conflict
            : call.Query.GetString("fate") is { } fate ? Wire.Member<EventFeedFate>(fate)
            : null,
        call.Scope.Now.ToUnixTimeMilliseconds())
    {
        ResourceId = call.Query.GetString("resourceId") is { } resource ? new ResourceId(resource) : null,
        IdempotencyKey = call.Query.GetString("idempotencyKey"),
        FeatureId = call.Query.GetString("featureId") is { } feature ? new FeatureId(feature) : null,
        From = call.Query.GetInstant("from") is { } from ? Wire.Instant(from) : null,
        Until = call.Query.GetInstant("to") is { } to ? Wire.Instant(to) : null,
        // An id that is none is the id of no backfill.
        Backfill = call.Query.GetString("backfillId") is not { } backfill ? null
            : Guid.TryParse(backfill, out var uid) ? uid : Guid.Empty,
    };

    private static Result<EventDimensions> DimensionsOf(RestCall call)
    {
        var findings = new Findings();
        var dimensions = EventBody.Dimensions(call.Body, "dimensions", findings);
        return findings.ToRefusal() is { } refusal ? refusal : dimensions;
    }
}
