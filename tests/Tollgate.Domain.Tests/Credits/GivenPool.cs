using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;

namespace Tollgate.Domain.Tests.Credits;

/// <summary>Pools, grants and what is done to them, in few words.</summary>
internal static class GivenPool
{
    public static readonly Instant Now = Instant.FromUtc(2026, 1, 10, 0, 0);
    public static readonly PoolKey Key = new(new("acme"), null, new("ai"));

    public static Instant Day(int day) => Now + Duration.FromDays(day - 10);

    public static CreditGrant Grant(string id, decimal amount, CreditGrantType type = CreditGrantType.Paid) => new()
    {
        Uid = new(id.GetHashCode(StringComparison.Ordinal), 1, 1, new byte[8]),
        Id = id,
        DisplayName = id,
        Type = type,
        Status = CreditGrantStatus.Scheduled,
        CustomerId = Key.CustomerId,
        CurrencyId = Key.CurrencyId,
        Amount = amount,
        Cost = new(0, "usd"),
        EffectiveAt = Now,
        CreatedAt = Now,
        UpdatedAt = Now,
    };

    /// <summary>A pool with these grants, as if each had been granted at <see cref="Now"/>.</summary>
    public static Ledger Of(params CreditGrant[] grants)
    {
        var ledger = new Ledger();
        foreach (var grant in grants)
            ledger.Do(Now, book => book.Grant(grant, Now));
        return ledger;
    }

    public static CreditBurn Burn(decimal amount, string eventId = "e") => new(amount, eventId, null);

    /// <summary>A pool over many transactions, with everything that was written on the way.</summary>
    internal sealed class Ledger
    {
        private readonly Dictionary<string, CreditGrant> _grants = [];
        private int _overdrafts;

        public CreditPool Pool { get; private set; } = CreditPool.Of(Key, []);

        public List<CreditEntry> Entries { get; } = [];

        public List<PoolEvent> Events { get; } = [];

        /// <summary>After every transaction that changed something.</summary>
        public List<PoolBalance> Balances { get; } = [];

        public IReadOnlyCollection<CreditGrant> Grants => _grants.Values;

        public CreditGrant this[string id] => _grants[id];

        public CreditGrant Overdraft => _grants.Values.Last(grant => grant.IsOverdraft);

        /// <summary>One transaction at an instant.</summary>
        public Ledger Do(Instant at, Action<PoolBook> change)
        {
            var book = new PoolBook(Pool, () => new(Guid.Empty, $"overdraft-{++_overdrafts}"));
            book.Advance(at);
            change(book);
            var balance = book.End();
            if (book.Entries.Count > 0)
                Balances.Add(balance);
            foreach (var grant in book.Changed)
                _grants[grant.Id] = grant;
            Entries.AddRange(book.Entries);
            Events.AddRange(book.Events);
            Pool = book.Close();
            Assert.Equal(Pool.TotalGranted, book.TotalGranted);
            Assert.Equal(Pool.TotalConsumed, book.TotalConsumed);
            return this;
        }

        public Ledger Consume(decimal amount, Instant? at = null) =>
            Do(at ?? Now, book => book.Consume(Burn(amount), at ?? Now));

        public Ledger Grant(CreditGrant grant, Instant? at = null) =>
            Do(at ?? Now, book => book.Grant(grant, at ?? Now));

        public IReadOnlyList<string> Audit()
        {
            var audit = new PoolAudit(Key);
            foreach (var entry in Entries)
                audit.Add(entry.GrantId, entry.Kind, entry.Amount);
            return audit.Faults(Grants);
        }

        /// <summary>The entries after the first ones, as a reader of the ledger sees them.</summary>
        public IEnumerable<(CreditEntryKind Kind, string Grant, decimal Amount)> Rows(int skip = 0) =>
            Entries.Skip(skip).Select(entry => (entry.Kind, entry.GrantId, entry.Amount));
    }
}
