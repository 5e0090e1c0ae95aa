using NodaTime;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Credits;

/// <summary>
/// The changes of one pool, one after the other, on their way into one transaction: what the grants become, the ledger
/// entries and the events. Each method expects that <see cref="Advance"/> was called for its instant. Used by one flow
/// of control.
/// </summary>
public sealed class PoolBook
{
    private readonly OpenGrants _grants;
    private readonly PoolNews _news;
    private readonly PoolDeficit _deficit;
    private readonly List<CreditHold> _holds;
    private readonly List<CreditEntry> _entries = [];
    private readonly PoolKey _key;

    /// <summary>False while a grant has to take over consumption before it repays the deficit.</summary>
    private bool _settles = true;

    /// <param name="pool">The pool as it is.</param>
    /// <param name="newIds">For an overdraft that has to be opened.</param>
    /// <param name="thresholds">When a falling balance is told; null = the default.</param>
    public PoolBook(CreditPool pool, Func<GrantIds> newIds, CreditThresholds? thresholds = null)
    {
        _key = pool.Key;
        _grants = new(pool);
        _news = new(pool.Key, _grants, thresholds ?? CreditThresholds.Default);
        _deficit = new(pool.Key, _grants, _news, _entries, newIds);
        _holds = [.. pool.Holds];
    }

    public decimal TotalGranted => _grants.TotalGranted;

    public decimal TotalConsumed => _grants.TotalConsumed;

    public decimal Balance => _grants.Balance;

    /// <summary>Grants that are otherwise than they were, in their last state.</summary>
    public IReadOnlyCollection<CreditGrant> Changed => _grants.Changed;

    public IReadOnlyList<CreditEntry> Entries => _entries;

    public IReadOnlyList<PoolEvent> Events => _news.Events;

    /// <inheritdoc cref="OpenGrants.IsNew"/>
    public bool IsNew(CreditGrant grant) => _grants.IsNew(grant);

    /// <inheritdoc cref="OpenGrants.IsOnlyConsumed"/>
    public bool IsOnlyConsumed(CreditGrant grant) => _grants.IsOnlyConsumed(grant);

    /// <summary>The open grants as they are by now, in burn order.</summary>
    public IReadOnlyList<CreditGrant> Grants => _grants.InOrder;

    /// <summary>An open grant as it is by now.</summary>
    public CreditGrant? Find(string id) => _grants.Find(id);

    /// <summary>When the running recurring grant ends, the first of several.</summary>
    public Instant? PeriodEnd => Grants
        .Where(grant => grant is { Type: CreditGrantType.Recurring, IsLive: true, ExpireAt: not null })
        .Min(grant => grant.ExpireAt);

    /// <summary>The pool after all of it.</summary>
    public CreditPool Close() => CreditPool.Of(_key, [.. Grants], [.. _holds]);

    /// <summary>What is held at <paramref name="now"/>.</summary>
    public decimal HeldAt(Instant now) => _holds.Sum(hold => hold.ExpiresAt > now ? hold.Amount : 0);

    /// <summary>Keeps credits for somebody.</summary>
    public void Hold(CreditHold hold) => _holds.Add(hold);

    /// <summary>Keeps them no longer, whatever became of them.</summary>
    public void EndHold(Guid id) => _holds.RemoveAll(hold => hold.Id == id);

    /// <summary>
    /// Starts and expires what is due up to and including <paramref name="now"/>, in the order of time.
    /// </summary>
    public void Advance(Instant now)
    {
        _holds.RemoveAll(hold => hold.ExpiresAt <= now);
        while (_grants.NextDue <= now)
        {
            var at = _grants.NextDue;
            _news.TellExpired(before: at);
            // What ends does so before what starts at the same instant: periods chain without overlap
            // (spec credits 8.1).
            foreach (var ended in _grants.FindAll(g => g.IsLive && g.ExpireAt <= at))
                Expire(ended, at);
            foreach (var started in _grants.FindAll(
                g => g.Status == CreditGrantStatus.Scheduled && g.EffectiveAt <= at))
            {
                Start(started, at);
            }

            _grants.FindNextDue();
        }

        _news.TellExpired(before: now);
    }

    /// <summary>
    /// The end of a transaction: tells what expiries did to the balance, once for the whole of their instant, so that a
    /// cycle that takes the place of another is no fall of the balance (spec credits 14).
    /// </summary>
    public PoolBalance End()
    {
        _news.TellExpired(before: Instant.MaxValue);
        return new(TotalGranted, TotalConsumed, _grants.NextDue < Instant.MaxValue ? _grants.NextDue : null);
    }

    /// <summary>
    /// Puts a new grant into the pool. One that waits for its payment stays so; otherwise its dates decide, and a
    /// usable one settles the overdraft (spec credits 4.3 and 5.6).
    /// </summary>
    public CreditGrant Grant(CreditGrant grant, Instant now)
    {
        var added = grant.Status == CreditGrantStatus.PaymentPending
            ? grant
            : grant with { Status = CreditGrantStatus.Scheduled };
        _grants.Add(added);
        _news.Tell(EventType.CreditGrantCreated, null, added, now);
        if (added.Status == CreditGrantStatus.Scheduled)
            Open(added, now);
        _grants.FindNextDue();
        return _grants[grant.Id];
    }

    /// <summary>
    /// The same for a grant that takes the place of others: what they have consumed moves to it before it settles
    /// anything, as far as it can take it, and what is left of them goes (spec credits 8.4).
    /// </summary>
    public CreditGrant GrantInPlaceOf(IEnumerable<string> replaced, CreditGrant grant, Instant now)
    {
        _settles = false;
        Grant(grant, now);
        _settles = true;
        foreach (var id in replaced)
        {
            if (Find(grant.Id) is { IsLive: true } target && Find(id) is { IsLive: true } old
                && decimal.Min(old.Consumed, target.Remaining) is > 0 and var carried)
            {
                _deficit.Move(old, target, carried, now);
            }

            if (Find(id) is not null)
                Void(id, now);
        }

        if (Find(grant.Id) is { IsLive: true } usable)
            _deficit.Settle(usable, now);
        return _grants[grant.Id];
    }

    /// <summary>The grant was paid: it is usable from now on, or from its start on.</summary>
    public CreditGrant Release(string id, Instant now)
    {
        var pending = Pending(id);
        var paid = pending with
        {
            Status = CreditGrantStatus.Scheduled,
            PaymentCollection = PaymentCollection.NotRequired,
            UpdatedAt = now,
        };
        _grants.Replace(pending, paid);
        _news.Tell(EventType.CreditGrantUpdated, pending, paid, now);
        Open(paid, now);
        _grants.FindNextDue();
        return _grants[id];
    }

    /// <summary>The bill of a grant that waits for its payment was issued.</summary>
    public CreditGrant Bill(string id, Guid invoice, Instant now)
    {
        var pending = Pending(id);
        var billed = pending with { InvoiceUid = invoice, ChargeAt = null, UpdatedAt = now };
        _grants.Replace(pending, billed);
        return billed;
    }

    /// <summary>How its payment stands while it waits for it.</summary>
    public CreditGrant PaymentChanged(string id, PaymentCollection collection, Instant now)
    {
        var pending = Pending(id);
        if (pending.PaymentCollection == collection)
            return pending;
        var changed = pending with { PaymentCollection = collection, UpdatedAt = now };
        _grants.Replace(pending, changed);
        _news.Tell(EventType.CreditGrantUpdated, pending, changed, now);
        return changed;
    }

    /// <summary>
    /// Takes credits in burn order; what the live grants cannot cover is the overdraft's (spec credits 5.4, 5.5).
    /// </summary>
    public void Consume(CreditBurn burn, Instant now)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(burn.Amount);
        _news.TellExpired(before: Instant.MaxValue);
        var before = _news.Now;
        var rest = burn.Amount;
        for (var i = 0; rest > 0 && i < Grants.Count; i++)
        {
            var grant = Grants[i];
            if (!grant.IsLive || grant.Remaining <= 0)
                continue;
            var taken = decimal.Min(rest, grant.Remaining);
            rest -= taken;
            Take(i, taken, burn, now);
        }

        if (rest > 0)
            Take(_deficit.OverdraftAt(now), rest, burn, now);

        _news.TellBalance(before, now);
    }

    /// <summary>
    /// Moves consumption from one grant to another, as a settlement does: what <paramref name="from"/> had consumed
    /// falls, what <paramref name="to"/> consumed rises (spec credits 5.6 and 8.4).
    /// </summary>
    public void Carry(string from, string to, decimal amount, Instant now)
    {
        var (source, target) = (Find(from), Find(to));
        if (source is not { IsLive: true } || target is not { IsLive: true } || amount <= 0
            || amount > source.Consumed || amount > target.Remaining)
        {
            throw new ArgumentException($"{amount} cannot be carried from grant {from} to grant {to}.", nameof(amount));
        }

        _deficit.Move(source, target, amount, now);
    }

    /// <summary>Takes the remainder out for good; what was consumed stays consumed (spec credits 4.5).</summary>
    public CreditGrant Void(string id, Instant now)
    {
        var grant = Find(id) ?? throw new ArgumentException($"Grant {id} is not open.", nameof(id));
        var before = _news.Now;
        if (grant.IsLive && grant.Remaining > 0)
            _entries.Add(new(CreditEntryKind.Voided, grant.Id, grant.Remaining, now));
        var voided = grant with { Status = CreditGrantStatus.Voided, VoidedAt = now, UpdatedAt = now };
        _grants.Replace(grant, voided);
        _news.Tell(EventType.CreditGrantVoided, grant, voided, now);
        _news.TellBalance(before, now);
        _grants.FindNextDue();
        return voided;
    }

    /// <summary>
    /// Takes over changed texts, dates and priority (spec credits 4.5). One that has not begun any more leaves the
    /// balance until it does.
    /// </summary>
    public CreditGrant Update(CreditGrant updated, Instant now)
    {
        var grant = Find(updated.Id)
            ?? throw new ArgumentException($"Grant {updated.Id} is not open.", nameof(updated));
        var before = _news.Now;
        if (grant.IsLive && updated.EffectiveAt > now)
        {
            _entries.Add(new(CreditEntryKind.Voided, grant.Id, grant.Amount, now));
            updated = updated with { Status = CreditGrantStatus.Scheduled };
        }

        _grants.Replace(grant, updated);
        if ((grant.EffectiveAt, grant.ExpireAt, grant.Priority)
            != (updated.EffectiveAt, updated.ExpireAt, updated.Priority))
        {
            _entries.Add(new(CreditEntryKind.Updated, grant.Id, 0, now));
        }

        _news.Tell(EventType.CreditGrantUpdated, grant, updated, now);
        _news.TellBalance(before, now);
        if (updated.Status == CreditGrantStatus.Scheduled)
            Open(updated, now);
        else if (updated.IsLive && updated.ExpireAt <= now)
            Expire(updated, now);
        _grants.FindNextDue();
        return _grants[updated.Id];
    }

    private CreditGrant Pending(string id) => Find(id) is { Status: CreditGrantStatus.PaymentPending } pending
        ? pending
        : throw new ArgumentException($"Grant {id} does not wait for a payment.", nameof(id));

    /// <summary>What a scheduled grant is at <paramref name="now"/>, though its instants may lie in the past.</summary>
    private void Open(CreditGrant grant, Instant now)
    {
        if (grant.EffectiveAt > now)
            return;
        if (grant.ExpireAt <= now)
            PassBy(grant, now);
        else
            Activate(grant, now);
    }

    /// <summary>
    /// A grant that was over when it came was never usable: it repays nothing, and the balance never had it.
    /// </summary>
    private void PassBy(CreditGrant grant, Instant now)
    {
        _entries.Add(new(CreditEntryKind.Granted, grant.Id, grant.Amount, now));
        _entries.Add(new(CreditEntryKind.Expired, grant.Id, grant.Amount, now));
        var expired = grant with { Status = CreditGrantStatus.Expired, UpdatedAt = now };
        _grants.Replace(grant, expired);
        _news.Tell(EventType.CreditGrantExpired, grant, expired, now);
    }

    private void Start(CreditGrant scheduled, Instant at)
    {
        var position = Events.Count;
        var active = Activate(scheduled, at);
        _news.TellBefore(position, EventType.CreditGrantUpdated, scheduled, active, at);
    }

    private CreditGrant Activate(CreditGrant grant, Instant at)
    {
        var active = grant with { Status = CreditGrantStatus.Active, UpdatedAt = at };
        _grants.Replace(grant, active);
        _entries.Add(new(CreditEntryKind.Granted, grant.Id, grant.Amount, at));
        if (_settles)
            _deficit.Settle(active, at);
        return active;
    }

    private void Expire(CreditGrant grant, Instant at)
    {
        _news.Expiring(at);
        if (grant.Remaining > 0)
            _entries.Add(new(CreditEntryKind.Expired, grant.Id, grant.Remaining, at));
        var expired = grant with { Status = CreditGrantStatus.Expired, UpdatedAt = at };
        _grants.Replace(grant, expired);
        _news.Tell(EventType.CreditGrantExpired, grant, expired, at);
    }

    private void Take(int index, decimal amount, in CreditBurn burn, Instant now)
    {
        var before = Grants[index];
        _entries.Add(new(CreditEntryKind.Consumed, before.Id, amount, now, burn.EventId, burn.FeatureId));
        _news.TellGrant(before, _grants.Consume(index, amount, now), now);
    }
}
