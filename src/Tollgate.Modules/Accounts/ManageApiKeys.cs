using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Storage;

namespace Tollgate.Modules.Accounts;

/// <summary>Creates and revokes keys of an environment of the account.</summary>
public sealed class ManageApiKeys(UnitOfWork unitOfWork, AccountDirectory directory)
{
    private static readonly LockKey Lock = LockKey.Of(0, "accounts", "");

    private readonly AccountsStore _store = new();

    public async Task<Result<CreatedKey>> CreateAsync(
        OperationScope scope, string environmentName, ApiKeyKind kind, string? name,
        CancellationToken cancellationToken)
    {
        if (directory.FindByName(environmentName) is not { } environment)
            return UnknownEnvironment(environmentName);
        var secret = ApiKey.NewSecret(kind);
        var key = new ApiKey(
            Guid.CreateVersion7(),
            environment.Id,
            kind,
            name ?? "default",
            ApiKey.HashOf(secret),
            ApiKey.HintOf(secret),
            scope.Now);
        var result = await unitOfWork.WriteAsync<CreatedKey>(
            scope,
            [Lock],
            async (work, _) =>
            {
                await _store.InsertKeyAsync(work.Session, key);
                work.Record(EventOf(EventType.ApiKeyCreated, null, key));
                work.AccountsChanged();
                return new CreatedKey(environment.Name, key, secret);
            },
            cancellationToken);
        await directory.ReloadAsync(cancellationToken);
        return result;
    }

    /// <summary>The key as it was; from now on it opens nothing.</summary>
    public async Task<Result<ApiKey>> RevokeAsync(
        OperationScope scope, string environmentName, Guid keyId, CancellationToken cancellationToken)
    {
        if (directory.FindByName(environmentName) is not { } environment)
            return UnknownEnvironment(environmentName);
        if (string.Equals(scope.Actor.Id, keyId.ToString(), StringComparison.Ordinal))
        {
            return new Refusal(ErrorCode.InvalidArgumentError,
                $"The key {keyId} makes this very request and cannot revoke itself; use another server key.");
        }

        var result = await unitOfWork.WriteAsync<ApiKey>(
            scope,
            [Lock],
            async (work, _) =>
            {
                var key = directory.KeysOf(environment.Id).FirstOrDefault(k => k.Uid == keyId);
                if (key is null || !await _store.RevokeKeyAsync(work.Session, environment.Id, keyId, scope.Now))
                {
                    return new Refusal(ErrorCode.InvalidArgumentError,
                        $"The environment {environmentName} has no live API key with the id '{keyId}'; "
                        + "list its keys first.");
                }

                work.Record(EventOf(EventType.ApiKeyRevoked, key, null));
                work.AccountsChanged();
                return key;
            },
            cancellationToken);
        await directory.ReloadAsync(cancellationToken);
        return result;
    }

    internal static Refusal UnknownEnvironment(string name) => new(
        ErrorCode.EnvironmentMissing, $"There is no environment named '{name}'; "
            + "list them with GET /tollgate/v1/environments.");

    private static DomainEvent EventOf(EventType type, ApiKey? before, ApiKey? after) => new(
        type, EntityKind.ApiKey, (after ?? before)!.Uid.ToString(), null, InfoOf(before), InfoOf(after));

    private static ApiKeyInfo? InfoOf(ApiKey? key) => key is null ? null : new(key.Uid, key.Kind, key.Name, key.Hint);
}
