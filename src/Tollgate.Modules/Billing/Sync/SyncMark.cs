using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing.Sync;

namespace Tollgate.Modules.Billing.Sync;

/// <summary>A change that a provider is to be told of.</summary>
internal sealed record SyncMark(
    string IntegrationId, SyncedKind Kind, string EntityId, CustomerId CustomerId, Instant At)
{
    public SyncScope Scope { get; init; } = SyncScope.Always;
    public SubscriptionId? SubscriptionId { get; init; }

    /// <summary>What is said of it, where it cannot be read when it is sent.</summary>
    public string? Payload { get; init; }

    /// <summary>The provider's id of it, where it is known already.</summary>
    public string? SyncedId { get; init; }
}

internal enum SyncScope
{
    /// <summary>Whether or not the provider knows the entity.</summary>
    Always,

    /// <summary>Only when the provider does not know the entity.</summary>
    Missing,

    /// <summary>Only when the provider was told of the entity before.</summary>
    Known,
}

/// <summary>Which states are asked for; null filters nothing.</summary>
public sealed record SyncFilter
{
    public IReadOnlyCollection<SyncStatus>? Statuses { get; init; }
    public SyncedKind? Kind { get; init; }
    public string? IntegrationId { get; init; }
    public CustomerId? CustomerId { get; init; }
    public string? EntityId { get; init; }
}
