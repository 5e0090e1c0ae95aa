using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;

namespace Tollgate.Modules.Entitlements;

/// <summary>The credit pools of one customer, all of them, as of one commit. Immutable.</summary>
public sealed class CustomerCredits(IReadOnlyDictionary<PoolKey, CreditPool> pools)
{
    /// <summary>By key; a pool whose grants are all closed is here and empty.</summary>
    public IReadOnlyDictionary<PoolKey, CreditPool> Pools => pools;

    /// <summary>The pool of exactly this key; an empty one when it never had a grant.</summary>
    public CreditPool Of(PoolKey key) => pools.GetValueOrDefault(key) ?? CreditPool.Of(key, []);

    /// <summary>
    /// What a read in the scope of a resource shows: its own pool when it has one, else the customer's
    /// (spec credits 3).
    /// </summary>
    public CreditPool Shown(CustomerId customer, ResourceId? resource, CurrencyId currency) =>
        resource is not null && pools.TryGetValue(new(customer, resource, currency), out var own)
            ? own
            : Of(new(customer, null, currency));

    /// <summary>The same with some pools replaced.</summary>
    public CustomerCredits With(IEnumerable<CreditPool> changed)
    {
        var all = new Dictionary<PoolKey, CreditPool>(pools);
        foreach (var pool in changed)
            all[pool.Key] = pool;
        return new(all);
    }
}

/// <summary>
/// The credits of one customer in memory. Read without locks by checks; the committing writer publishes into it before
/// it answers, whoever else changes a pool puts it in doubt inside its transaction and again after the commit.
/// </summary>
public sealed class CreditCell(EnvironmentId environment, CustomerId customer)
{
    private readonly Lock _gate = new();
    private volatile CustomerCredits? _current;
    private volatile CustomerCredits? _last;
    private CustomerCredits? _committed;
    private long _version;

    public EnvironmentId Environment { get; } = environment;

    public CustomerId Customer { get; } = customer;

    /// <summary>Grows with every commit, publication and doubt: what was read before one must not be taken after it.</summary>
    public long Version => Volatile.Read(ref _version);

    /// <summary>Null when it has to be loaded.</summary>
    public CustomerCredits? Current => _current;

    /// <summary>What was known last, for when the database cannot be asked.</summary>
    public CustomerCredits? Last => _current ?? _last;

    /// <summary>
    /// What the last writer of this process committed, while nobody changed it since: the truth where no other process
    /// writes. To be read while the customer is locked.
    /// </summary>
    public CustomerCredits? Committed
    {
        get
        {
            lock (_gate)
                return _committed;
        }
    }

    /// <summary>
    /// A writer is about to commit: from here until it publishes, what was committed before is no truth to build on.
    /// Called inside its transaction, so that the next one cannot begin in between. The answer is the version to publish
    /// with: a writer that was overtaken, by one that committed after it and before it published, publishes nothing.
    /// </summary>
    public long Committing()
    {
        lock (_gate)
        {
            _committed = null;
            return ++_version;
        }
    }

    /// <summary>
    /// Takes what a reader loaded, unless something happened since <paramref name="version"/> was read.
    /// </summary>
    public void Offer(CustomerCredits credits, long version)
    {
        lock (_gate)
        {
            if (_version == version)
                _current ??= credits;
        }
    }

    /// <summary>
    /// Takes what was committed. When something else happened since the writer was about to commit, it is in doubt at once.
    /// </summary>
    /// <param name="changed">The pools that were changed.</param>
    /// <param name="complete">All pools as they were read under the lock; null when only some were read.</param>
    /// <param name="version">The answer of <see cref="Committing"/>.</param>
    public void Publish(IEnumerable<CreditPool> changed, CustomerCredits? complete, long version)
    {
        lock (_gate)
        {
            if (_version != version || (complete ?? _current) is not { } basis)
            {
                DoubtHoldingGate();
                return;
            }

            _version++;
            _current = basis.With(changed);
            _committed = complete is null ? null : _current;
        }
    }

    /// <summary>
    /// What is here may be out of date: it is read again, and used as it is only when that is impossible.
    /// </summary>
    public void Doubt()
    {
        lock (_gate)
            DoubtHoldingGate();
    }

    private void DoubtHoldingGate()
    {
        _version++;
        _last = _current ?? _last;
        _current = null;
        _committed = null;
    }
}

/// <summary>Where checks find credits. Implemented by the credits slice, which comes after this one.</summary>
public interface ICreditLevels
{
    /// <summary>The one cell of the customer.</summary>
    CreditCell Cell(EnvironmentId environment, CustomerId customer);

    /// <summary>The customer's pools, read from the database when they are not in the cell.</summary>
    ValueTask<CustomerCredits> LoadAsync(CreditCell cell, CancellationToken cancellationToken);
}

/// <summary>What pays for a feature that is priced in credits.</summary>
/// <param name="Cell">The customer's credits.</param>
/// <param name="Key">The pool of the subscription whose mapping prices the feature (spec credits 3).</param>
/// <param name="Rate">Credits a unit; null where a formula decides, so that the cost of a request is not known.</param>
public sealed record CreditPrice(CreditCell Cell, PoolKey Key, decimal? Rate)
{
    /// <summary>The pool cannot pay for the request (spec entitlements-and-usage 4, step 15).</summary>
    public bool IsShort(CustomerCredits credits, decimal requestedUsage, Instant now)
    {
        var balance = credits.Of(Key).At(now).AvailableAt(now);
        return balance <= 0 || (Rate is { } rate && balance < rate * requestedUsage);
    }
}
