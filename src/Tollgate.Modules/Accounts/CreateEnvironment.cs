using System.Text.RegularExpressions;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Storage;

namespace Tollgate.Modules.Accounts;

/// <summary>Adds an environment to the account, with a server and a publishable key shown once.</summary>
public sealed partial class CreateEnvironment(
    UnitOfWork unitOfWork, AccountDirectory directory, IEnumerable<IEnvironmentSeed> seeds, TimeProvider time)
{
    private static readonly LockKey Lock = LockKey.Of(0, "accounts", "");

    private readonly AccountsStore _store = new();

    public async Task<Result<CreatedEnvironment>> ExecuteAsync(
        OperationScope scope, string name, EnvironmentKind kind, CancellationToken cancellationToken)
    {
        if (!NamePattern().IsMatch(name))
        {
            return Refusal.Of(ErrorCode.BadUserInput,
                [new(
                    "name", $"name is '{name}'; use 1 to 63 lower-case letters, digits and hyphens, a letter first.")]);
        }

        // By the new environment's own clock, which shows real time, not by that of the environment of the asking key.
        var createdAt = Instant.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        var result = await unitOfWork.WriteAsync<CreatedEnvironment>(
            scope,
            [Lock],
            async (work, token) =>
            {
                var existing = await _store.ListEnvironmentsAsync(work.Session);
                if (existing.Any(e => string.Equals(e.Name, name, StringComparison.Ordinal)))
                {
                    return new Refusal(ErrorCode.DuplicatedEntityNotAllowed,
                        $"An environment named '{name}' exists; choose another name.");
                }

                var environment = new AccountEnvironment(
                    new EnvironmentId(existing.Max(e => e.Id.Value) + 1),
                    Guid.CreateVersion7(),
                    scope.Environment.AccountName,
                    name,
                    kind,
                    EnvironmentClock.Real,
                    createdAt);
                await _store.InsertEnvironmentAsync(work.Session, environment);
                var keys = new List<CreatedKey>();
                foreach (var keyKind in Enum.GetValues<ApiKeyKind>())
                {
                    var secret = ApiKey.NewSecret(keyKind);
                    var key = new ApiKey(
                        Guid.CreateVersion7(),
                        environment.Id,
                        keyKind,
                        "default",
                        ApiKey.HashOf(secret),
                        ApiKey.HintOf(secret),
                        createdAt);
                    await _store.InsertKeyAsync(work.Session, key);
                    keys.Add(new(name, key, secret));
                }

                work.Record(new DomainEvent(
                    EventType.EnvironmentCreated,
                    EntityKind.Environment,
                    name,
                    null,
                    null,
                    new EnvironmentInfo(environment.Uid, name, kind)));
                work.AccountsChanged();
                return new CreatedEnvironment(environment, keys);
            },
            cancellationToken);
        await directory.ReloadAsync(cancellationToken);
        if (result.TryGet(out var created, out _))
            await SeedAsync(created.Environment, cancellationToken);
        return result;
    }

    /// <summary>Gives an environment what every new one starts with. Safe to repeat.</summary>
    public async Task SeedAsync(AccountEnvironment environment, CancellationToken cancellationToken)
    {
        foreach (var seed in seeds)
            await seed.SeedAsync(environment, cancellationToken);
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{0,62}$", RegexOptions.None, 1000)]
    private static partial Regex NamePattern();
}

public sealed record CreatedEnvironment(AccountEnvironment Environment, IReadOnlyList<CreatedKey> Keys);

/// <summary>What a slice puts into every new environment, such as the first product. Must be safe to repeat.</summary>
public interface IEnvironmentSeed
{
    Task SeedAsync(AccountEnvironment environment, CancellationToken cancellationToken);
}
