using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Modules.Changes;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>Opens the pools of customers for the changes of one transaction.</summary>
public sealed class OpenCreditBooks(
    Database database, PoolReader pools, CreditLevels levels, AppendEvents append, ChangeFeed changes)
{
    internal ICreditRows Rows { get; } =
        database.Kind == DatabaseKind.Sqlite ? new SqliteCreditRows() : new PostgreSqlCreditRows();

    /// <summary>
    /// The pools of these customers as the session sees them. The session writes and holds the locks of the customers.
    /// </summary>
    /// <param name="session">Of the transaction.</param>
    /// <param name="customers">Whose pools.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <param name="keys">What is stored under these is wanted too; null = under none.</param>
    internal async Task<CreditBooks> ExecuteAsync(
        Session session, IReadOnlyCollection<CustomerKey> customers, CancellationToken cancellationToken,
        IReadOnlyCollection<ConsumptionKey>? keys = null)
    {
        var books = new CreditBooks(session, Rows, append, changes, levels);
        var missing = new List<CustomerKey>();
        foreach (var customer in customers)
        {
            var cell = levels.Cell(customer.Environment, customer.Customer);
            // SQLite belongs to this process, so what it committed last is the truth, unless this session wrote since;
            // PostgreSQL may have been written by others.
            if (session.Kind == DatabaseKind.Sqlite && cell.Committed is { } committed
                && !session.Notes.ContainsKey(new WrittenPools(customer)))
            {
                books.Add(customer, cell, committed.Pools, committed);
            }
            else if (session.Kind == DatabaseKind.Sqlite)
            {
                var read = await pools.OfCustomerAsync(session, customer.Environment, customer.Customer);
                books.Add(customer, cell, read, new(read));
            }
            else
            {
                books.Add(customer, cell, new Dictionary<PoolKey, CreditPool>(), null);
                missing.Add(customer);
            }
        }

        if (missing.Count == 0 && keys is null or { Count: 0 })
            return books;
        books.Loaded = await Rows.LoadAsync(session, missing, keys ?? [], cancellationToken);
        if (missing.Count > 0)
        {
            foreach (var (environment, pool) in await pools.OpenAsync(session, missing, books.Loaded.Grants))
                books.Add(environment, pool);
        }

        return books;
    }
}

/// <summary>
/// A note of a session that changed pools of the customer; in a preview nobody else will ever see it.
/// </summary>
internal sealed record WrittenPools(CustomerKey Customer);

/// <summary>
/// The pools that one transaction changes: decided in memory, written once at the end, and published after the commit.
/// Used by one flow of control, while the customers are locked.
/// </summary>
internal sealed class CreditBooks(
    Session session, ICreditRows rows, AppendEvents append, ChangeFeed changes, CreditLevels levels)
{
    private readonly Dictionary<(EnvironmentId, PoolKey), CreditPool> _pools = [];
    private readonly Dictionary<(EnvironmentId, PoolKey), OpenBook> _open = [];
    private readonly Dictionary<CustomerKey, Holder> _holders = [];
    private readonly List<StoredConsumption> _consumptions = [];
    private readonly List<(OperationScope Scope, RecordedEvent Event)> _events = [];
    private readonly WatchRecharges _recharges = new();

    public Session Session => session;

    /// <summary>What the books began with.</summary>
    public OpenRows Loaded { get; set; } = new();

    /// <summary>Nothing is to be written.</summary>
    public bool IsEmpty => _consumptions.Count == 0 && _open.Values.All(open => open.Book.Changed.Count == 0);

    internal void Add(
        CustomerKey customer, CreditCell cell, IReadOnlyDictionary<PoolKey, CreditPool> pools, CustomerCredits? complete)
    {
        _holders[customer] = new(cell, complete);
        foreach (var (key, pool) in pools)
            _pools[(customer.Environment, key)] = pool;
    }

    internal void Add(EnvironmentId environment, CreditPool pool) => _pools[(environment, pool.Key)] = pool;

    /// <summary>The pool as of the scope's instant: what fell due by then has happened.</summary>
    public PoolBook At(OperationScope scope, PoolKey key)
    {
        var slot = (scope.EnvironmentId, key);
        if (!_open.TryGetValue(slot, out var open))
        {
            var pool = _pools.GetValueOrDefault(slot) ?? CreditPool.Of(key, []);
            _open[slot] = open = new(new PoolBook(pool, GrantIdSource.Next));
        }

        open.Scope = scope;
        var before = open.Book.Entries.Count;
        open.Book.Advance(scope.Now);
        if (open.Book.Entries.Count > before)
            open.ByTime = open.Book.Entries.Count;
        Take(open, scope, Actor.Scheduler);
        return open.Book;
    }

    /// <summary>Takes over what a call did to a pool, in its name.</summary>
    public void Done(OperationScope scope, PoolKey key) => Take(_open[(scope.EnvironmentId, key)], scope, scope.Actor);

    public void Add(StoredConsumption consumption) => _consumptions.Add(consumption);

    /// <summary>Every pool of the customer that the books hold.</summary>
    public IReadOnlyList<PoolKey> KeysOf(CustomerKey customer) =>
        [.. _pools.Keys.Where(slot => slot.Item1 == customer.Environment && slot.Item2.CustomerId == customer.Customer)
            .Select(slot => slot.Item2)];

    /// <summary>The pools that were changed, as they are by now.</summary>
    public IEnumerable<(EnvironmentId Environment, PoolBook Book, PoolKey Key)> Changed =>
        _open.Where(open => open.Value.Book.Changed.Count > 0)
            .Select(open => (open.Key.Item1, open.Value.Book, open.Key.Item2));

    /// <summary>
    /// Writes grants, entries, consumptions and, unless a unit of work takes them, events and notices.
    /// </summary>
    public async Task WriteAsync(Work? work, CancellationToken cancellationToken)
    {
        var grants = new List<GrantRow>();
        var entries = new List<EntryRow>();
        foreach (var ((environment, key), open) in _open)
        {
            foreach (var grant in open.Book.Changed)
                grants.Add(new(environment, grant, open.Book.IsNew(grant), open.Book.IsOnlyConsumed(grant)));
            if (open.Book.Entries.Count == 0)
                continue;
            var balance = open.Book.End();
            Take(open, open.Scope!, open.Scope!.Actor);
            foreach (var entry in open.Book.Entries)
                entries.Add(new(environment, key, entry, null));
            // The last row says what the pool came to, and is so the event of the change.
            entries[^1] = entries[^1] with { Told = ToldOf(open, balance) };
        }

        await rows.WriteAsync(session, grants, entries, _consumptions, cancellationToken);
        // A unit of work may have changed what is watched since; otherwise the locked customers are as they were read.
        if (work is not null || Loaded.Watched is null or { Count: > 0 })
            await _recharges.WatchAsync(this);
        if (work is null)
        {
            foreach (var (customer, holder) in _holders)
                _holders[customer] = holder with { Version = holder.Cell.Committing() };
            await append.ExecuteAsync(session, _events, cancellationToken);
            await changes.NotifyAsync(
                session,
                [.. _holders.Keys.Select(c => new Change(ChangeKind.Credits, c.Environment, c.Customer.Value))],
                cancellationToken);
            return;
        }

        foreach (var (_, recorded) in _events)
        {
            if (recorded.Actor == Actor.Scheduler)
                work.RecordDue([recorded.Event], recorded.At);
            else
                work.Record(recorded.Event);
        }

        foreach (var customer in _holders.Keys)
        {
            session.Notes[new WrittenPools(customer)] = null;
            // In doubt before anybody can see the commit: the next writer must not build on what was.
            if (!work.IsPreview)
                levels.Cell(customer.Environment, customer.Customer).Doubt();
            work.CreditsChanged(customer.Customer);
        }
    }

    /// <summary>After the commit: what was written is what checks see.</summary>
    public void Publish()
    {
        var changed = _open.Where(open => open.Value.Book.Changed.Count > 0)
            .ToLookup(
                open => new CustomerKey(open.Key.Item1, open.Key.Item2.CustomerId), open => open.Value.Book.Close());
        foreach (var (customer, holder) in _holders)
        {
            if (levels.IsKeptCurrent && holder.Version is { } version)
                holder.Cell.Publish(changed[customer], holder.Complete, version);
            else
                holder.Cell.Doubt();
        }
    }

    /// <summary>What became of the write is not known: nothing that it touched is to be believed.</summary>
    public void DoubtAll()
    {
        foreach (var (_, holder) in _holders)
            holder.Cell.Doubt();
    }

    private ToldBalance ToldOf(OpenBook open, PoolBalance balance)
    {
        var actor = open.ByTime == open.Book.Entries.Count ? Actor.Scheduler : open.Scope!.Actor;
        return new(balance, BodyTexts.Write(session, actor)!, open.Scope!.TraceId);
    }

    private void Take(OpenBook open, OperationScope scope, Actor actor)
    {
        for (; open.Taken < open.Book.Events.Count; open.Taken++)
        {
            var (change, at) = open.Book.Events[open.Taken];
            _events.Add((scope, new(change, actor, at)));
        }
    }

    private sealed class OpenBook(PoolBook book)
    {
        public PoolBook Book { get; } = book;

        /// <summary>Whose call looked at it last.</summary>
        public OperationScope? Scope { get; set; }

        /// <summary>How many entries there were after time had made the last of its own.</summary>
        public int ByTime { get; set; }

        /// <summary>How many of its events were taken over.</summary>
        public int Taken { get; set; }
    }

    /// <param name="Cell">Where checks find what is committed.</param>
    /// <param name="Complete">All pools of the customer before the change; null when only some were read.</param>
    private sealed record Holder(CreditCell Cell, CustomerCredits? Complete)
    {
        /// <summary>To publish with; null while nothing is committed.</summary>
        public long? Version { get; init; }
    }
}
