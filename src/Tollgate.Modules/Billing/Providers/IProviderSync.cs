using Tollgate.Domain.Billing;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Modules.Accounts;

namespace Tollgate.Modules.Billing.Providers;

/// <summary>
/// How a remote billing provider is told of changes: after they committed, outside of any transaction, the newest
/// revision only, one call at a time per entity, the payer before what it pays for (spec integrations 1.1). A call may
/// be repeated under the same key with the same payload, when nobody knows whether it arrived: then it must have one
/// effect. An exception, and an answer that does not come in time, count as <see cref="SyncAnswer.Failed"/>.
/// </summary>
public interface IProviderSync
{
    Task<SyncAnswer> CustomerChangedAsync(
        ProviderSend send, ProviderCustomer customer, CancellationToken cancellationToken);

    Task<SyncAnswer> SubscriptionChangedAsync(
        ProviderSend send, ProviderSubscription subscription, CancellationToken cancellationToken);

    /// <summary>Sets, not adds, what was used in the stretch.</summary>
    Task<SyncAnswer> UsageChargedAsync(ProviderSend send, ProviderUsage usage, CancellationToken cancellationToken);

    /// <summary>
    /// An invoice or credit note was issued, paid, voided or written off here, or an attempt to collect it failed.
    /// </summary>
    Task<SyncAnswer> InvoiceChangedAsync(ProviderSend send, Invoice invoice, CancellationToken cancellationToken);
}

/// <summary>One thing that is told to a provider.</summary>
/// <param name="Environment">Where it happened.</param>
/// <param name="Key">The idempotency key: environment, entity and revision.</param>
public sealed record ProviderSend(AccountEnvironment Environment, string Key)
{
    /// <summary>The provider's id of the entity; null when it was never told of it.</summary>
    public string? SyncedId { get; init; }

    /// <summary>The provider's id of who pays.</summary>
    public string? CustomerSyncedId { get; init; }

    /// <summary>The provider's id of the subscription that an invoice or usage is about; null without one.</summary>
    public string? SubscriptionSyncedId { get; init; }
}
