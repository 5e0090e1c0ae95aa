using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Storage;

namespace Tollgate.Modules.Accounts;

/// <summary>Rows of the account, its environments and their keys.</summary>
internal sealed class AccountsStore
{
    public async Task<IReadOnlyList<AccountEnvironment>> ListEnvironmentsAsync(Session session)
    {
        var rows = await session.Connection.QueryAsync<EnvironmentRow>(
            """
            SELECT e.id AS Id, e.uid AS Uid, a.name AS AccountName, e.name AS Name, e.kind AS Kind,
              e.clock_offset AS ClockOffset, e.clock_frozen_at AS ClockFrozenAt, e.created_at AS CreatedAt
            FROM environments e JOIN accounts a ON a.id = e.account_id ORDER BY e.id
            """,
            transaction: session.Transaction);
        return [.. rows.Select(row => row.ToEnvironment())];
    }

    public async Task<IReadOnlyList<ApiKey>> ListKeysAsync(Session session)
    {
        var rows = await session.Connection.QueryAsync<KeyRow>(
            """
            SELECT uid AS Uid, environment_id AS EnvironmentId, kind AS Kind, name AS Name, hash AS Hash, hint AS Hint,
              created_at AS CreatedAt
            FROM api_keys WHERE revoked_at IS NULL ORDER BY seq
            """,
            transaction: session.Transaction);
        return [.. rows.Select(row => row.ToKey())];
    }

    public Task InsertAccountAsync(Session session, string name, Instant now) => session.Connection.ExecuteAsync(
        "INSERT INTO accounts (id, uid, name, created_at) VALUES (1, @uid, @name, @now)",
        new { uid = Guid.CreateVersion7(), name, now = now.ToUnixTimeMilliseconds() },
        session.Transaction);

    public Task InsertEnvironmentAsync(
        Session session, AccountEnvironment environment) => session.Connection.ExecuteAsync(
        """
        INSERT INTO environments (id, uid, account_id, name, kind, clock_offset, clock_frozen_at, created_at)
        VALUES (@id, @uid, 1, @name, @kind, @offset, @frozen, @created)
        """,
        new
        {
            id = environment.Id.Value,
            uid = environment.Uid,
            name = environment.Name,
            kind = environment.Kind.ToString(),
            offset = environment.Clock.OffsetMilliseconds,
            frozen = environment.Clock.FrozenAtMilliseconds,
            created = environment.CreatedAt.ToUnixTimeMilliseconds(),
        },
        session.Transaction);

    public Task UpdateClockAsync(Session session, EnvironmentId environment, EnvironmentClock clock) =>
        session.Connection.ExecuteAsync(
            "UPDATE environments SET clock_offset = @offset, clock_frozen_at = @frozen WHERE id = @id",
            new { id = environment.Value, offset = clock.OffsetMilliseconds, frozen = clock.FrozenAtMilliseconds },
            session.Transaction);

    public Task InsertKeyAsync(Session session, ApiKey key) => session.Connection.ExecuteAsync(
        """
        INSERT INTO api_keys (uid, environment_id, kind, name, hash, hint, created_at)
        VALUES (@Uid, @environment, @kind, @Name, @Hash, @Hint, @created)
        """,
        new
        {
            key.Uid,
            environment = key.EnvironmentId.Value,
            kind = key.Kind.ToString(),
            key.Name,
            key.Hash,
            key.Hint,
            created = key.CreatedAt.ToUnixTimeMilliseconds(),
        },
        session.Transaction);

    public async Task<bool> RevokeKeyAsync(Session session, EnvironmentId environment, Guid uid, Instant now) =>
        await session.Connection.ExecuteAsync(
            """
            UPDATE api_keys SET revoked_at = @now
            WHERE environment_id = @environment AND uid = @uid AND revoked_at IS NULL
            """,
            new { environment = environment.Value, uid, now = now.ToUnixTimeMilliseconds() },
            session.Transaction) == 1;

    private sealed class EnvironmentRow
    {
        public long Id { get; set; }
        public Guid Uid { get; set; }
        public string AccountName { get; set; } = "";
        public string Name { get; set; } = "";
        public string Kind { get; set; } = "";
        public long ClockOffset { get; set; }
        public long? ClockFrozenAt { get; set; }
        public long CreatedAt { get; set; }

        public AccountEnvironment ToEnvironment() => new(
            new((int)Id),
            Uid,
            AccountName,
            Name,
            Enum.Parse<EnvironmentKind>(Kind),
            new(ClockOffset, ClockFrozenAt),
            Instant.FromUnixTimeMilliseconds(CreatedAt));
    }

    private sealed class KeyRow
    {
        public Guid Uid { get; set; }
        public long EnvironmentId { get; set; }
        public string Kind { get; set; } = "";
        public string Name { get; set; } = "";
        public byte[] Hash { get; set; } = [];
        public string Hint { get; set; } = "";
        public long CreatedAt { get; set; }

        public ApiKey ToKey() => new(
            Uid,
            new((int)EnvironmentId),
            Enum.Parse<ApiKeyKind>(Kind),
            Name,
            Hash,
            Hint,
            Instant.FromUnixTimeMilliseconds(CreatedAt));
    }
}
