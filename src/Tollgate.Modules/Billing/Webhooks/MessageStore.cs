using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Billing.Providers;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing.Webhooks;

/// <summary>Rows of what providers told.</summary>
internal sealed class MessageStore
{
    private const string Columns = """
        uid AS Uid, integration_id AS IntegrationId, message_id AS MessageId, type AS Type, status AS Status,
        attempts AS Attempts, next_attempt_at AS NextAttemptAt, error AS Error, occurred_at AS OccurredAt,
        received_at AS ReceivedAt, ended_at AS EndedAt, body AS Body
        """;

    /// <summary>Keeps a message that is new, or that was given up and comes again; false when it is known.</summary>
    public async Task<bool> KeepAsync(
        Session session, EnvironmentId environment, string integration, ProviderMessage message, string body,
        Instant now) =>
        await session.Connection.ExecuteAsync(
            """
            INSERT INTO billing_messages
              (uid, environment_id, integration_id, message_id, type, kind, subject, method, status, attempts,
               next_attempt_at, occurred_at, received_at, ended_at, body, error)
            VALUES
              (@uid, @environment, @integration, @message, @type, @kind, @subject, @method, @status, 0,
               @next, @occurred, @now, @ended, @body, @error)
            ON CONFLICT (environment_id, integration_id, message_id) DO UPDATE SET status = 'Pending', attempts = 0,
              next_attempt_at = @now, received_at = @now, ended_at = NULL, error = NULL
              WHERE billing_messages.status = 'Failed'
            """,
            new
            {
                uid = Guid.CreateVersion7(),
                environment = environment.Value,
                integration,
                message = message.Id,
                type = message.Type,
                kind = message.News?.GetType().Name,
                subject = SubjectOf(message.News),
                method = MethodOf(message.News),
                status =
                    (message.News is null ? ProviderMessageStatus.Ignored : ProviderMessageStatus.Pending).ToString(),
                next = message.News is null ? (long?)null : now.ToUnixTimeMilliseconds(),
                occurred = message.OccurredAt.ToUnixTimeMilliseconds(),
                now = now.ToUnixTimeMilliseconds(),
                ended = message.News is null ? now.ToUnixTimeMilliseconds() : (long?)null,
                body,
                error = message.News is null ? $"Messages of the type '{message.Type}' mean nothing here." : null,
            },
            session.Transaction) == 1;

    public async Task<StoredMessage?> FindAsync(
        Session session, EnvironmentId environment, string integration, string messageId) =>
        (await session.Connection.QuerySingleOrDefaultAsync<Row>(
            $"""
            SELECT {Columns} FROM billing_messages
            WHERE environment_id = @environment AND integration_id = @integration AND message_id = @message
            """,
            new { environment = environment.Value, integration, message = messageId },
            session.Transaction))?.ToMessage();

    public async Task<Instant?> NextDueAsync(Session session, EnvironmentId environment)
    {
        var due = await session.Connection.ExecuteScalarAsync<long?>(
            """
            SELECT MIN(next_attempt_at) FROM billing_messages
            WHERE environment_id = @environment AND status = 'Pending'
            """,
            new { environment = environment.Value },
            session.Transaction);
        return due is { } milliseconds ? Instant.FromUnixTimeMilliseconds(milliseconds) : null;
    }

    /// <summary>Messages to try, the earliest due first.</summary>
    public async Task<IReadOnlyList<StoredMessage>> ListDueAsync(
        Session session, EnvironmentId environment, Instant until, int most) =>
        [.. (await session.Connection.QueryAsync<Row>(
            $"""
            SELECT {Columns} FROM billing_messages
            WHERE environment_id = @environment AND status = 'Pending' AND next_attempt_at <= @until
            ORDER BY next_attempt_at, occurred_at, seq LIMIT @most
            """,
            new { environment = environment.Value, until = until.ToUnixTimeMilliseconds(), most },
            session.Transaction)).Select(row => row.ToMessage())];

    /// <summary>
    /// Ends the message in the transaction of its effect; false when another worker did: then there is no
    /// second effect.
    /// </summary>
    public async Task<bool> EndAsync(
        Session session, StoredMessage message, ProviderMessageStatus status, string? note, Instant now) =>
        await session.Connection.ExecuteAsync(
            """
            UPDATE billing_messages SET status = @status, error = @note, next_attempt_at = NULL, ended_at = @now
            WHERE uid = @uid AND status = 'Pending'
            """,
            new { uid = message.Uid, status = status.ToString(), note, now = now.ToUnixTimeMilliseconds() },
            session.Transaction) == 1;

    /// <summary>What it is about is not there: it is tried again.</summary>
    public Task WaitAsync(Session session, StoredMessage message, Instant next, string why) =>
        session.Connection.ExecuteAsync(
            """
            UPDATE billing_messages SET attempts = @attempts, next_attempt_at = @next, error = @why
            WHERE uid = @uid AND status = 'Pending'
            """,
            new { uid = message.Uid, attempts = message.Attempts + 1, next = next.ToUnixTimeMilliseconds(), why },
            session.Transaction);

    /// <summary>
    /// Whether a message that came before this one told something later about the customer's payment method: that
    /// another was attached, or this one detached.
    /// </summary>
    public async Task<bool> IsOvertakenAsync(
        Session session, EnvironmentId environment, StoredMessage message, ProviderNews news) =>
        await session.Connection.ExecuteScalarAsync<long?>(
            """
            SELECT 1 FROM billing_messages
            WHERE environment_id = @environment AND integration_id = @integration AND subject = @subject
              AND occurred_at > @occurred AND status IN ('Applied', 'Ignored')
              AND (kind = 'PaymentMethodAttached' OR (kind = 'PaymentMethodDetached' AND method = @method)
                OR kind = 'CustomerDeleted')
            LIMIT 1
            """,
            new
            {
                environment = environment.Value,
                integration = message.IntegrationId,
                subject = SubjectOf(news),
                occurred = message.OccurredAt.ToUnixTimeMilliseconds(),
                method = MethodOf(news),
            },
            session.Transaction) is not null;

    /// <summary>Newest first.</summary>
    public async Task<Result<Page<StoredMessage>>> PageAsync(
        Session session, EnvironmentId environment, MessageFilter filter, PageRequest request)
    {
        var query = new RowQuery()
            .AndIf("integration_id = @integration", "integration", filter.IntegrationId)
            .AndAny("status", "status", filter.Statuses?.Select(s => s.ToString()).ToArray());
        var page = await query.PageAsync<Row>(
            session, "billing_messages", Columns, environment.Value, request, row => row.Uid);
        return page.Map(p => p.Map(row => row.ToMessage()));
    }

    private static string? SubjectOf(ProviderNews? news) =>
        news is null ? null : $"{news.Subject}/{news.Of.SyncedId ?? news.Of.EntityId}";

    private static string? MethodOf(ProviderNews? news) => news switch
    {
        ProviderNews.PaymentMethodAttached attached => attached.Method.Id,
        ProviderNews.PaymentMethodDetached detached => detached.MethodId,
        _ => null,
    };

    private sealed class Row
    {
        public Guid Uid { get; set; }
        public string IntegrationId { get; set; } = "";
        public string MessageId { get; set; } = "";
        public string Type { get; set; } = "";
        public string Status { get; set; } = "";
        public long Attempts { get; set; }
        public long? NextAttemptAt { get; set; }
        public string? Error { get; set; }
        public long OccurredAt { get; set; }
        public long ReceivedAt { get; set; }
        public long? EndedAt { get; set; }
        public string Body { get; set; } = "";

        public StoredMessage ToMessage() => new()
        {
            Uid = Uid,
            IntegrationId = IntegrationId,
            MessageId = MessageId,
            Type = Type,
            Status = Enum.Parse<ProviderMessageStatus>(Status),
            Attempts = (int)Attempts,
            NextAttemptAt = Of(NextAttemptAt),
            Error = Error,
            OccurredAt = Instant.FromUnixTimeMilliseconds(OccurredAt),
            ReceivedAt = Instant.FromUnixTimeMilliseconds(ReceivedAt),
            EndedAt = Of(EndedAt),
            Body = Body,
        };

        private static Instant? Of(long? milliseconds) =>
            milliseconds is { } given ? Instant.FromUnixTimeMilliseconds(given) : null;
    }
}
