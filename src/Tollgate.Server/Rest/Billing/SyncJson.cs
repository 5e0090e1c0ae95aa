using System.Text.Json.Serialization;
using Tollgate.Contracts;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Modules.Billing.Webhooks;

namespace Tollgate.Server.Rest.Billing;

/// <summary>Schema <c>TollgateSyncState</c>.</summary>
public sealed record RestSyncState
{
    public required Guid Id { get; init; }
    public required string IntegrationId { get; init; }
    public required string EntityType { get; init; }
    public required string EntityId { get; init; }
    public required string CustomerId { get; init; }
    public required string Status { get; init; }
    public required long Revision { get; init; }
    public required long? SentRevision { get; init; }
    public required int Attempts { get; init; }
    public required WireInstant? NextAttemptAt { get; init; }
    public required string? Error { get; init; }
    public required string? SyncedEntityId { get; init; }
    public required string? BillingLinkUrl { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required WireInstant UpdatedAt { get; init; }
}

/// <summary>Schema <c>TollgateProviderMessage</c>.</summary>
public sealed record RestProviderMessage
{
    public required Guid Id { get; init; }
    public required string IntegrationId { get; init; }
    public required string MessageId { get; init; }
    public required string Type { get; init; }
    public required string Status { get; init; }
    public required int Attempts { get; init; }
    public required WireInstant? NextAttemptAt { get; init; }
    public required string? Error { get; init; }
    public required WireInstant OccurredAt { get; init; }
    public required WireInstant ReceivedAt { get; init; }
    public required WireInstant? EndedAt { get; init; }
}

/// <summary>Source-generated JSON of what providers are told and tell. Use <see cref="Wire"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RestData<RestSyncState>))]
[JsonSerializable(typeof(RestPage<RestSyncState>))]
[JsonSerializable(typeof(RestData<RestProviderMessage>))]
[JsonSerializable(typeof(RestPage<RestProviderMessage>))]
internal sealed partial class SyncJson : JsonSerializerContext
{
    public static SyncJson Wire => field ??= new(WireOptions.Of(Default.Options));
}

/// <summary>What providers are told and tell, as it is answered.</summary>
internal static class SyncWire
{
    public static RestSyncState ToRest(SyncState state) => new()
    {
        Id = state.Uid,
        IntegrationId = state.IntegrationId,
        EntityType = Wire.Symbol(state.Kind),
        EntityId = state.EntityId,
        CustomerId = state.CustomerId.Value,
        Status = Wire.Symbol(state.Status),
        Revision = state.Revision,
        SentRevision = state.SentRevision,
        Attempts = state.Attempts,
        NextAttemptAt = Wire.Instant(state.NextAttemptAt),
        Error = state.Error,
        SyncedEntityId = state.SyncedEntityId,
        BillingLinkUrl = state.Link,
        CreatedAt = Wire.Instant(state.CreatedAt),
        UpdatedAt = Wire.Instant(state.UpdatedAt),
    };

    public static RestProviderMessage ToRest(StoredMessage message) => new()
    {
        Id = message.Uid,
        IntegrationId = message.IntegrationId,
        MessageId = message.MessageId,
        Type = message.Type,
        Status = Wire.Symbol(message.Status),
        Attempts = message.Attempts,
        NextAttemptAt = Wire.Instant(message.NextAttemptAt),
        Error = message.Error,
        OccurredAt = Wire.Instant(message.OccurredAt),
        ReceivedAt = Wire.Instant(message.ReceivedAt),
        EndedAt = Wire.Instant(message.EndedAt),
    };
}
