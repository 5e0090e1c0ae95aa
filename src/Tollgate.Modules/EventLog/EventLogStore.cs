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

    /// <summary>
    /// The same as arrays: one statement, whatever the number of events, where a statement costs a round trip.
    /// </summary>
    private const string InsertMany = """
        INSERT INTO events (uid, environment_id, type, entity_type, entity_id, customer_id, actor, trace_id, created_at,
          before_body, after_body, facts)
        SELECT uid, environment_id, type, entity_type, entity_id, customer_id, actor, trace, created_at, before, after,
          facts
        FROM unnest(@uids, @environments, @types, @entityTypes, @entityIds, @customerIds, @actors, @traces, @instants,
          @befores, @afters, @allFacts)
          WITH ORDINALITY AS e (
            uid, environment_id, type, entity_type, entity_id, customer_id, actor, trace, created_at, before, after,
            facts, position)
        ORDER BY position
        """;

    internal Task AppendAsync(
        Session session, OperationScope scope, IReadOnlyList<RecordedEvent> events,
        CancellationToken cancellationToken) =>
        AppendAsync(session, events.Select(e => (scope, e)), cancellationToken);

    /// <summary>Events of several scopes in this order.</summary>
    internal async Task AppendAsync(
        Session session, IEnumerable<(OperationScope Scope, RecordedEvent Event)> events,
        CancellationToken cancellationToken)
    {
        var rows = new List<NewRow>();
        foreach (var (scope, (e, actor, at)) in events)
        {
            rows.Add(new(
                Guid.CreateVersion7(),
                scope.EnvironmentId.Value,
                e.Type.ToString(),
                e.EntityKind.ToString(),
                e.EntityId,
                e.CustomerId?.Value,
                BodyTexts.Write(session, actor)!,
                scope.TraceId,
                at.ToUnixTimeMilliseconds(),
                BodyTexts.Write(session, e.Before),
                BodyTexts.Write(session, e.After),
                e.Facts is null
                    ? null
                    : JsonSerializer.Serialize(e.Facts, BodyJson.Default.IReadOnlyDictionaryStringString)));
        }

        if (rows.Count > 1 && session.Kind == DatabaseKind.PostgreSql)
        {
            await session.Connection.ExecuteAsync(
                InsertMany,
                new
                {
                    environments = rows.Select(r => r.Environment).ToArray(),
                    traces = rows.Select(r => r.TraceId).ToArray(),
                    uids = rows.Select(r => r.Uid).ToArray(),
                    types = rows.Select(r => r.Type).ToArray(),
                    entityTypes = rows.Select(r => r.EntityType).ToArray(),
                    entityIds = rows.Select(r => r.EntityId).ToArray(),
                    customerIds = rows.Select(r => r.CustomerId).ToArray(),
                    actors = rows.Select(r => r.Actor).ToArray(),
                    instants = rows.Select(r => r.CreatedAt).ToArray(),
                    befores = rows.Select(r => r.Before).ToArray(),
                    afters = rows.Select(r => r.After).ToArray(),
                    allFacts = rows.Select(r => r.Facts).ToArray(),
                },
                session.Transaction);
            return;
        }

        // SQLite: prepared once for all of them.
        if (rows.Count > 1)
            InsertPrepared(session, rows);
        else if (rows.Count == 1)
            await session.Connection.ExecuteAsync(Insert, rows[0], session.Transaction);
    }

    private static void InsertPrepared(Session session, List<NewRow> rows)
    {
        using var command = session.Connection.CreateCommand();
        command.CommandText = Insert;
        command.Transaction = session.Transaction;
        foreach (var row in rows)
        {
            (string Name, object? Value)[] values =
            [
                ("@Uid", row.Uid), ("@Environment", row.Environment), ("@Type", row.Type),
                ("@EntityType", row.EntityType),
                ("@EntityId", row.EntityId), ("@CustomerId", row.CustomerId), ("@Actor", row.Actor),
                ("@TraceId", row.TraceId),
                ("@CreatedAt", row.CreatedAt), ("@Before", row.Before), ("@After", row.After), ("@Facts", row.Facts),
            ];
            for (var i = 0; i < values.Length; i++)
            {
                if (command.Parameters.Count <= i)
                {
                    var parameter = command.CreateParameter();
                    parameter.ParameterName = values[i].Name;
                    command.Parameters.Add(parameter);
                }

                command.Parameters[i].Value = values[i].Value ?? DBNull.Value;
            }

            command.ExecuteNonQuery();
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

    private sealed record NewRow(
        Guid Uid, int Environment, string Type, string EntityType, string EntityId, string? CustomerId, string Actor,
        Guid TraceId, long CreatedAt, string? Before, string? After, string? Facts);

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
