using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Tollgate.Contracts;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Usage.Events;

namespace Tollgate.Server.Rest.Usage;

/// <summary>Schema <c>TollgateUsageEvent</c>.</summary>
public sealed record RestStoredEvent
{
    public required string Id { get; init; }
    public required string CustomerId { get; init; }
    public required string? ResourceId { get; init; }
    public required string EventName { get; init; }
    public required string IdempotencyKey { get; init; }
    public required WireInstant Timestamp { get; init; }
    public required WireInstant ReceivedAt { get; init; }
    public required JsonObject Dimensions { get; init; }
    public required string Fate { get; init; }
    public required IReadOnlyList<string> CountedBy { get; init; }
    public required RestEventCorrection? Correction { get; init; }
    public required string? BackfillId { get; init; }
    public required long Duplicates { get; init; }
    public required WireInstant? LastDuplicateAt { get; init; }
}

/// <summary>Schema <c>TollgateEventCorrection</c>.</summary>
public sealed record RestEventCorrection(
    JsonObject? Dimensions, string Reason, WireInstant CorrectedAt, string? HeldBy);

/// <summary>A page of events.</summary>
public sealed record RestEventPage(IReadOnlyList<RestStoredEvent> Data, RestEventCursor Pagination);

/// <summary>Schema <c>TollgateUsageEventCursor</c>.</summary>
public sealed record RestEventCursor(string? Next);

/// <summary>Source-generated JSON of stored events. Use <see cref="Wire"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RestData<RestStoredEvent>))]
[JsonSerializable(typeof(RestEventPage))]
internal sealed partial class EventFeedJson : JsonSerializerContext
{
    public static EventFeedJson Wire => field ??= new(WireOptions.Of(Default.Options));
}

/// <summary>Stored events as they are answered.</summary>
internal static class EventFeedWire
{
    public static RestEventPage ToRest(EventPage page) => new([.. page.Items.Select(ToRest)], new(page.Next));

    public static RestStoredEvent ToRest(FeedEvent stored) => new()
    {
        Id = stored.Id,
        CustomerId = stored.Event.CustomerId.Value,
        ResourceId = stored.Event.ResourceId?.Value,
        EventName = stored.Event.Name,
        IdempotencyKey = stored.Event.IdempotencyKey,
        Timestamp = Wire.Instant(stored.Event.Timestamp!.Value),
        ReceivedAt = Wire.Instant(stored.ReceivedAt),
        Dimensions = Json(stored.Event.Dimensions),
        Fate = Wire.Symbol(stored.Fate),
        CountedBy = [.. stored.Features.Select(feature => feature.Value)],
        Correction = stored.Correction is { } correction
            ? new(
                correction.Dimensions is { } dimensions ? Json(dimensions) : null, correction.Reason,
                Wire.Instant(correction.At), correction.HeldBy?.Value)
            : null,
        BackfillId = stored.Backfill?.ToString(),
        Duplicates = stored.Repeats?.Times ?? 0,
        LastDuplicateAt = stored.Repeats is { } repeats ? Wire.Instant(repeats.LastAt) : null,
    };

    private static JsonObject Json(EventDimensions dimensions)
    {
        var json = new JsonObject();
        for (var i = 0; i < dimensions.Count; i++)
        {
            var value = dimensions.Values[i];
            json[dimensions.Names[i]] = value.Kind switch
            {
                DimensionKind.Text => JsonValue.Create(value.AsText()),
                DimensionKind.Number => JsonValue.Create(value.Number),
                DimensionKind.Flag => JsonValue.Create(value.Flag),
            };
        }

        return json;
    }
}
