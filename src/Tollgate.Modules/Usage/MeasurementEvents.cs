using System.Globalization;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Usage;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Usage.Events.Retention;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage;

/// <summary>
/// MEASUREMENT_REPORTED: every stored report is its own row of the event log (spec webhooks 8), so that the busiest
/// write of all is written once. They are listed for some days only; the rows stay, because they count.
/// </summary>
internal sealed class MeasurementEvents : IEventSource
{
    private const string Columns = """
        uid AS Uid, customer_id AS CustomerId, feature_id AS FeatureId, resource_id AS ResourceId,
        effective_at AS EffectiveAt, recorded_at AS RecordedAt, behavior AS Behavior, value AS Value,
        idempotency_key AS IdempotencyKey,
        dimensions AS Dimensions, result_usage AS ResultUsage, trace_id AS TraceId, actor_id AS ActorId
        """;

    public EventType Type => EventType.MeasurementReported;

    public async Task<Result<Page<EventRecord>>> PageAsync(
        Session session, EnvironmentId environment, EventFilter filter, PageRequest page, Instant now)
    {
        var days = (await RetentionStore.FindAsync(session, environment) ?? RetentionStore.Initial).ReportLogDays;
        var oldest = (now - Duration.FromDays(days)).ToUnixTimeMilliseconds();
        var query = new RowQuery()
            .And("is_summary = 0")
            .AndIf("customer_id = @customer", "customer", filter.CustomerId)
            .AndIf("trace_id = @trace", "trace", filter.TraceId)
            .AndCreated(filter.Created, "recorded_at");
        if (filter.EntityId is { } entity)
        {
            if (!Guid.TryParse(entity, out var uid))
                return new Page<EventRecord>([], null, null);
            query.And("uid = @entity", "entity", uid);
        }

        var rows = await query.PageAsync<Row>(
            session, "measurements", Columns, environment.Value, page, row => row.Uid);
        // Cut off here: the database would look through all that is older for more.
        return rows.Map(p => p.Items.All(row => row.RecordedAt >= oldest)
            ? p.Map(row => row.ToRecord())
            : new Page<EventRecord>(
                [.. p.Items.Where(row => row.RecordedAt >= oldest).Select(row => row.ToRecord())], null, p.Previous));
    }

    private sealed class Row
    {
        public Guid Uid { get; set; }
        public string CustomerId { get; set; } = "";
        public string FeatureId { get; set; } = "";
        public string ResourceId { get; set; } = "";
        public long EffectiveAt { get; set; }
        public long RecordedAt { get; set; }
        public long Behavior { get; set; }
        public object Value { get; set; } = 0m;
        public string? IdempotencyKey { get; set; }
        public string? Dimensions { get; set; }
        public object? ResultUsage { get; set; }
        public Guid TraceId { get; set; }
        public Guid ActorId { get; set; }

        public EventRecord ToRecord() => new(
            Uid,
            EventType.MeasurementReported,
            EntityKind.Measurement,
            Uid.ToString(),
            CustomerId,
            new Actor(Actor.ServerType, ActorId.ToString(), null),
            TraceId,
            Instant.FromUnixTimeMilliseconds(RecordedAt),
            null,
            null,
            Facts().ToDictionary(fact => fact.Name, fact => fact.Value!));

        private IEnumerable<(string Name, string? Value)> Facts() => new[]
        {
            ("featureId", FeatureId),
            ("resourceId", ResourceId.Length == 0 ? null : ResourceId),
            ("updateBehavior", ((UpdateBehavior)Behavior).ToString().ToUpperInvariant()),
            ("value", Text(Value)),
            ("timestamp", Instant.FromUnixTimeMilliseconds(EffectiveAt).ToString()),
            ("currentUsage", ResultUsage is null ? null : Text(ResultUsage)),
            ("idempotencyKey", IdempotencyKey),
            ("dimensions", Dimensions),
        }.Where(fact => fact.Item2 is not null);

        private static string Text(object value) =>
            Exact.Of(value).ToString("0.#############################", CultureInfo.InvariantCulture);
    }
}
