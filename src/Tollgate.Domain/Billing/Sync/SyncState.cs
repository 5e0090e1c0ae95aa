using NodaTime;

namespace Tollgate.Domain.Billing.Sync;

/// <summary>
/// What is known about the copy of an entity at a billing provider (spec integrations 1: <c>SyncState</c>).
/// </summary>
public sealed record SyncState
{
    public required Guid Uid { get; init; }
    public required string IntegrationId { get; init; }
    public required SyncedKind Kind { get; init; }

    /// <summary>
    /// The id of the customer, subscription or invoice; of usage <c>[subscription]/[start of the stretch]</c>.
    /// </summary>
    public required string EntityId { get; init; }

    /// <summary>Who pays.</summary>
    public required CustomerId CustomerId { get; init; }
    public required SyncStatus Status { get; init; }

    /// <summary>Counts the changes of the entity, from 1.</summary>
    public required long Revision { get; init; }

    /// <summary>The newest revision the provider has; null before the first.</summary>
    public long? SentRevision { get; init; }

    /// <summary>Failed attempts to send the newest revision.</summary>
    public required int Attempts { get; init; }

    /// <summary>When it is sent next; null when it is not PENDING.</summary>
    public Instant? NextAttemptAt { get; init; }

    /// <summary>Why the last attempt failed, or what it waits for.</summary>
    public string? Error { get; init; }

    /// <summary>The provider's id of the entity.</summary>
    public string? SyncedEntityId { get; init; }

    /// <summary>Where people see it at the provider.</summary>
    public string? Link { get; init; }
    public required Instant CreatedAt { get; init; }
    public required Instant UpdatedAt { get; init; }
}
