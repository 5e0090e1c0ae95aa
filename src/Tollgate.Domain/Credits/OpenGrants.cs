using NodaTime;

namespace Tollgate.Domain.Credits;

/// <summary>The open grants of a pool while they change, in burn order, and what they add up to.</summary>
/// <param name="pool">The pool as it was.</param>
internal sealed class OpenGrants(CreditPool pool)
{
    private readonly List<CreditGrant> _open = [.. pool.Grants];
    private readonly Dictionary<string, CreditGrant> _changed = [];
    private readonly HashSet<string> _created = [];
    private readonly HashSet<string> _placed = [];

    public decimal TotalGranted { get; private set; } = pool.TotalGranted;

    public decimal TotalConsumed { get; private set; } = pool.TotalConsumed;

    public decimal Balance => TotalGranted - TotalConsumed;

    /// <summary>What is left of what was granted, in percent.</summary>
    public decimal Percent => CreditThresholds.Percent(Balance, TotalGranted);

    /// <summary>When the first of them begins or ends; <see cref="Instant.MaxValue"/> when none does.</summary>
    public Instant NextDue { get; private set; } = pool.NextDue;

    public IReadOnlyList<CreditGrant> InOrder => _open;

    /// <summary>Those that are otherwise than they were, closed ones too, in their last state.</summary>
    public IReadOnlyCollection<CreditGrant> Changed => _changed.Values;

    /// <summary>A changed grant as it is by now.</summary>
    public CreditGrant this[string id] => _changed[id];

    /// <summary>True for one that was not stored before.</summary>
    public bool IsNew(CreditGrant grant) => _created.Contains(grant.Id);

    /// <summary>True for a changed one of which only what it has consumed is another.</summary>
    public bool IsOnlyConsumed(CreditGrant grant) => !_placed.Contains(grant.Id);

    public CreditGrant? Find(string id) => _open.Find(grant => grant.Id == id);

    /// <summary>
    /// Those for which <paramref name="wanted"/> holds, as they are now: they may be changed meanwhile.
    /// </summary>
    public List<CreditGrant> FindAll(Predicate<CreditGrant> wanted) => _open.FindAll(wanted);

    /// <summary>Where the overdraft stands; below 0 when there is none.</summary>
    public int IndexOfOverdraft() => _open.FindIndex(grant => grant.IsOverdraft);

    /// <summary>Adds one that was not stored before.</summary>
    public void Add(CreditGrant grant)
    {
        _created.Add(grant.Id);
        Insert(grant);
    }

    /// <summary>What was consumed of the grant at <paramref name="index"/> rises; its place stays.</summary>
    public CreditGrant Consume(int index, decimal amount, Instant now)
    {
        var grant = _open[index];
        var after = grant with { Consumed = grant.Consumed + amount, UpdatedAt = now };
        _open[index] = after;
        _changed[grant.Id] = after;
        TotalConsumed += amount;
        return after;
    }

    /// <summary>Puts it where it belongs by now, or takes it out when it is closed.</summary>
    public void Replace(CreditGrant before, CreditGrant after)
    {
        Count(before, -1);
        _open.RemoveAll(grant => grant.Id == before.Id);
        if (!after.IsClosed)
            Insert(after);
        _changed[after.Id] = after;
        _placed.Add(after.Id);
    }

    /// <summary>To be called when all changes of an instant were made.</summary>
    public void FindNextDue() => NextDue = _open.Aggregate(
        Instant.MaxValue, (next, grant) => grant.DueAt is { } due ? Instant.Min(next, due) : next);

    private void Insert(CreditGrant grant)
    {
        var index = _open.BinarySearch(grant, BurnOrder.Comparer);
        _open.Insert(index < 0 ? ~index : index, grant);
        _changed[grant.Id] = grant;
        _placed.Add(grant.Id);
        Count(grant, 1);
    }

    private void Count(CreditGrant grant, int sign)
    {
        if (!grant.IsLive)
            return;
        TotalGranted += sign * grant.Amount;
        TotalConsumed += sign * grant.Consumed;
    }
}
