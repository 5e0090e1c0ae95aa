namespace Tollgate.Domain.Billing.Sync;

/// <summary>Where the copy of an entity at a billing provider stands (spec integrations 1).</summary>
public enum SyncStatus
{
    /// <summary>The provider does not have the newest revision yet.</summary>
    Pending,

    /// <summary>The provider has the newest revision.</summary>
    Success,

    /// <summary>Every attempt failed; nothing is sent until the entity changes or somebody asks for it.</summary>
    Error,

    /// <summary>The provider keeps no copy of it.</summary>
    NoSyncRequired,
}

/// <summary>What is told to billing providers; a kind is told only after those above it.</summary>
public enum SyncedKind
{
    Customer,
    Subscription,

    /// <summary>What one subscription used in one stretch of time.</summary>
    UsageCharge,
    Invoice,
}
