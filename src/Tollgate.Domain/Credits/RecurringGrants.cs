using NodaTime;

namespace Tollgate.Domain.Credits;

/// <summary>Carries out in a pool what a change of a subscription asks for (spec credits 8.4).</summary>
public static class RecurringGrants
{
    /// <summary>
    /// Grants what is to be granted. Each replaced grant hands on what it consumed, as far as the new one can take it,
    /// and the rest of it goes; what it consumed beyond stays on it. Null when there is nothing left to grant.
    /// </summary>
    /// <param name="book">The pool, advanced to <paramref name="at"/>.</param>
    /// <param name="issue">What to grant.</param>
    /// <param name="id">The readable id of the grant.</param>
    /// <param name="find">
    /// Any grant of the subscription, closed or of another pool, as it is; null for one never made.
    /// </param>
    /// <param name="at">The instant of the change.</param>
    public static CreditGrant? Issue(
        PoolBook book, IssueCredits issue, string id, Func<Guid, CreditGrant?> find, Instant at)
    {
        var left = issue.Limit - issue.LessConsumedOf.Sum(uid => Current(book, find, uid)?.Consumed ?? 0)
            - issue.Beside.Sum(uid => find(uid)?.Amount ?? 0);
        var amount = decimal.Min(issue.Amount, left);
        var replaced = issue.Replaces.Select(find).OfType<CreditGrant>().Select(grant => grant.Id).ToList();
        if (amount > 0)
        {
            var spent = issue.LessConsumedOf.Select(uid => Current(book, find, uid)).OfType<CreditGrant>()
                .Sum(CostOfConsumed)
                + issue.Beside.Sum(uid => find(uid)?.Cost.Amount ?? 0);
            var cost = decimal.Clamp(issue.CostLimit - spent, 0, issue.Cost.Amount);
            return book.GrantInPlaceOf(replaced, GrantOf(issue, id, amount, cost, at), at);
        }

        foreach (var old in replaced.Where(old => book.Find(old) is not null))
            book.Void(old, at);
        return null;
    }

    /// <summary>Takes back what is unused of grants that are open; others stay as they are.</summary>
    public static void Void(PoolBook book, VoidCredits instruction, Func<Guid, CreditGrant?> find, Instant at)
    {
        foreach (var uid in instruction.Grants)
        {
            if (find(uid) is { } grant && book.Find(grant.Id) is not null)
                book.Void(grant.Id, at);
        }
    }

    /// <summary>The book knows better than what was read before it was opened.</summary>
    private static CreditGrant? Current(PoolBook book, Func<Guid, CreditGrant?> find, Guid uid) =>
        find(uid) is { } read ? book.Find(read.Id) ?? read : null;

    private static decimal CostOfConsumed(CreditGrant grant) =>
        grant.Amount > 0 ? grant.Consumed * grant.Cost.Amount / grant.Amount : 0;

    private static CreditGrant GrantOf(IssueCredits issue, string id, decimal amount, decimal cost, Instant at) => new()
    {
        Uid = issue.Uid,
        Id = id,
        DisplayName = issue.DisplayName,
        Type = CreditGrantType.Recurring,
        Status = CreditGrantStatus.Scheduled,
        CustomerId = issue.Pool.CustomerId,
        ResourceId = issue.Pool.ResourceId,
        CurrencyId = issue.Pool.CurrencyId,
        Amount = amount,
        Cost = issue.Cost with { Amount = cost },
        EffectiveAt = issue.EffectiveAt,
        ExpireAt = issue.ExpireAt,
        Source = issue.Source,
        SubscriptionId = issue.SubscriptionId,
        PackageId = issue.PackageId,
        AddonQuantity = issue.AddonQuantity,
        CreatedAt = at,
        UpdatedAt = at,
    };
}
