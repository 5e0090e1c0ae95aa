using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Storage;

namespace Tollgate.Modules.Idempotency;

/// <summary>Responses under an Idempotency-Key, kept 24 hours of real time (spec README 2).</summary>
public sealed class IdempotencyStore(Database database, TimeProvider time)
{
    public static readonly Duration Retention = Duration.FromHours(24);

    /// <summary>The response stored under the key with the hash of its request, or null.</summary>
    public Task<(byte[] RequestHash, StoredResponse Response)?> FindAsync(
        EnvironmentId environment, string key, CancellationToken cancellationToken) =>
        database.ReadAsync<(byte[], StoredResponse)?>(
            async (session, _) =>
            {
                var row = await session.Connection.QuerySingleOrDefaultAsync<Row>(
                    """
                    SELECT request_hash AS RequestHash, status AS Status, body AS Body FROM idempotency_responses
                    WHERE environment_id = @environment AND idempotency_key = @key AND created_at > @oldest
                    """,
                    new { environment = environment.Value, key, oldest = OldestKept() });
                return row is null ? null : (row.RequestHash, new StoredResponse((int)row.Status, row.Body));
            },
            cancellationToken);

    internal async Task StoreAsync(
        Session session, OperationScope scope, IdempotencyClaim claim, object value,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var response = claim.Render(value);
        var row = new
        {
            environment = scope.EnvironmentId.Value,
            key = claim.Key,
            hash = claim.RequestHash,
            status = response.Status,
            body = response.Body,
            now = time.GetUtcNow().ToUnixTimeMilliseconds(),
            oldest = OldestKept(),
        };
        try
        {
            await session.Connection.ExecuteAsync(
                """
                DELETE FROM idempotency_responses
                WHERE environment_id = @environment AND idempotency_key = @key AND created_at <= @oldest
                """,
                row,
                session.Transaction);
            await session.Connection.ExecuteAsync(
                """
                INSERT INTO idempotency_responses (environment_id, idempotency_key, request_hash, status, body,
                  created_at)
                VALUES (@environment, @key, @hash, @status, @body, @now)
                """,
                row,
                session.Transaction);
        }
        catch (Exception exception) when (database.IsUniqueViolation(exception))
        {
            throw new IdempotencyRaceException(claim.Key, exception);
        }
    }

    /// <summary>Forgets responses older than the retention; how many went.</summary>
    public async Task<int> PurgeAsync(CancellationToken cancellationToken)
    {
        var purged = 0;
        await database.WriteAsync(
            [],
            async (session, _) =>
            {
                purged = await session.Connection.ExecuteAsync(
                    "DELETE FROM idempotency_responses WHERE created_at <= @oldest",
                    new { oldest = OldestKept() },
                    session.Transaction);
                return purged > 0;
            },
            cancellationToken);
        return purged;
    }

    private long OldestKept() => time.GetUtcNow().ToUnixTimeMilliseconds() - (long)Retention.TotalMilliseconds;

    private sealed class Row
    {
        public byte[] RequestHash { get; set; } = [];
        public long Status { get; set; }
        public byte[] Body { get; set; } = [];
    }
}
