using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Modules.Subscriptions.Publishing;

/// <summary>Adds up subscriptions one by one; what it keeps does not grow with their number.</summary>
internal sealed class PublishImpactTally
{
    private readonly SortedDictionary<SubscriptionStatus, long> _moved = [];
    private readonly SortedDictionary<MoveSkip, long> _skipped = [];
    private readonly SortedDictionary<MoveException, long> _exceptions = [];
    private readonly Dictionary<(string, BillingPeriod), RecurringImpact> _recurring = [];

    public void Moves(SubscriptionStatus status) => Count(_moved, status, 1);

    public void Skips(MoveSkip reason, long count)
    {
        if (count > 0)
            Count(_skipped, reason, count);
    }

    public void Notes(MoveException exception) => Count(_exceptions, exception, 1);

    /// <param name="before">What it costs at present.</param>
    /// <param name="after">What it costs after publishing.</param>
    /// <param name="migrated">What it costs once it is migrated; null when it cannot be.</param>
    public void Costs(RecurringAmount before, decimal after, decimal? migrated)
    {
        var key = (before.Currency, before.Period);
        var sum = _recurring.GetValueOrDefault(key) ?? new(before.Currency, before.Period);
        _recurring[key] = sum with
        {
            Subscriptions = sum.Subscriptions + 1,
            Before = sum.Before + before.Amount,
            After = sum.After + after,
            Migrated = sum.Migrated + (migrated ?? before.Amount),
            NotMigratable = sum.NotMigratable + (migrated is null ? 1 : 0),
        };
    }

    public PublishImpact Total() => new()
    {
        Moved = _moved,
        Skipped = _skipped,
        Exceptions = _exceptions,
        Recurring =
        [
            .. _recurring.Values.OrderBy(sum => sum.Currency, StringComparer.Ordinal).ThenBy(sum => sum.Period),
        ],
    };

    private static void Count<TKey>(SortedDictionary<TKey, long> counts, TKey key, long more)
        where TKey : notnull => counts[key] = counts.GetValueOrDefault(key) + more;
}
