using NodaTime;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Credits;

/// <summary>What happened in a pool, and when: by a call, or by time alone.</summary>
public readonly record struct PoolEvent(DomainEvent Event, Instant At);

/// <summary>What is told of the changes of a pool (spec credits 14).</summary>
internal sealed class PoolNews(PoolKey pool, OpenGrants grants, CreditThresholds thresholds)
{
    private readonly List<PoolEvent> _events = [];

    /// <summary>
    /// The balance before something expired, at an instant that is not over: what begins then takes its place.
    /// </summary>
    private (Instant At, Balances Before)? _expiring;

    public IReadOnlyList<PoolEvent> Events => _events;

    /// <summary>The balance as it is, to be compared with later.</summary>
    public Balances Now => new(grants.Balance, grants.Percent);

    public void Tell(EventType type, CreditGrant? before, CreditGrant after, Instant at) =>
        _events.Add(new(Change(type, before, after), at));

    /// <summary>What stands before all that was told from <paramref name="position"/> on.</summary>
    public void TellBefore(int position, EventType type, CreditGrant before, CreditGrant after, Instant at) =>
        _events.Insert(position, new(Change(type, before, after), at));

    /// <summary>
    /// A grant that fell below a threshold or was used up; overdrafts, and what settles them as billed, are not
    /// told of.
    /// </summary>
    public void TellGrant(CreditGrant before, CreditGrant after, Instant at)
    {
        if (after is { IsOverdraft: true } or { Overage: not null })
            return;
        if (before.Remaining > 0 && after.Remaining <= 0)
        {
            Tell(EventType.CreditGrantDepleted, before, after, at);
            return;
        }

        var percent = CreditThresholds.Percent(after.Remaining, after.Amount);
        if (thresholds.Crossed(CreditThresholds.Percent(before.Remaining, before.Amount), percent) is not { } threshold)
            return;
        var change = Change(EventType.CreditGrantBalanceLow, before, after);
        _events.Add(new(change with { Facts = CreditThresholds.Facts(percent, threshold) }, at));
    }

    /// <summary>A balance that fell below a threshold or to nothing.</summary>
    public void TellBalance(Balances before, Instant at)
    {
        var now = Now;
        var isDepleted = before.Balance > 0 && now.Balance <= 0;
        var threshold = isDepleted ? null : thresholds.Crossed(before.Percent, now.Percent);
        if (!isDepleted && threshold is null)
            return;
        var change = new DomainEvent(
            isDepleted ? EventType.CreditBalanceDepleted : EventType.CreditBalanceLow,
            EntityKind.Credit,
            pool.CurrencyId.Value,
            pool.CustomerId,
            null,
            null)
        {
            Facts = CreditThresholds.Facts(
                pool, grants.TotalGranted, now.Balance, isDepleted ? 0 : now.Percent, threshold),
        };
        _events.Add(new(change, at));
    }

    /// <summary>Something is about to expire at <paramref name="at"/>.</summary>
    public void Expiring(Instant at) => _expiring ??= (at, Now);

    /// <summary>Tells what expiries before this instant did to the balance.</summary>
    public void TellExpired(Instant before)
    {
        if (_expiring is not { } expiring || expiring.At >= before)
            return;
        _expiring = null;
        TellBalance(expiring.Before, expiring.At);
    }

    private static DomainEvent Change(EventType type, CreditGrant? before, CreditGrant after) =>
        new(type, EntityKind.Credit, after.Id, after.CustomerId, before, after);

    /// <summary>How much there is, and how much that is of what was granted.</summary>
    public readonly record struct Balances(decimal Balance, decimal Percent);
}
