using NodaTime;
using Tollgate.Domain.Billing.Sync;

namespace Tollgate.Modules.Billing.Webhooks;

/// <summary>A message of a billing provider, as it is kept.</summary>
public sealed record StoredMessage
{
    public required Guid Uid { get; init; }
    public required string IntegrationId { get; init; }

    /// <summary>The provider's id of it.</summary>
    public required string MessageId { get; init; }

    /// <summary>What the provider calls it.</summary>
    public required string Type { get; init; }
    public required ProviderMessageStatus Status { get; init; }

    /// <summary>Attempts to apply it that found nothing to apply it to.</summary>
    public required int Attempts { get; init; }
    public Instant? NextAttemptAt { get; init; }

    /// <summary>Why it is not applied.</summary>
    public string? Error { get; init; }

    /// <summary>By the provider's clock.</summary>
    public required Instant OccurredAt { get; init; }

    /// <summary>By the environment's clock.</summary>
    public required Instant ReceivedAt { get; init; }
    public Instant? EndedAt { get; init; }

    /// <summary>As it was signed.</summary>
    internal string Body { get; init; } = "";
}

/// <summary>Which messages are asked for; null filters nothing.</summary>
public sealed record MessageFilter(
    IReadOnlyCollection<ProviderMessageStatus>? Statuses = null, string? IntegrationId = null);
