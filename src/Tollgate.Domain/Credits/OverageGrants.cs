using NodaTime;

namespace Tollgate.Domain.Credits;

/// <summary>Closes the part of a deficit that was billed (spec credits 11).</summary>
public static class OverageGrants
{
    /// <summary>
    /// A PAID grant of the credits that were billed, which repays them at once: the money is revenue when it is billed.
    /// Credits that others repaid meanwhile are left to be used.
    /// </summary>
    /// <param name="book">
    /// The pool as it was right before <paramref name="at"/>: what begins then comes after the bill.
    /// </param>
    /// <param name="settled">What was billed.</param>
    /// <param name="ids">Of the grant.</param>
    /// <param name="at">The instant of the bill.</param>
    public static CreditGrant Settle(PoolBook book, SettleOverdraft settled, GrantIds ids, Instant at) => book.Grant(
        new()
        {
            Uid = ids.Uid,
            Id = ids.Id,
            DisplayName = "Overage",
            Type = CreditGrantType.Paid,
            Status = CreditGrantStatus.Scheduled,
            CustomerId = settled.Pool.CustomerId,
            ResourceId = settled.Pool.ResourceId,
            CurrencyId = settled.Pool.CurrencyId,
            Amount = settled.Amount,
            Cost = settled.Cost,
            EffectiveAt = at,
            ExpireAt = settled.ExpireAt,
            SubscriptionId = settled.SubscriptionId,
            PackageId = settled.PackageId,
            Overage = settled.Overage,
            InvoiceUid = settled.InvoiceUid,
            CreatedAt = at,
            UpdatedAt = at,
        },
        at);
}
