using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Subscriptions;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>
/// The pools that changes of subscriptions fill and empty. Implemented by credits, which know grants; called in the
/// transaction of every decision, those that time makes included, and undone with it in previews.
/// </summary>
public interface ISubscriptionCredits
{
    /// <summary>
    /// An answer to every need, from the pools of the subscription as they are right before <paramref name="at"/>; what
    /// was consumed later, because a late worker asks, is no part of it (spec credits 11).
    /// </summary>
    /// <param name="session">The transaction of the bill; it holds the customer's lock.</param>
    /// <param name="environment">Where.</param>
    /// <param name="subscription">Whose overage prices ask.</param>
    /// <param name="needs">Currencies and windows.</param>
    /// <param name="at">The instant of the bill.</param>
    /// <param name="taken">What other bills of the same decision are for.</param>
    Task<IReadOnlyDictionary<CreditNeed, MeasuredDeficit>> MeasureAsync(
        Session session, EnvironmentId environment, Subscription subscription, IReadOnlyCollection<CreditNeed> needs,
        Instant at, IReadOnlyCollection<BilledDeficit> taken);

    /// <summary>Carries out the instructions in their order.</summary>
    /// <param name="work">The transaction; it holds the locks of every customer named.</param>
    /// <param name="instructions">What follows from the change.</param>
    /// <param name="at">The instant of the change; a late worker's lies in the past.</param>
    /// <param name="cancellationToken">Stops the request.</param>
    Task ApplyAsync(
        Work work, IReadOnlyList<CreditInstruction> instructions, Instant at, CancellationToken cancellationToken);
}
