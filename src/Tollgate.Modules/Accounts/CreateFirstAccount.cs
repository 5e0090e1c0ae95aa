using NodaTime;
using Tollgate.Domain;
using Tollgate.Storage;

namespace Tollgate.Modules.Accounts;

/// <summary>
/// What happens at the very first start: one account, its environments development and production, and a server and a
/// publishable key for each. Later starts find them and do nothing.
/// </summary>
public sealed class CreateFirstAccount(Database database, AccountDirectory directory, TimeProvider time)
{
    private static readonly LockKey Lock = LockKey.Of(0, "accounts", "");

    private readonly AccountsStore _store = new();

    /// <summary>The keys that were created, with their secrets; empty when the account existed.</summary>
    public async Task<IReadOnlyList<CreatedKey>> ExecuteAsync(
        string accountName, string? serverKey, string? publishableKey, CancellationToken cancellationToken)
    {
        var created = new List<CreatedKey>();
        var now = Instant.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        await database.WriteAsync(
            [Lock],
            async (session, _) =>
            {
                if ((await _store.ListEnvironmentsAsync(session)).Count > 0)
                    return false;
                await _store.InsertAccountAsync(session, accountName, now);
                foreach (var kind in Enum.GetValues<EnvironmentKind>())
                {
                    var first = kind == EnvironmentKind.Development;
                    var environment = new AccountEnvironment(
                        new((int)kind + 1),
                        Guid.CreateVersion7(),
                        accountName,
                        kind.ToString().ToLowerInvariant(),
                        kind,
                        EnvironmentClock.Real,
                        now);
                    await _store.InsertEnvironmentAsync(session, environment);
                    created.Add(await AddKeyAsync(session, environment, ApiKeyKind.Server, first ? serverKey : null));
                    created.Add(
                        await AddKeyAsync(session, environment, ApiKeyKind.Publishable, first ? publishableKey : null));
                }

                return true;
            },
            cancellationToken);
        await directory.ReloadAsync(cancellationToken);
        return created;

        async Task<CreatedKey> AddKeyAsync(
            Session session, AccountEnvironment environment, ApiKeyKind kind, string? given)
        {
            var secret = given ?? ApiKey.NewSecret(kind);
            var key = new ApiKey(
                Guid.CreateVersion7(),
                environment.Id,
                kind,
                "default",
                ApiKey.HashOf(secret),
                ApiKey.HintOf(secret),
                now);
            await _store.InsertKeyAsync(session, key);
            return new(environment.Name, key, secret);
        }
    }
}

/// <summary>A key just created; the secret is shown once.</summary>
public sealed record CreatedKey(string EnvironmentName, ApiKey Key, string Secret);
