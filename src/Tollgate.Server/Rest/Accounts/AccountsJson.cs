using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Contracts;
using Tollgate.Contracts.Rest.Responses;

namespace Tollgate.Server.Rest.Accounts;

/// <summary>Schema <c>TollgateEnvironment</c>.</summary>
public sealed record RestEnvironment(string Name, bool IsProduction, WireInstant CreatedAt);

/// <summary>Schema <c>TollgateEnvironmentCreated</c>.</summary>
public sealed record RestEnvironmentCreated(
    string Name, bool IsProduction, WireInstant CreatedAt, IReadOnlyList<RestApiKeyCreated> ApiKeys);

/// <summary>Schema <c>TollgateApiKey</c>.</summary>
public sealed record RestApiKey(Guid Id, string Kind, string Name, WireInstant CreatedAt, string Hint);

/// <summary>Schema <c>TollgateApiKeyCreated</c>; the secret is shown this once.</summary>
public sealed record RestApiKeyCreated(
    Guid Id, string Kind, string Name, WireInstant CreatedAt, string Hint, string Secret);

/// <summary>Schema <c>TollgateClock</c>.</summary>
public sealed record RestClock(WireInstant Now, bool Frozen);

/// <summary>Schema <c>TollgateEvent</c>.</summary>
public sealed record RestEvent
{
    public required Guid Id { get; init; }
    public required string Type { get; init; }
    public required WireInstant OccurredAt { get; init; }
    public required string EntityKind { get; init; }
    public required string EntityId { get; init; }
    public required string? CustomerId { get; init; }
    public required JsonElement? Before { get; init; }
    public required JsonElement? After { get; init; }
    public required IReadOnlyDictionary<string, string>? Facts { get; init; }
    public required RestActor Actor { get; init; }
    public required Guid TraceId { get; init; }
}

/// <summary>
/// Who caused an event: a type of the list in the documentation of webhooks, and the key or member where there is one.
/// </summary>
public sealed record RestActor(string Type, string? Id, string? Name);

/// <summary>Source-generated JSON of our own operations. Use <see cref="Wire"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RestData<IReadOnlyList<RestEnvironment>>))]
[JsonSerializable(typeof(RestData<RestEnvironmentCreated>))]
[JsonSerializable(typeof(RestData<IReadOnlyList<RestApiKey>>))]
[JsonSerializable(typeof(RestData<RestApiKey>))]
[JsonSerializable(typeof(RestData<RestApiKeyCreated>))]
[JsonSerializable(typeof(RestData<RestClock>))]
[JsonSerializable(typeof(RestPage<RestEvent>))]
internal sealed partial class AccountsJson : JsonSerializerContext
{
    public static AccountsJson Wire => field ??= new(WireOptions.Of(Default.Options));
}
