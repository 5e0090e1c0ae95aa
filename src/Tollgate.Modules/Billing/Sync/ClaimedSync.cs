using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing.Sync;

namespace Tollgate.Modules.Billing.Sync;

/// <summary>A revision of an entity that this worker, and no other, sends now.</summary>
internal sealed record ClaimedSync
{
    public required Guid Uid { get; init; }
    public required string IntegrationId { get; init; }
    public required SyncedKind Kind { get; init; }
    public required string EntityId { get; init; }
    public required CustomerId CustomerId { get; init; }
    public required long Revision { get; init; }

    /// <summary>Failed attempts before this one.</summary>
    public required int Attempts { get; init; }
    public Instant? FirstAttemptAt { get; init; }

    /// <summary>Which claim of the row it is: a later one takes the row away from this worker.</summary>
    public required long Claim { get; init; }

    /// <summary>What the provider is told, as JSON; null = nothing there to tell.</summary>
    public string? Payload { get; init; }
    public string? SyncedId { get; init; }
    public string? CustomerSyncedId { get; init; }
    public string? SubscriptionSyncedId { get; init; }
}

/// <summary>An attempt that did not succeed.</summary>
/// <param name="Attempts">Failed attempts, with this one if it counts.</param>
/// <param name="FirstAttemptAt">When the first of them was made; null before it.</param>
/// <param name="NextAttemptAt">When it is tried again; null = it is given up.</param>
/// <param name="Error">Why it did not succeed.</param>
internal sealed record SyncFailure(int Attempts, Instant? FirstAttemptAt, Instant? NextAttemptAt, string Error);
