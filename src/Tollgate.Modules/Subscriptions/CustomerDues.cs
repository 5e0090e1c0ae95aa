using NodaTime;
using Tollgate.Domain;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>When the next thing is due: of subscriptions and of what falls due with them.</summary>
internal sealed class CustomerDues(IDuePromotions promotions)
{
    private readonly SubscriptionStore _subscriptions = new();

    public async Task<Instant?> NextAsync(Session session, EnvironmentId environment) => Earlier(
        await _subscriptions.NextDueAsync(session, environment),
        await promotions.NextDueAsync(session, environment));

    public async Task<Instant?> NextAsync(Session session, EnvironmentId environment, CustomerId customer) => Earlier(
        await _subscriptions.NextDueAsync(session, environment, customer),
        await promotions.NextDueAsync(session, environment, customer));

    /// <summary>Customers with something due at or before <paramref name="until"/>, the earliest due first.</summary>
    public async Task<IReadOnlyList<(CustomerId Customer, Instant Due)>> ListAsync(
        Session session, EnvironmentId environment, Instant until, int limit)
    {
        var due = await _subscriptions.ListDueAsync(session, environment, until, limit);
        var promoted = await promotions.ListDueAsync(session, environment, until, limit);
        return promoted.Count == 0
            ? due
            : [.. due.Concat(promoted)
                .GroupBy(each => each.Customer, (customer, dues) => (Customer: customer, Due: dues.Min(d => d.Due)))
                .OrderBy(each => each.Due).ThenBy(each => each.Customer.Value, StringComparer.Ordinal)
                .Take(limit)];
    }

    private static Instant? Earlier(Instant? left, Instant? right) =>
        left is { } a && right is { } b ? Instant.Min(a, b) : left ?? right;
}
