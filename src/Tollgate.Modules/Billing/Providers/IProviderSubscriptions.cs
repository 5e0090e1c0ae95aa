using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing.Providers;

/// <summary>
/// What billing providers are told of subscriptions, and do to them; implemented by the subscriptions slice, which
/// comes after this one.
/// </summary>
public interface IProviderSubscriptions
{
    /// <summary>The subscription as a provider needs it; null when unknown.</summary>
    Task<ProviderSubscription?> FindAsync(Session session, EnvironmentId environment, SubscriptionId subscription);

    /// <summary>
    /// Ends the subscription because its provider did (CANCELLED_BY_BILLING), in a transaction of its own.
    /// </summary>
    /// <param name="scope">Who ends it and when.</param>
    /// <param name="subscription">Which one.</param>
    /// <param name="admit">
    /// Runs first in the transaction and is told whether the subscription has ended already; a refusal rolls it back.
    /// </param>
    /// <param name="cancellationToken">Stops the change.</param>
    Task<Result<Done>> CancelAsync(
        OperationScope scope, SubscriptionId subscription, Func<Work, bool, Task<Refusal?>> admit,
        CancellationToken cancellationToken);
}
