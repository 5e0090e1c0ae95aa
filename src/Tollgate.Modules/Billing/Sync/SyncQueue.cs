using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing.Sync;

/// <summary>
/// The rows of <see cref="SyncStore"/> as the workers take them: claimed one by one, for as long as a lease lasts, and
/// given back with what came of it. Leases run in real time.
/// </summary>
internal sealed class SyncQueue
{
    /// <summary>How long a claim lasts: longer than a provider is given to answer.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Nobody sends it, and what comes before it is done (spec integrations 1.1: customer before subscription).
    /// </summary>
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
    /// Rows that can be sent, the earliest due first, locked until the transaction ends; rows that others are claiming
    /// are left to them.
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

    /// <summary>
    /// Takes a row of <see cref="ListSendableAsync"/>; what it says stays the same for every attempt.
    /// </summary>
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
    public Task CompleteAsync(
        Session session, ClaimedSync sync, SyncStatus status, string? syncedId, Uri? link, Instant now) =>
        session.Connection.ExecuteAsync(
            """
            UPDATE billing_syncs SET lease_until = NULL, sent_revision = @revision,
              synced_id = COALESCE(@synced, synced_id), link = COALESCE(@link, link), updated_at = @now,
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
    /// The attempt did not bring it there. False when it no longer counts: the entity has changed since, and its new
    /// revision has attempts of its own, or another worker has the row.
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
            FirstAttemptAt = FirstAttemptAt is { } first ? Instant.FromUnixTimeMilliseconds(first) : null,
            Claim = Claim + 1,
            Payload = Payload,
            SyncedId = SyncedId,
            CustomerSyncedId = CustomerSyncedId,
            SubscriptionSyncedId = SubscriptionSyncedId,
        };
    }
}
