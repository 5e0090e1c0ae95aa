using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing.Sync;

/// <summary>
/// Rows of what providers are told. Each write is one statement on one row and decides by what it finds there, so that
/// the transactions of changes and the workers (<see cref="SyncQueue"/>) need no lock beside the row's own.
/// </summary>
internal sealed class SyncStore
{
    private const string Columns = """
        uid AS Uid, integration_id AS IntegrationId, kind AS Kind, entity_id AS EntityId, customer_id AS CustomerId,
        status AS Status, revision AS Revision, sent_revision AS SentRevision, attempts AS Attempts,
        next_attempt_at AS NextAttemptAt, error AS Error, synced_id AS SyncedEntityId, link AS Link,
        created_at AS CreatedAt, updated_at AS UpdatedAt
        """;

    /// <summary>What a change makes of a row: due at once, from the first attempt on.</summary>
    private const string Renew = """
        revision = billing_syncs.revision + 1, status = 'Pending', attempts = 0, first_attempt_at = NULL,
        next_attempt_at = @now, error = NULL, updated_at = @now, payload = @payload,
        payload_revision = CASE WHEN @payload IS NULL THEN NULL ELSE billing_syncs.revision + 1 END
        """;

    /// <summary>
    /// The provider forgot the customer, or never needed it: told again only when something is billed to it.
    /// </summary>
    private const string Forgotten = "billing_syncs.status = 'NoSyncRequired' AND billing_syncs.synced_id IS NULL";

    private const string Insert = """
        INSERT INTO billing_syncs
          (uid, environment_id, integration_id, kind, entity_id, customer_id, subscription_id, status, revision,
            attempts,
           next_attempt_at, claim, payload, payload_revision, synced_id, created_at, updated_at)
        VALUES
          (@uid, @environment, @integration, @kind, @entity, @customer, @subscription, 'Pending', 1, 0,
           @now, 0, @payload, CASE WHEN @payload IS NULL THEN NULL ELSE 1 END, @synced, @now, @now)
        ON CONFLICT (environment_id, integration_id, kind, entity_id) DO
        """;

    /// <summary>Notes a change in the caller's transaction.</summary>
    public Task MarkAsync(Session session, EnvironmentId environment, SyncMark mark) => session.Connection.ExecuteAsync(
        mark.Scope switch
        {
            SyncScope.Always => $"""
                {Insert} UPDATE SET {Renew}, customer_id = @customer, subscription_id = @subscription,
                  synced_id = COALESCE(billing_syncs.synced_id, @synced)
                """,
            SyncScope.Missing => $"{Insert} UPDATE SET {Renew} WHERE {Forgotten}",
            SyncScope.Known => $"""
                UPDATE billing_syncs SET {Renew}
                WHERE environment_id = @environment AND integration_id = @integration AND kind = @kind
                  AND entity_id = @entity AND NOT ({Forgotten})
                """,
            _ => throw new ArgumentOutOfRangeException(nameof(mark), mark.Scope, "Not a scope."),
        },
        new
        {
            uid = Guid.CreateVersion7(),
            environment = environment.Value,
            integration = mark.IntegrationId,
            kind = mark.Kind.ToString(),
            entity = mark.EntityId,
            customer = mark.CustomerId.Value,
            subscription = mark.SubscriptionId?.Value,
            now = mark.At.ToUnixTimeMilliseconds(),
            payload = mark.Payload,
            synced = mark.SyncedId,
        },
        session.Transaction);

    /// <summary>Sends the entity again, under a new key; false when it is being sent anyway.</summary>
    public async Task<bool> ResyncAsync(Session session, EnvironmentId environment, Guid uid, Instant now) =>
        await session.Connection.ExecuteAsync(
            """
            UPDATE billing_syncs SET revision = revision + 1, payload_revision = revision + 1, status = 'Pending',
              attempts = 0, first_attempt_at = NULL, next_attempt_at = @now, error = NULL, updated_at = @now
            WHERE environment_id = @environment AND uid = @uid AND status <> 'Pending'
            """,
            new { environment = environment.Value, uid, now = now.ToUnixTimeMilliseconds() },
            session.Transaction) == 1;

    /// <summary>
    /// The provider no longer has the entity: its id is forgotten, and whoever sends it is not heard.
    /// </summary>
    public Task ForgetAsync(
        Session session, EnvironmentId environment, string integration, SyncedKind kind, string entity, string why,
        Instant now) =>
        session.Connection.ExecuteAsync(
            """
            UPDATE billing_syncs SET status = 'NoSyncRequired', synced_id = NULL, link = NULL, sent_revision = NULL,
              claim = claim + 1, lease_until = NULL, next_attempt_at = NULL, error = @why, updated_at = @now
            WHERE environment_id = @environment AND integration_id = @integration AND kind = @kind
              AND entity_id = @entity
            """,
            new
            {
                environment = environment.Value,
                integration,
                kind = kind.ToString(),
                entity,
                why,
                now = now.ToUnixTimeMilliseconds(),
            },
            session.Transaction);

    /// <summary>
    /// Our id of what the provider calls <paramref name="syncedId"/>; null when it never was told of it.
    /// </summary>
    public Task<string?> EntityOfAsync(
        Session session, EnvironmentId environment, string integration, SyncedKind kind, string syncedId) =>
        session.Connection.QueryFirstOrDefaultAsync<string?>(
            """
            SELECT entity_id FROM billing_syncs
            WHERE environment_id = @environment AND integration_id = @integration AND kind = @kind
              AND synced_id = @synced
            """,
            new { environment = environment.Value, integration, kind = kind.ToString(), synced = syncedId },
            session.Transaction);

    /// <summary>What the provider calls the entity; null when it was not told of it.</summary>
    public Task<string?> SyncedIdOfAsync(
        Session session, EnvironmentId environment, string integration, SyncedKind kind, string entity) =>
        session.Connection.QueryFirstOrDefaultAsync<string?>(
            """
            SELECT synced_id FROM billing_syncs
            WHERE environment_id = @environment AND integration_id = @integration AND kind = @kind
              AND entity_id = @entity
            """,
            new { environment = environment.Value, integration, kind = kind.ToString(), entity },
            session.Transaction);

    public async Task<SyncState?> FindAsync(Session session, EnvironmentId environment, Guid uid) =>
        (await session.Connection.QuerySingleOrDefaultAsync<StateRow>(
            $"SELECT {Columns} FROM billing_syncs WHERE environment_id = @environment AND uid = @uid",
            new { environment = environment.Value, uid },
            session.Transaction))?.ToState();

    /// <summary>Newest first.</summary>
    public async Task<Result<Page<SyncState>>> PageAsync(
        Session session, EnvironmentId environment, SyncFilter filter, PageRequest request)
    {
        var query = new RowQuery()
            .AndIf("integration_id = @integration", "integration", filter.IntegrationId)
            .AndIf("customer_id = @customer", "customer", filter.CustomerId?.Value)
            .AndIf("kind = @kind", "kind", filter.Kind?.ToString())
            .AndIf("entity_id = @entity", "entity", filter.EntityId)
            .AndAny("status", "status", filter.Statuses?.Select(s => s.ToString()).ToArray());
        var page = await query.PageAsync<StateRow>(
            session, "billing_syncs", Columns, environment.Value, request, row => row.Uid);
        return page.Map(p => p.Map(row => row.ToState()));
    }

    private sealed class StateRow
    {
        public Guid Uid { get; set; }
        public string IntegrationId { get; set; } = "";
        public string Kind { get; set; } = "";
        public string EntityId { get; set; } = "";
        public string CustomerId { get; set; } = "";
        public string Status { get; set; } = "";
        public long Revision { get; set; }
        public long? SentRevision { get; set; }
        public long Attempts { get; set; }
        public long? NextAttemptAt { get; set; }
        public string? Error { get; set; }
        public string? SyncedEntityId { get; set; }
        public string? Link { get; set; }
        public long CreatedAt { get; set; }
        public long UpdatedAt { get; set; }

        public SyncState ToState() => new()
        {
            Uid = Uid,
            IntegrationId = IntegrationId,
            Kind = Enum.Parse<SyncedKind>(Kind),
            EntityId = EntityId,
            CustomerId = new(CustomerId),
            Status = Enum.Parse<SyncStatus>(Status),
            Revision = Revision,
            SentRevision = SentRevision,
            Attempts = (int)Attempts,
            NextAttemptAt = NextAttemptAt is { } due ? Instant.FromUnixTimeMilliseconds(due) : null,
            Error = Error,
            SyncedEntityId = SyncedEntityId,
            Link = Link,
            CreatedAt = Instant.FromUnixTimeMilliseconds(CreatedAt),
            UpdatedAt = Instant.FromUnixTimeMilliseconds(UpdatedAt),
        };
    }
}
