using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing.Sync;

/// <summary>
/// Rows of what providers are told. Each write is one statement on one row and decides by what it finds there, so that the
/// transactions of changes and the workers need no lock beside the row's own. Leases run in real time.
/// </summary>
internal sealed class SyncStore
{
    /// <summary>How long a claim lasts: longer than a provider is given to answer.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    private const string Columns = """
        uid AS Uid, integration_id AS IntegrationId, kind AS Kind, entity_id AS EntityId, customer_id AS CustomerId,
        status AS Status, revision AS Revision, sent_revision AS SentRevision, attempts AS Attempts,
        next_attempt_at AS NextAttemptAt, error AS Error, synced_id AS SyncedEntityId, link AS Link, created_at AS CreatedAt,
        updated_at AS UpdatedAt
        """;

    /// <summary>What a change makes of a row: due at once, from the first attempt on.</summary>
    private const string Renew = """
        revision = billing_syncs.revision + 1, status = 'Pending', attempts = 0, first_attempt_at = NULL,
        next_attempt_at = @now, error = NULL, updated_at = @now, payload = @payload,
        payload_revision = CASE WHEN @payload IS NULL THEN NULL ELSE billing_syncs.revision + 1 END
        """;

    /// <summary>The provider forgot the customer, or never needed it: told again only when something is billed to it.</summary>
    private const string Forgotten = "billing_syncs.status = 'NoSyncRequired' AND billing_syncs.synced_id IS NULL";

    private const string Insert = """
        INSERT INTO billing_syncs
          (uid, environment_id, integration_id, kind, entity_id, customer_id, subscription_id, status, revision, attempts,
           next_attempt_at, claim, payload, payload_revision, synced_id, created_at, updated_at)
        VALUES
          (@uid, @environment, @integration, @kind, @entity, @customer, @subscription, 'Pending', 1, 0,
           @now, 0, @payload, CASE WHEN @payload IS NULL THEN NULL ELSE 1 END, @synced, @now, @now)
        ON CONFLICT (environment_id, integration_id, kind, entity_id) DO
        """;

    /// <summary>Nobody sends it, and what comes before it is done (spec integrations 1.1: customer before subscription).</summary>
    private const string Sendable = """
        s.status = 'Pending' AND (s.lease_until IS NULL OR s.lease_until <= @real)
        AND (s.kind = 'Customer' OR NOT EXISTS (
          SELECT 1 FROM billing_syncs c
          WHERE c.environment_id = s.environment_id AND c.integration_id = s.integration_id AND c.kind = 'Customer'
            AND c.entity_id = s.customer_id
            AND (c.status = 'Pending' OR (c.synced_id IS NULL AND c.status <> 'NoSyncRequired'))))
        AND (s.kind NOT IN ('UsageCharge', 'Invoice') OR s.subscription_id IS NULL OR NOT EXISTS (
          SELECT 1 FROM billing_syncs b
          WHERE b.environment_id = s.environment_id AND b.integration_id = s.integration_id AND b.kind = 'Subscription'
            AND b.entity_id = s.subscription_id AND b.status = 'Pending'))
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

    /// <summary>When the earliest row is due that can be sent; null when none can.</summary>
    public async Task<Instant?> NextDueAsync(Session session, EnvironmentId environment, Instant real)
    {
        var due = await session.Connection.ExecuteScalarAsync<long?>(
            $"SELECT MIN(s.next_attempt_at) FROM billing_syncs s WHERE s.environment_id = @environment AND {Sendable}",
            new { environment = environment.Value, real = real.ToUnixTimeMilliseconds() },
            session.Transaction);
        return due is { } milliseconds ? Instant.FromUnixTimeMilliseconds(milliseconds) : null;
    }

    /// <summary>
    /// Rows that can be sent, the earliest due first, locked until the transaction ends; rows that others are claiming are left
    /// to them.
    /// </summary>
    public async Task<IReadOnlyList<ClaimedSync>> ListSendableAsync(
        Session session, EnvironmentId environment, Instant until, Instant real, int most)
    {
        var skip = session.Kind == DatabaseKind.PostgreSql ? "FOR UPDATE OF s SKIP LOCKED" : "";
        var rows = await session.Connection.QueryAsync<ClaimRow>(
            $"""
            SELECT s.uid AS Uid, s.integration_id AS IntegrationId, s.kind AS Kind, s.entity_id AS EntityId,
              s.customer_id AS CustomerId, s.revision AS Revision, s.attempts AS Attempts, s.claim AS Claim,
              s.first_attempt_at AS FirstAttemptAt, s.synced_id AS SyncedId,
              CASE WHEN s.payload_revision = s.revision THEN s.payload END AS Payload,
              (SELECT c.synced_id FROM billing_syncs c WHERE c.environment_id = s.environment_id
                AND c.integration_id = s.integration_id AND c.kind = 'Customer' AND c.entity_id = s.customer_id)
                AS CustomerSyncedId,
              (SELECT b.synced_id FROM billing_syncs b WHERE b.environment_id = s.environment_id
                AND b.integration_id = s.integration_id AND b.kind = 'Subscription' AND b.entity_id = s.subscription_id)
                AS SubscriptionSyncedId
            FROM billing_syncs s
            WHERE s.environment_id = @environment AND s.next_attempt_at <= @until AND {Sendable}
            ORDER BY s.next_attempt_at, s.seq LIMIT @most {skip}
            """,
            new
            {
                environment = environment.Value,
                until = until.ToUnixTimeMilliseconds(),
                real = real.ToUnixTimeMilliseconds(),
                most,
            },
            session.Transaction);
        return [.. rows.Select(row => row.ToClaim())];
    }

    /// <summary>Takes a row of <see cref="ListSendableAsync"/>; what it says stays the same for every attempt.</summary>
    public Task ClaimAsync(Session session, ClaimedSync sync, Instant real) => session.Connection.ExecuteAsync(
        """
        UPDATE billing_syncs SET claim = @claim, lease_until = @lease, payload = @payload, payload_revision = @revision
        WHERE uid = @uid
        """,
        new
        {
            uid = sync.Uid,
            claim = sync.Claim,
            lease = real.ToUnixTimeMilliseconds() + (long)Lease.TotalMilliseconds,
            payload = sync.Payload,
            revision = sync.Revision,
        },
        session.Transaction);

    /// <summary>
    /// The provider has the revision, or does not want it. Usage keeps what it says, because it cannot be read again.
    /// </summary>
    public Task CompleteAsync(Session session, ClaimedSync sync, SyncStatus status, string? syncedId, Uri? link, Instant now) =>
        session.Connection.ExecuteAsync(
            """
            UPDATE billing_syncs SET lease_until = NULL, sent_revision = @revision, synced_id = COALESCE(@synced, synced_id),
              link = COALESCE(@link, link), updated_at = @now,
              status = CASE WHEN revision = @revision THEN @status ELSE status END,
              next_attempt_at = CASE WHEN revision = @revision THEN NULL ELSE next_attempt_at END,
              error = CASE WHEN revision = @revision THEN NULL ELSE error END,
              payload = CASE WHEN revision = @revision AND kind <> 'UsageCharge' THEN NULL ELSE payload END
            WHERE uid = @uid AND claim = @claim
            """,
            new
            {
                uid = sync.Uid,
                claim = sync.Claim,
                revision = sync.Revision,
                status = status.ToString(),
                synced = syncedId,
                link = link?.AbsoluteUri,
                now = now.ToUnixTimeMilliseconds(),
            },
            session.Transaction);

    /// <summary>
    /// The attempt did not bring it there. False when it no longer counts: the entity has changed since, and its new revision
    /// has attempts of its own, or another worker has the row.
    /// </summary>
    public async Task<bool> ReleaseAsync(Session session, ClaimedSync sync, SyncFailure failure, Instant now)
    {
        var parameters = new
        {
            uid = sync.Uid,
            claim = sync.Claim,
            revision = sync.Revision,
            attempts = failure.Attempts,
            first = failure.FirstAttemptAt?.ToUnixTimeMilliseconds(),
            next = failure.NextAttemptAt?.ToUnixTimeMilliseconds(),
            status = (failure.NextAttemptAt is null ? SyncStatus.Error : SyncStatus.Pending).ToString(),
            error = failure.Error,
            now = now.ToUnixTimeMilliseconds(),
        };
        if (await session.Connection.ExecuteAsync(
            """
            UPDATE billing_syncs SET lease_until = NULL, attempts = @attempts, first_attempt_at = @first,
              next_attempt_at = @next, status = @status, error = @error, updated_at = @now
            WHERE uid = @uid AND claim = @claim AND revision = @revision
            """,
            parameters,
            session.Transaction) == 1)
        {
            return true;
        }

        await session.Connection.ExecuteAsync(
            "UPDATE billing_syncs SET lease_until = NULL WHERE uid = @uid AND claim = @claim",
            parameters,
            session.Transaction);
        return false;
    }

    /// <summary>Says on what waits for a customer that it waits, and why.</summary>
    public Task NoteBlockedAsync(Session session, EnvironmentId environment, ClaimedSync customer, string note) =>
        session.Connection.ExecuteAsync(
            """
            UPDATE billing_syncs SET error = @note
            WHERE environment_id = @environment AND integration_id = @integration AND customer_id = @customer
              AND kind <> 'Customer' AND status = 'Pending'
            """,
            new
            {
                environment = environment.Value,
                integration = customer.IntegrationId,
                customer = customer.EntityId,
                note,
            },
            session.Transaction);

    /// <summary>Sends the entity again, under a new key; false when it is being sent anyway.</summary>
    public async Task<bool> ResyncAsync(Session session, EnvironmentId environment, Guid uid, Instant now) =>
        await session.Connection.ExecuteAsync(
            """
            UPDATE billing_syncs SET revision = revision + 1, payload_revision = revision + 1, status = 'Pending', attempts = 0,
              first_attempt_at = NULL, next_attempt_at = @now, error = NULL, updated_at = @now
            WHERE environment_id = @environment AND uid = @uid AND status <> 'Pending'
            """,
            new { environment = environment.Value, uid, now = now.ToUnixTimeMilliseconds() },
            session.Transaction) == 1;

    /// <summary>The provider no longer has the entity: its id is forgotten, and whoever sends it is not heard.</summary>
    public Task ForgetAsync(
        Session session, EnvironmentId environment, string integration, SyncedKind kind, string entity, string why,
        Instant now) =>
        session.Connection.ExecuteAsync(
            """
            UPDATE billing_syncs SET status = 'NoSyncRequired', synced_id = NULL, link = NULL, sent_revision = NULL,
              claim = claim + 1, lease_until = NULL, next_attempt_at = NULL, error = @why, updated_at = @now
            WHERE environment_id = @environment AND integration_id = @integration AND kind = @kind AND entity_id = @entity
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

    /// <summary>Our id of what the provider calls <paramref name="syncedId"/>; null when it never was told of it.</summary>
    public Task<string?> EntityOfAsync(
        Session session, EnvironmentId environment, string integration, SyncedKind kind, string syncedId) =>
        session.Connection.QueryFirstOrDefaultAsync<string?>(
            """
            SELECT entity_id FROM billing_syncs
            WHERE environment_id = @environment AND integration_id = @integration AND kind = @kind AND synced_id = @synced
            """,
            new { environment = environment.Value, integration, kind = kind.ToString(), synced = syncedId },
            session.Transaction);

    /// <summary>What the provider calls the entity; null when it was not told of it.</summary>
    public Task<string?> SyncedIdOfAsync(
        Session session, EnvironmentId environment, string integration, SyncedKind kind, string entity) =>
        session.Connection.QueryFirstOrDefaultAsync<string?>(
            """
            SELECT synced_id FROM billing_syncs
            WHERE environment_id = @environment AND integration_id = @integration AND kind = @kind AND entity_id = @entity
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

    private sealed class ClaimRow
    {
        public Guid Uid { get; set; }
        public string IntegrationId { get; set; } = "";
        public string Kind { get; set; } = "";
        public string EntityId { get; set; } = "";
        public string CustomerId { get; set; } = "";
        public long Revision { get; set; }
        public long Attempts { get; set; }
        public long Claim { get; set; }
        public long? FirstAttemptAt { get; set; }
        public string? SyncedId { get; set; }
        public string? Payload { get; set; }
        public string? CustomerSyncedId { get; set; }
        public string? SubscriptionSyncedId { get; set; }

        public ClaimedSync ToClaim() => new()
        {
            Uid = Uid,
            IntegrationId = IntegrationId,
            Kind = Enum.Parse<SyncedKind>(Kind),
            EntityId = EntityId,
            CustomerId = new(CustomerId),
            Revision = Revision,
            Attempts = (int)Attempts,
            FirstAttemptAt = At(FirstAttemptAt),
            Claim = Claim + 1,
            Payload = Payload,
            SyncedId = SyncedId,
            CustomerSyncedId = CustomerSyncedId,
            SubscriptionSyncedId = SubscriptionSyncedId,
        };
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
            NextAttemptAt = At(NextAttemptAt),
            Error = Error,
            SyncedEntityId = SyncedEntityId,
            Link = Link,
            CreatedAt = Instant.FromUnixTimeMilliseconds(CreatedAt),
            UpdatedAt = Instant.FromUnixTimeMilliseconds(UpdatedAt),
        };
    }

    private static Instant? At(long? milliseconds) =>
        milliseconds is { } given ? Instant.FromUnixTimeMilliseconds(given) : null;
}
