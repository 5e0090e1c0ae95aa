using Tollgate.Contracts.Rest.Responses;
using Tollgate.Modules.Accounts;

namespace Tollgate.Server.Rest.Accounts;

/// <summary>Environments, keys and clocks as they are answered.</summary>
internal static class AccountWire
{
    public static RestEnvironment ToRest(AccountEnvironment environment) =>
        new(environment.Name, IsProduction(environment), Wire.Instant(environment.CreatedAt));

    public static RestEnvironmentCreated ToRest(CreatedEnvironment created) => new(
        created.Environment.Name,
        IsProduction(created.Environment),
        Wire.Instant(created.Environment.CreatedAt),
        [.. created.Keys.Select(ToRest)]);

    public static RestApiKey ToRest(ApiKey key) =>
        new(key.Uid, Wire.Symbol(key.Kind), key.Name, Wire.Instant(key.CreatedAt), key.Hint);

    public static RestApiKeyCreated ToRest(CreatedKey created) => new(
        created.Key.Uid,
        Wire.Symbol(created.Key.Kind),
        created.Key.Name,
        Wire.Instant(created.Key.CreatedAt),
        created.Key.Hint,
        created.Secret);

    public static RestData<RestClock> ToRest(ClockReading reading) =>
        new(new(Wire.Instant(reading.Now), reading.Frozen));

    private static bool IsProduction(AccountEnvironment environment) => environment.Kind == EnvironmentKind.Production;
}
