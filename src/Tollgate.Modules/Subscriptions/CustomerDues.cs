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

    /// <summary>
    /// The next customers after <paramref name="after"/> with something due at or before <paramref name="until"/>, by
    /// instant. A customer whose work fails is passed by like any other and keeps nobody waiting.
    /// </summary>
    public async Task<IReadOnlyList<DueCustomer>> ListAsync(
        Session session, EnvironmentId environment, DuePosition after, Instant until, int limit)
    {
        var rows = await _subscriptions.ListDueAsync(session, environment, after.Subscription, until, limit);
        var promoted = await promotions.ListDueAsync(session, environment, after.Promotion, until, limit);
        var dues = new List<DueCustomer>(Math.Max(rows.Count, promoted.Count));
        var position = after;
        for (var (i, j) = (0, 0); dues.Count < limit && (i < rows.Count || j < promoted.Count);)
        {
            var isPromotion = j < promoted.Count && (i == rows.Count || promoted[j].Due <= rows[i].Due);
            var next = isPromotion ? promoted[j++] : rows[i++];
            position = isPromotion ? position with { Promotion = next } : position with { Subscription = next };
            // Several rows of a customer that are due at one instant are done together.
            if (dues.Count > 0 && dues[^1].Due == next.Due && dues[^1].Customer == next.Customer)
                dues.RemoveAt(dues.Count - 1);
            dues.Add(new(next.Due, next.Customer, position));
        }

        return dues;
    }

    private static Instant? Earlier(Instant? left, Instant? right) =>
        left is { } a && right is { } b ? Instant.Min(a, b) : left ?? right;
}

/// <summary>How far a list of due work has come: the last row taken of each kind.</summary>
internal sealed record DuePosition(DueRow Subscription, DueRow Promotion)
{
    public static DuePosition First { get; } = new(DueRow.First, DueRow.First);
}

/// <summary>A customer with something due, and where the list goes on after it.</summary>
internal sealed record DueCustomer(Instant Due, CustomerId Customer, DuePosition Position);
