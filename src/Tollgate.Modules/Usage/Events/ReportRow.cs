using System.Text.Json;
using NodaTime;
using Tollgate.Domain.Usage.Events;

namespace Tollgate.Modules.Usage.Events;

/// <summary>A usage report as the feed reads it.</summary>
internal sealed class ReportRow
{
    public const string Columns = """
        seq AS Seq, uid AS Uid, customer_id AS CustomerId, feature_id AS FeatureId, resource_id AS ResourceId,
          customer_level AS CustomerLevel, effective_at AS EffectiveAt, recorded_at AS RecordedAt, behavior AS Behavior,
          value AS Value, growth AS Growth, idempotency_key AS IdempotencyKey, dimensions AS Dimensions,
          result_start AS ResultStart, result_end AS ResultEnd
        """;

    public long Seq { get; set; }
    public Guid Uid { get; set; }
    public string CustomerId { get; set; } = "";
    public string FeatureId { get; set; } = "";
    public string ResourceId { get; set; } = "";
    public long CustomerLevel { get; set; }
    public long EffectiveAt { get; set; }
    public long RecordedAt { get; set; }
    public long Behavior { get; set; }
    public object Value { get; set; } = 0m;
    public object? Growth { get; set; }
    public string? IdempotencyKey { get; set; }
    public string? Dimensions { get; set; }
    public long? ResultStart { get; set; }
    public long? ResultEnd { get; set; }

    /// <param name="growth">By how much the report changed the usage of its window.</param>
    public FeedEvent ToEvent(decimal growth) => new()
    {
        Address = default,
        ReportId = Uid,
        Event = new()
        {
            CustomerId = new(CustomerId),
            ResourceId = ResourceId.Length == 0 ? null : new(ResourceId),
            Name = ReportFeed.EventName,
            IdempotencyKey = IdempotencyKey ?? Uid.ToString(),
            Timestamp = Instant.FromUnixTimeMilliseconds(EffectiveAt),
            Dimensions = DimensionsOf(growth),
        },
        ReceivedAt = Instant.FromUnixTimeMilliseconds(RecordedAt),
        Fate = EventFeedFate.Counted,
        Features = [new(FeatureId)],
    };

    private EventDimensions DimensionsOf(decimal growth)
    {
        var pairs = new List<KeyValuePair<string, DimensionValue>>();
        if (Dimensions is { } sent)
        {
            using var document = JsonDocument.Parse(sent);
            foreach (var member in document.RootElement.EnumerateObject())
            {
                pairs.Add(new(member.Name, member.Value.ValueKind switch
                {
                    JsonValueKind.String => DimensionValue.Of(member.Value.GetString()!),
                    JsonValueKind.True or JsonValueKind.False => DimensionValue.Of(member.Value.GetBoolean()),
                    _ => JsonNumber.TryParse(member.Value.GetRawText(), out var number)
                        ? DimensionValue.Of(number)
                        : DimensionValue.Of(member.Value.GetRawText()),
                }));
            }
        }

        // Last, so that they are what they say whatever was sent.
        pairs.Add(new("featureRefId", DimensionValue.Of(FeatureId)));
        pairs.Add(new("value", DimensionValue.Of(growth)));
        return EventDimensions.Of(pairs);
    }
}
