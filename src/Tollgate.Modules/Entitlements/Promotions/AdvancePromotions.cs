using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Entitlements;
using Tollgate.Modules.Subscriptions;
using Tollgate.Storage;

namespace Tollgate.Modules.Entitlements.Promotions;

/// <summary>
/// What time does to promotional entitlements, done by the one run that brings a customer up to an instant.
/// </summary>
internal sealed class AdvancePromotions : IDuePromotions
{
    private readonly PromotionalEntitlementStore _store = new();

    public Task<Instant?> NextDueAsync(Session session, EnvironmentId environment) =>
        _store.NextDueAsync(session, environment, null);

    public Task<Instant?> NextDueAsync(Session session, EnvironmentId environment, CustomerId customer) =>
        _store.NextDueAsync(session, environment, customer);

    public Task<IReadOnlyList<DueRow>> ListDueAsync(
        Session session, EnvironmentId environment, DueRow after, Instant until, int limit) =>
        _store.ListDueAsync(session, environment, after, until, limit);

    public Task<IReadOnlySet<CustomerId>> DueAmongAsync(
        Session session, EnvironmentId environment, IReadOnlyCollection<CustomerId> customers, Instant until) =>
        _store.DueAmongAsync(session, environment, customers, until);

    public async Task<int> AdvanceAsync(Work work, CustomerId customer, Instant until)
    {
        var steps = 0;
        // One row is due at most twice: its end is announced, then reached.
        while (await _store.ListDueOfCustomerAsync(work.Session, work.Scope.EnvironmentId, customer, until)
            is [var row, ..])
        {
            var due = PromotionRules.NextDue(row.Value)!.Value;
            var change = PromotionRules.Step(row.Value, due);
            await _store.UpdateAsync(work.Session, work.Scope.EnvironmentId, row, change.Value);
            work.RecordDue(change.Events, due.At);
            work.AccessChanged(customer);
            steps++;
        }

        return steps;
    }
}
