namespace Tollgate.Domain.Credits;

/// <summary>
/// Proves the books of one pool: what its grants say of themselves, and what was told of its balance, against what the ledger says of
/// them (spec credits 12). Fed entry by entry in their order, it holds one row of sums a grant.
/// </summary>
public sealed class PoolAudit(PoolKey key)
{
    private readonly Dictionary<string, Sums> _sums = [];

    private decimal _balance;
    private string? _toldWrong;

    /// <summary>Entries seen.</summary>
    public long Entries { get; private set; }

    /// <param name="grantId">Whose account.</param>
    /// <param name="kind">What moved.</param>
    /// <param name="amount">In credits, 0 or more.</param>
    /// <param name="told">The balance of the pool that was told with the entry; null = none was.</param>
    public void Add(string grantId, CreditEntryKind kind, decimal amount, decimal? told = null)
    {
        Entries++;
        _balance += new CreditEntry(kind, grantId, amount, default).SignedAmount;
        if (told is { } balance && balance != _balance)
            _toldWrong ??= $"entry {Entries} told a balance of {balance}, and the entries up to it say {_balance}";
        if (!_sums.TryGetValue(grantId, out var sums))
            _sums[grantId] = sums = new();
        sums.Add(kind, amount);
    }

    /// <summary>One sentence a fault; empty when the books are right.</summary>
    public IReadOnlyList<string> Faults(IReadOnlyCollection<CreditGrant> grants)
    {
        var faults = new List<string>();
        foreach (var grant in grants)
            Check(faults, grant, _sums.GetValueOrDefault(grant.Id) ?? new());
        var known = grants.Select(grant => grant.Id).ToHashSet();
        faults.AddRange(_sums.Keys.Where(id => !known.Contains(id))
            .Select(id => $"{Name}: the ledger has entries of a grant '{id}' that is not stored."));
        var transfers = _sums.Values.Sum(sums => sums.Target - sums.Source);
        if (transfers != 0)
            faults.Add($"{Name}: transfers do not balance, {transfers} credits are on their way.");
        if (_toldWrong is not null)
            faults.Add($"{Name}: {_toldWrong}.");
        if (grants.Count(grant => grant is { IsOverdraft: true, IsLive: true }) > 1)
            faults.Add($"{Name}: there are several open overdrafts.");
        return faults;
    }

    private string Name => $"Pool of customer '{key.CustomerId}'"
        + (key.ResourceId is { } resource ? $", resource '{resource}'" : "") + $", currency '{key.CurrencyId}'";

    private void Check(List<string> faults, CreditGrant grant, Sums sums)
    {
        var consumed = sums.Consumed + sums.Target - sums.Source;
        if (consumed != grant.Consumed)
            Fault($"has consumed {grant.Consumed}, and its entries say {consumed}");
        var left = sums.Granted - sums.Voided - sums.Expired - consumed;
        var expected = grant.IsClosed || !grant.IsLive ? 0 : grant.Amount - grant.Consumed;
        if (left != expected)
            Fault($"has {expected} left as {grant.Status}, and its entries say {left}");
        if (!grant.IsOverdraft && grant.Consumed > grant.Amount)
            Fault($"has consumed {grant.Consumed} of {grant.Amount}");

        void Fault(string what) => faults.Add($"{Name}: grant '{grant.Id}' {what}.");
    }

    private sealed class Sums
    {
        public decimal Granted { get; private set; }
        public decimal Consumed { get; private set; }
        public decimal Expired { get; private set; }
        public decimal Voided { get; private set; }
        public decimal Source { get; private set; }
        public decimal Target { get; private set; }

        public void Add(CreditEntryKind kind, decimal amount)
        {
            switch (kind)
            {
                case CreditEntryKind.Granted:
                    Granted += amount;
                    break;
                case CreditEntryKind.Consumed:
                    Consumed += amount;
                    break;
                case CreditEntryKind.Expired:
                    Expired += amount;
                    break;
                case CreditEntryKind.Voided:
                    Voided += amount;
                    break;
                case CreditEntryKind.TransferSource:
                    Source += amount;
                    break;
                case CreditEntryKind.TransferTarget:
                    Target += amount;
                    break;
                case CreditEntryKind.Updated:
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind of entry.");
            }
        }
    }
}
