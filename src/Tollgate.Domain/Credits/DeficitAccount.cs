using NodaTime;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Credits;

/// <summary>
/// When the open deficit of one pool arose, as far as it is still owed (spec credits 11): told in the order of the ledger what was
/// overdrawn, repaid and billed. Whoever repays repays the oldest first; a bill takes what it is for.
/// </summary>
/// <param name="cuts">The instants between which it is not asked where a deficit lies.</param>
public sealed class DeficitAccount(IEnumerable<Instant> cuts)
{
    private readonly Instant[] _cuts = [.. cuts.Distinct().Order()];
    private decimal[] Owing => field ??= new decimal[_cuts.Length + 1];

    /// <summary>All that is owed, in credits.</summary>
    public decimal Total => Owing.Sum();

    /// <summary>The live grants could not cover this many credits.</summary>
    public void Overdrawn(Instant at, decimal credits) => Owing[SegmentOf(at)] += credits;

    /// <summary>A grant settled this many: the oldest.</summary>
    public void Repaid(decimal credits) => Take(credits, 0, Owing.Length);

    /// <summary>
    /// A bill settled this many of what was overdrawn in its window; a grant that was meant to and found less of it left repays like
    /// any other.
    /// </summary>
    public void Billed(BillingWindow window, decimal credits) =>
        Repaid(Take(credits, SegmentOf(window.Start), SegmentOf(window.End)));

    /// <summary>What was overdrawn in the window and neither repaid nor billed; its bounds are among the cuts.</summary>
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
