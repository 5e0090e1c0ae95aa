using NodaTime;

namespace Tollgate.Domain.Credits;

/// <summary>
/// The open grants of one pool and what they come to (spec credits 3): live ones, scheduled ones, those that wait for
/// their payment, and the overdraft. Changed through a <see cref="PoolBook"/>.
/// </summary>
public sealed class CreditPool
{
    private CreditPool(PoolKey key, CreditGrant[] grants, IReadOnlyList<CreditHold> holds)
    {
        Key = key;
        Grants = grants;
        Holds = holds;
        NextDue = Instant.MaxValue;
        foreach (var grant in grants)
        {
            if (grant.DueAt is { } due)
                NextDue = Instant.Min(NextDue, due);
            if (!grant.IsLive)
                continue;
            HasLive = true;
            TotalGranted += grant.Amount;
            TotalConsumed += grant.Consumed;
            if (grant is { Type: CreditGrantType.Recurring, ExpireAt: { } end })
                PeriodEnd = PeriodEnd is { } earlier ? Instant.Min(earlier, end) : end;
        }
    }

    public PoolKey Key { get; }

    /// <summary>Neither EXPIRED nor VOIDED, in burn order.</summary>
    public IReadOnlyList<CreditGrant> Grants { get; }

    /// <summary>What reservations keep for somebody; some may have expired by now.</summary>
    public IReadOnlyList<CreditHold> Holds { get; }

    /// <summary>Sum of the live grants; the wire's usageLimit.</summary>
    public decimal TotalGranted { get; }

    /// <summary>What the live grants have consumed, the overdraft included; the wire's currentUsage.</summary>
    public decimal TotalConsumed { get; }

    /// <summary>Negative while overdrawn.</summary>
    public decimal Balance => TotalGranted - TotalConsumed;

    /// <summary>A live grant or an open overdraft is there.</summary>
    public bool HasLive { get; }

    /// <summary>The next instant at which a grant starts or expires; the end of time when none does.</summary>
    public Instant NextDue { get; }

    /// <summary>When the running recurring grant ends, the first of several; null without one.</summary>
    public Instant? PeriodEnd { get; }

    /// <param name="key">Which pool.</param>
    /// <param name="grants">Its grants in any order; closed ones are left out.</param>
    /// <param name="holds">What is kept of it; null = nothing.</param>
    public static CreditPool Of(
        PoolKey key, IEnumerable<CreditGrant> grants, IReadOnlyList<CreditHold>? holds = null) =>
        new(key, [.. grants.Where(grant => !grant.IsClosed).Order(BurnOrder.Comparer)], holds ?? []);

    /// <summary>What is held at <paramref name="now"/>.</summary>
    public decimal HeldAt(Instant now) =>
        Holds.Count == 0 ? 0 : Holds.Sum(hold => hold.ExpiresAt > now ? hold.Amount : 0);

    /// <summary>
    /// What can be asked for by <paramref name="now"/>: the balance less what is held. Of a pool as of then.
    /// </summary>
    public decimal AvailableAt(Instant now) => Balance - HeldAt(now);

    /// <summary>The pool as of <paramref name="now"/>, whether or not what fell due was worked off.</summary>
    public CreditPool At(Instant now)
    {
        if (now < NextDue)
            return this;
        var book = new PoolBook(this, () => throw new InvalidOperationException("Time alone makes no grant."));
        book.Advance(now);
        return book.Close();
    }
}
