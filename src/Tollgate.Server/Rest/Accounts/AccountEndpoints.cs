using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.EventLog;

namespace Tollgate.Server.Rest.Accounts;

/// <summary>Our own operations on environments, their keys, their clock and their event log.</summary>
internal static class AccountEndpoints
{
    public static void MapAccounts(this RestRoutes routes)
    {
        MapEnvironments(routes);
        MapKeys(routes);
        MapClock(routes);
        MapEvents(routes);
    }

    private static void MapEnvironments(RestRoutes routes)
    {
        var directory = routes.Services.GetRequiredService<AccountDirectory>();
        var create = routes.Services.GetRequiredService<CreateEnvironment>();
        routes
            .Map("tollgate.environments.list", (call, _) => call.AnswerAsync(
                _ => Task.FromResult(Result<IReadOnlyList<AccountEnvironment>>.Ok(directory.Environments)),
                environments => new RestData<IReadOnlyList<RestEnvironment>>(
                    [.. environments.Select(AccountWire.ToRest)]),
                AccountsJson.Wire.RestDataIReadOnlyListRestEnvironment))
            .Map("tollgate.environments.create", (call, token) => call.AnswerAsync(
                scope => create.ExecuteAsync(
                    scope,
                    call.Body.Text("name"),
                    call.Body.FlagOrNull("isProduction") == true
                        ? EnvironmentKind.Production
                        : EnvironmentKind.Development,
                    token),
                created => new RestData<RestEnvironmentCreated>(AccountWire.ToRest(created)),
                AccountsJson.Wire.RestDataRestEnvironmentCreated));
    }

    private static void MapKeys(RestRoutes routes)
    {
        var directory = routes.Services.GetRequiredService<AccountDirectory>();
        var keys = routes.Services.GetRequiredService<ManageApiKeys>();
        routes
            .Map("tollgate.apiKeys.list", (call, _) => call.AnswerAsync(
                _ => Task.FromResult(KeysOf(directory, call.Path("name"))),
                found => new RestData<IReadOnlyList<RestApiKey>>([.. found.Select(AccountWire.ToRest)]),
                AccountsJson.Wire.RestDataIReadOnlyListRestApiKey))
            .Map("tollgate.apiKeys.create", (call, token) => call.AnswerAsync(
                scope => keys.CreateAsync(
                    scope,
                    call.Path("name"),
                    call.Body.Member<ApiKeyKind>("kind"),
                    call.Body.TextOrNull("name"),
                    token),
                created => new RestData<RestApiKeyCreated>(AccountWire.ToRest(created)),
                AccountsJson.Wire.RestDataRestApiKeyCreated))
            .Map("tollgate.apiKeys.revoke", (call, token) => call.AnswerAsync(
                async scope => Guid.TryParse(call.Path("id"), out var id)
                    ? await keys.RevokeAsync(scope, call.Path("name"), id, token)
                    : Refusal.Of(ErrorCode.BadUserInput,
                        [new("id", $"id is '{call.Path("id")}'; give the id of a key as listed.")]),
                revoked => new RestData<RestApiKey>(AccountWire.ToRest(revoked)),
                AccountsJson.Wire.RestDataRestApiKey));
    }

    private static void MapClock(RestRoutes routes)
    {
        var clock = routes.Services.GetRequiredService<TestClock>();
        routes
            .Map("tollgate.testClock.retrieve", (call, _) => call.AnswerAsync(
                scope => Task.FromResult(Result<ClockReading>.Ok(clock.Read(scope))),
                AccountWire.ToRest,
                AccountsJson.Wire.RestDataRestClock))
            .Map("tollgate.testClock.advance", (call, token) => call.AnswerAsync(
                async scope => ClockRequests.TargetFromRest(call.Body).TryGet(out var target, out var refusal)
                    ? await clock.AdvanceAsync(scope, target, call.Body.FlagOrNull("frozen"), token)
                    : refusal,
                AccountWire.ToRest,
                AccountsJson.Wire.RestDataRestClock));
    }

    private static void MapEvents(RestRoutes routes)
    {
        var events = routes.Services.GetRequiredService<ListEvents>();
        routes.Map("tollgate.events.list", (call, token) => call.AnswerAsync(
            async scope => TypeOf(call).TryGet(out var types, out var refusal)
                ? await events.ExecuteAsync(
                    scope,
                    new()
                    {
                        Types = types,
                        EntityId = call.Query.GetString("entityId"),
                        CustomerId = call.Query.GetString("customerId"),
                        TraceId = call.Query.GetUuid("traceId"),
                    },
                    call.Query.Page(),
                    token)
                : refusal,
            page => Wire.Page(page, record => EventWire.ToRest(record, call.Scope.Environment.Uid)),
            AccountsJson.Wire.RestPageRestEvent));
    }

    private static Result<IReadOnlyList<ApiKey>> KeysOf(AccountDirectory directory, string name) =>
        directory.FindByName(name) is { } environment
            ? Result<IReadOnlyList<ApiKey>>.Ok([.. directory.KeysOf(environment.Id)])
            : new Refusal(ErrorCode.EnvironmentMissing,
                $"There is no environment named '{name}'; list them with GET /tollgate/v1/environments.");

    private static Result<EventType[]> TypeOf(RestCall call)
    {
        if (call.Query.GetString("type") is not { } symbol)
            return Array.Empty<EventType>();
        return Wire.TryMember<EventType>(symbol, out var type)
            ? new[] { type }
            : Refusal.Of(ErrorCode.BadUserInput,
                [new("type", $"type is '{symbol}', which is no type of event; use one such as CUSTOMER_CREATED.")]);
    }
}
