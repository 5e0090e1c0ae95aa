using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Modules.Subscriptions.Publishing;

/// <summary>What publishing would do to the subscriptions as a whole (spec catalog 4.4).</summary>
public sealed record PublishImpact
{
    /// <summary>How many would move, by status; statuses without any are left out.</summary>
    public required IReadOnlyDictionary<SubscriptionStatus, long> Moved { get; init; }

    /// <summary>How many on earlier versions would not move, and why.</summary>
    public required IReadOnlyDictionary<MoveSkip, long> Skipped { get; init; }

    /// <summary>
    /// How many of those that move do not simply get what the version says; one may count for several.
    /// </summary>
    public required IReadOnlyDictionary<MoveException, long> Exceptions { get; init; }

    /// <summary>What the paid ones that move cost each period, by currency and billing period.</summary>
    public required IReadOnlyList<RecurringImpact> Recurring { get; init; }

    public long TotalMoved => Moved.Values.Sum();
}

/// <summary>Why a subscription on an earlier version does not move.</summary>
public enum MoveSkip
{
    /// <summary>CANCELED or EXPIRED: nothing changes it any more.</summary>
    Ended,

    /// <summary>It has not ended, but the publish is for new customers only.</summary>
    NewCustomersOnly,

    /// <summary>It cannot be read; the task would record it as failed and go on.</summary>
    Unreadable,
}

/// <summary>
/// Sums over subscriptions of one currency and billing period: what is paid in advance for a full period, without
/// discounts, tax and usage.
/// </summary>
public sealed record RecurringImpact(string Currency, BillingPeriod Period)
{
    public long Subscriptions { get; init; }

    /// <summary>At present.</summary>
    public decimal Before { get; init; }

    /// <summary>After publishing: the same, because prices never move by it.</summary>
    public decimal After { get; init; }

    /// <summary>
    /// If each were migrated to the latest versions then; one that cannot be, or would start anew, counts as it is.
    /// </summary>
    public decimal Migrated { get; init; }

    /// <summary>How many a migration to the latest would refuse, or start anew.</summary>
    public long NotMigratable { get; init; }
}
