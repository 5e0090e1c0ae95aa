using NodaTime;
using Tollgate.Domain.Credits;

namespace Tollgate.Modules.Subscriptions;

/// <summary>
/// The pools that changes of subscriptions fill and empty. Implemented by credits, which know grants; called in the transaction
/// of every decision, those that time makes included, and undone with it in previews.
/// </summary>
public interface ISubscriptionCredits
{
    /// <summary>Carries out the instructions in their order.</summary>
    /// <param name="work">The transaction; it holds the locks of every customer named.</param>
    /// <param name="instructions">What follows from the change.</param>
    /// <param name="at">The instant of the change; a late worker's lies in the past.</param>
    /// <param name="cancellationToken">Stops the request.</param>
    Task ApplyAsync(
        Work work, IReadOnlyList<CreditInstruction> instructions, Instant at, CancellationToken cancellationToken);
}
