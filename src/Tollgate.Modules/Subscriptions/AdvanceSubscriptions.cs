using NodaTime;
using Tollgate.Domain;
using Tollgate.Modules.Accounts;

namespace Tollgate.Modules.Subscriptions;

/// <summary>Brings subscriptions to what they are by an instant: does, in time order, what fell due (spec subscriptions 3.4).</summary>
public sealed class AdvanceSubscriptions
{
    /// <summary>Everything of one customer that is due up to and including <paramref name="now"/>; a look when nothing is.</summary>
    public Task CustomerAsync(
        AccountEnvironment environment, CustomerId customer, Instant now, CancellationToken cancellationToken) =>
        Task.CompletedTask;
}
