using System.Text.Json;
using Dapper;
using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.EventLog;

/// <summary>The one log every state change writes to, in the change's own transaction (spec webhooks 8).</summary>
public sealed class EventLogStore
{
    private const string Insert = """
        INSERT INTO events (uid, environment_id, type, entity_type, entity_id, customer_id, actor, trace_id, created_at,
          before_body, after_body, facts)
        VALUES (@Uid, @Environment, @Type, @EntityType, @EntityId, @CustomerId, @Actor, @TraceId, @CreatedAt,
          @Before, @After, @Facts)
        """;

    internal async Task AppendAsync(
        Session session, OperationScope scope, IReadOnlyList<RecordedEvent> events, CancellationToken cancellationToken)
    {
        foreach (var (e, actor, at) in events)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var row = new
            {
                Uid = Guid.CreateVersion7(),
                Environment = scope.EnvironmentId.Value,
                Type = e.Type.ToString(),
                EntityType = e.EntityKind.ToString(),
                e.EntityId,
                CustomerId = e.CustomerId?.Value,
                Actor = BodyJson.Write(actor),
                scope.TraceId,
                CreatedAt = at.ToUnixTimeMilliseconds(),
                Before = BodyJson.Write(e.Before),
                After = BodyJson.Write(e.After),
                Facts = e.Facts is null ? null : JsonSerializer.Serialize(e.Facts, BodyJson.Default.IReadOnlyDictionaryStringString),
            };
            await session.Connection.ExecuteAsync(Insert, row, session.Transaction);
        }
    }

    internal async Task<Result<Page<EventRecord>>> PageAsync(
        Session session, int environment, EventFilter filter, PageRequest request)
    {
        var query = new RowQuery()
            .AndAny("type", "type", filter.Types?.Select(t => t.ToString()).ToArray())
            .AndIf("entity_type = @entity_type", "entity_type", filter.EntityKind?.ToString())
            .AndIf("entity_id = @entity_id", "entity_id", filter.EntityId)
            .AndIf("customer_id = @customer_id", "customer_id", filter.CustomerId)
            .AndIf("trace_id = @trace_id", "trace_id", filter.TraceId)
            .AndCreated(filter.Created);
        const string columns = """
            uid AS Uid, type AS Type, entity_type AS EntityType, entity_id AS EntityId, customer_id AS CustomerId,
            actor AS Actor, trace_id AS TraceId, created_at AS CreatedAt, before_body AS Before, after_body AS After,
            facts AS Facts
            """;
        var page = await query.PageAsync<Row>(session, "events", columns, environment, request, row => row.Uid);
        return page.Map(p => p.Map(row => row.ToRecord()));
    }

    private sealed class Row
    {
        public Guid Uid { get; set; }
        public string Type { get; set; } = "";
        public string EntityType { get; set; } = "";
        public string EntityId { get; set; } = "";
        public string? CustomerId { get; set; }
        public string Actor { get; set; } = "";
        public Guid TraceId { get; set; }
        public long CreatedAt { get; set; }
        public string? Before { get; set; }
        public string? After { get; set; }
        public string? Facts { get; set; }

        public EventRecord ToRecord() => new(
            Uid,
            Enum.Parse<EventType>(Type),
            Enum.Parse<EntityKind>(EntityType),
            EntityId,
            CustomerId,
            JsonSerializer.Deserialize(Actor, BodyJson.Default.Actor)!,
            TraceId,
            Instant.FromUnixTimeMilliseconds(CreatedAt),
            Before,
            After,
            Facts is null ? null : JsonSerializer.Deserialize(Facts, BodyJson.Default.DictionaryStringString));
    }
}
