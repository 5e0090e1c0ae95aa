using NodaTime;

namespace Tollgate.Domain.Credits;

/// <summary>
/// What a sold grant means for the books of a period (spec credits 13): revenue is recognized as credits are burnt,
/// what expires is breakage, what is left is deferred, what is voided is reversed. Money in major units, exact: cost x
/// credits / amount.
/// </summary>
/// <param name="Grant">PAID, or RECURRING sold by a price.</param>
/// <param name="DeferredAtStart">Sold before the period and neither burnt, expired nor voided by then.</param>
/// <param name="Sold">Sold in the period.</param>
/// <param name="Recognized">Burnt in the period; settled deficits are burnt by the grant that settles them.</param>
/// <param name="Breakage">Expired in the period.</param>
/// <param name="Reversed">Voided in the period.</param>
/// <param name="ConsumedCredits">Burnt in the period, in credits.</param>
/// <param name="ExpiredCredits">Expired in the period, in credits.</param>
public sealed record GrantRevenue(
    CreditGrant Grant, decimal DeferredAtStart, decimal Sold, decimal Recognized, decimal Breakage, decimal Reversed,
    decimal ConsumedCredits, decimal ExpiredCredits)
{
    /// <summary>Still owed in service at the end of the period.</summary>
    public decimal DeferredAtEnd => DeferredAtStart + Sold - Recognized - Breakage - Reversed;

    /// <summary>Money for one credit.</summary>
    public decimal CostBasis => Grant.Amount > 0 ? Grant.Cost.Amount / Grant.Amount : 0;

    public static bool Applies(CreditGrant grant) =>
        grant.Type == CreditGrantType.Paid || grant.Source == CreditGrantSource.Price;

    /// <param name="grant">The grant.</param>
    /// <param name="entries">Its entries before <paramref name="to"/>, in any order.</param>
    /// <param name="from">The first instant of the period.</param>
    /// <param name="to">The first instant after it.</param>
    public static GrantRevenue Of(CreditGrant grant, IEnumerable<CreditEntry> entries, Instant from, Instant to)
    {
        var (before, sold, consumed, expired, voided) = (0m, 0m, 0m, 0m, 0m);
        foreach (var entry in entries.Where(entry => entry.At < to))
        {
            if (entry.At < from)
            {
                before += entry.SignedAmount;
                continue;
            }

            switch (entry.Kind)
            {
                case CreditEntryKind.Granted:
                    sold += entry.Amount;
                    break;
                case CreditEntryKind.Consumed or CreditEntryKind.TransferTarget:
                    consumed += entry.Amount;
                    break;
                case CreditEntryKind.TransferSource:
                    consumed -= entry.Amount;
                    break;
                case CreditEntryKind.Expired:
                    expired += entry.Amount;
                    break;
                case CreditEntryKind.Voided:
                    voided += entry.Amount;
                    break;
                case CreditEntryKind.Updated:
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(entries), entry.Kind, "Not a kind of entry.");
            }
        }

        return new(
            grant, Money(before), Money(sold), Money(consumed), Money(expired), Money(voided), consumed, expired);

        decimal Money(decimal credits) => grant.Amount > 0 ? credits * grant.Cost.Amount / grant.Amount : 0;
    }
}
