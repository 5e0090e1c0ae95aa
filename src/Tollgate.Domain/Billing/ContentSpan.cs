using NodaTime;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>
/// A stretch <c>[From, Until)</c> of a billing period in which a subscription's content and prices were the same. A
/// change of plan or a migration ends one and begins the next; usage is rated at the price in force when it was
/// reported (spec catalog 9.6).
/// </summary>
public sealed record ContentSpan(Instant From, Instant Until, BilledContent Content)
{
    /// <summary>What overage is counted against; a feature without an entry has no overage.</summary>
    public IReadOnlyDictionary<FeatureId, UsageTerms> Terms { get; init; } = new Dictionary<FeatureId, UsageTerms>();

    /// <summary>What the usage windows of resettable charges are counted from.</summary>
    public required Instant UsageAnchor { get; init; }

    /// <summary>
    /// Whose usage was counted in it, where that is not the subscription's any more; null = the subscription's.
    /// </summary>
    public UsageScope? Scope { get; init; }

    /// <summary>The part of it that lies in a window; null when none does.</summary>
    internal BillingWindow? Within(BillingWindow window)
    {
        var (start, end) = (Instant.Max(From, window.Start), Instant.Min(Until, window.End));
        return start < end ? new(start, end) : null;
    }
}
