using Tollgate.Domain;
using Tollgate.Domain.Subscriptions;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>
/// What other slices may read of subscriptions, inside their own sessions. Rows are as stored: see due work.
/// </summary>
public sealed class SubscriptionReader
{
    private readonly SubscriptionStore _store = new();
    private readonly UsageResetStore _resets = new();

    /// <summary>Every subscription the customer ever had, oldest first.</summary>
    public async Task<IReadOnlyList<Subscription>> OfCustomerAsync(
        Session session, EnvironmentId environment, CustomerId customer) =>
        [.. (await _store.ListOfCustomerAsync(session, environment, customer)).Select(row => row.Value)];

    /// <summary>Those that have not ended, oldest first.</summary>
    public async Task<IReadOnlyList<Subscription>> OpenOfCustomerAsync(
        Session session, EnvironmentId environment, CustomerId customer) =>
        [.. (await _store.ListOpenOfCustomerAsync(session, environment, customer)).Select(row => row.Value)];

    public Task<IReadOnlyList<UsageReset>> UsageResetsAsync(
        Session session, EnvironmentId environment, CustomerId customer) =>
        _resets.ListAsync(session, environment, customer);
}
