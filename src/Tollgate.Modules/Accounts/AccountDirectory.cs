using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Tollgate.Domain;
using Tollgate.Modules.Changes;
using Tollgate.Storage;

namespace Tollgate.Modules.Accounts;

/// <summary>
/// Environments, clocks and keys in memory: a request is authenticated without touching the database. Read again
/// whenever a change is committed here or told by another node; other nodes follow within a second.
/// </summary>
public sealed class AccountDirectory(Database database, TimeProvider time) : IChangeListener
{
    private readonly AccountsStore _store = new();
    private readonly SemaphoreSlim _reload = new(1, 1);

    /// <summary>
    /// Clocks this process is moving right now: shown instead of the stored ones until the move is committed.
    /// </summary>
    private readonly ConcurrentDictionary<EnvironmentId, EnvironmentClock> _moving = new();

    /// <summary>Held while the snapshot is replaced by one that is made from it, or from what was read before.</summary>
    private readonly Lock _replacing = new();
    private volatile Snapshot _snapshot = Snapshot.Empty;
    private volatile bool _stale = true;

    /// <summary>True when the directory should be read again; the host's worker does so at once.</summary>
    public bool IsStale => _stale;

    public IReadOnlyList<AccountEnvironment> Environments => _snapshot.Environments;

    /// <summary>The keys of one environment, oldest first.</summary>
    public IEnumerable<ApiKey> KeysOf(EnvironmentId environment) =>
        _snapshot.Keys.Where(key => key.EnvironmentId == environment);

    /// <summary>The environment as it is now, its clock included.</summary>
    public AccountEnvironment Get(EnvironmentId environment) =>
        _snapshot.Environments.First(e => e.Id == environment);

    public AccountEnvironment? FindByName(string name) =>
        _snapshot.Environments.FirstOrDefault(e => string.Equals(e.Name, name, StringComparison.Ordinal));

    /// <summary>
    /// The key with this secret and its environment. Looked up by hash and compared in constant time, so the answer's
    /// timing tells nothing about stored keys.
    /// </summary>
    public bool TryAuthenticate(
        string secret, [NotNullWhen(true)] out ApiKey? key, [NotNullWhen(true)] out AccountEnvironment? environment)
    {
        var snapshot = _snapshot;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        ApiKey.HashOf(secret, hash);
        if (snapshot.ByHash.TryGetValue(BitConverter.ToUInt64(hash), out key)
            && CryptographicOperations.FixedTimeEquals(key.Hash, hash)
            && snapshot.ById.TryGetValue(key.EnvironmentId, out environment))
        {
            return true;
        }

        key = null;
        environment = null;
        return false;
    }

    public async Task ReloadAsync(CancellationToken cancellationToken)
    {
        await _reload.WaitAsync(cancellationToken);
        try
        {
            _stale = false;
            var (environments, keys) = await database.ReadAsync(
                async (session, _) => (await _store.ListEnvironmentsAsync(session), await _store.ListKeysAsync(session)),
                cancellationToken);
            lock (_replacing)
                _snapshot = new(WithMovingClocks(environments), keys);
        }
        catch
        {
            _stale = true;
            throw;
        }
        finally
        {
            _reload.Release();
        }
    }

    public void Changed(in Change change) => _stale |= change.Kind == ChangeKind.Accounts;

    public void Missed() => _stale = true;

    /// <summary>Shows a clock at once, ahead of its commit: only while time is being moved by this process.</summary>
    internal void ShowClock(EnvironmentId environment, EnvironmentClock clock)
    {
        lock (_replacing)
        {
            _moving[environment] = clock;
            var snapshot = _snapshot;
            _snapshot = new(WithMovingClocks(snapshot.Environments), snapshot.Keys);
        }
    }

    /// <summary>The move ended: from the next reload on the stored clock is shown.</summary>
    internal void ForgetMovingClock(EnvironmentId environment) => _moving.TryRemove(environment, out _);

    /// <summary>What the environment's clock shows now.</summary>
    public NodaTime.Instant Now(EnvironmentId environment) => Get(environment).Now(time);

    private List<AccountEnvironment> WithMovingClocks(IReadOnlyList<AccountEnvironment> environments) =>
        [.. environments.Select(e => _moving.TryGetValue(e.Id, out var clock) ? e with { Clock = clock } : e)];

    /// <summary>Immutable; replaced as a whole.</summary>
    private sealed class Snapshot(IReadOnlyList<AccountEnvironment> environments, IReadOnlyList<ApiKey> keys)
    {
        public static Snapshot Empty { get; } = new([], []);

        public IReadOnlyList<AccountEnvironment> Environments { get; } = environments;

        public IReadOnlyList<ApiKey> Keys { get; } = keys;

        public Dictionary<EnvironmentId, AccountEnvironment> ById { get; } = environments.ToDictionary(e => e.Id);

        /// <summary>By the first eight bytes of the hash; the whole hash is compared afterwards.</summary>
        public Dictionary<ulong, ApiKey> ByHash { get; } = keys.ToDictionary(key => BitConverter.ToUInt64(key.Hash));
    }
}
