using NodaTime;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Credits;

/// <summary>
/// When the open deficit of one pool arose, as far as it is still owed (spec credits 11): fed row by row, in the order
/// of the ledger, it holds one sum a stretch of time. Whoever repays repays the oldest first; a bill takes what it
/// is for.
/// </summary>
/// <param name="overdraft">The grant that holds the deficit; null when there is none.</param>
/// <param name="billed">The grants that settled what was billed.</param>
/// <param name="windows">Bounds of everything that is asked for or billed.</param>
public sealed class DeficitAccount(
    string? overdraft, IReadOnlyDictionary<string, CreditOverage> billed, IEnumerable<BillingWindow> windows)
{
    private readonly Instant[] _cuts =
    [
        .. windows.Concat(billed.Values.Select(overage => overage.Window))
            .SelectMany(window => (Instant[])[window.Start, window.End]).Distinct().Order(),
    ];
    private decimal _repaid;
    private decimal[] Owing => field ??= new decimal[_cuts.Length + 1];

    /// <summary>All that is owed, in credits.</summary>
    public decimal Total => Owing.Sum();

    /// <summary>
    /// A row of the ledger; a transfer is two rows in succession, of which the second says who repaid.
    /// </summary>
    public void Add(CreditEntryKind kind, string grant, decimal amount, Instant at)
    {
        switch (kind)
        {
            case CreditEntryKind.Consumed when grant == overdraft:
                Owing[SegmentOf(at)] += amount;
                break;
            case CreditEntryKind.TransferSource when grant == overdraft:
                _repaid = amount;
                break;
            case CreditEntryKind.TransferTarget when _repaid > 0:
                if (billed.TryGetValue(grant, out var overage))
                    Billed(overage.Window, _repaid);
                else
                    Repaid(_repaid);
                _repaid = 0;
                break;
        }
    }

    /// <summary>A grant settled this many: the oldest.</summary>
    public void Repaid(decimal credits) => Take(credits, 0, Owing.Length);

    /// <summary>
    /// A bill settled this many of what was overdrawn in its window; a grant that was meant to and found less of it
    /// left repays like any other.
    /// </summary>
    public void Billed(BillingWindow window, decimal credits) =>
        Repaid(Take(credits, SegmentOf(window.Start), SegmentOf(window.End)));

    /// <summary>
    /// What was overdrawn in the window and neither repaid nor billed; its bounds are among the cuts.
    /// </summary>
    public decimal Owed(BillingWindow window) => Owing[SegmentOf(window.Start)..SegmentOf(window.End)].Sum();

    /// <summary>What could not be taken from the segments in <c>[from, until)</c>.</summary>
    private decimal Take(decimal credits, int from, int until)
    {
        for (var i = from; credits > 0 && i < until; i++)
        {
            var taken = decimal.Min(credits, Owing[i]);
            Owing[i] -= taken;
            credits -= taken;
        }

        return credits;
    }

    /// <summary>Segment i begins at cut i - 1.</summary>
    private int SegmentOf(Instant at)
    {
        var index = Array.BinarySearch(_cuts, at);
        return index < 0 ? ~index : index + 1;
    }
}
