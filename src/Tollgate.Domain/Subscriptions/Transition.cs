using NodaTime;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>
/// What a transition does to usage (spec subscriptions 6.6): the plan or the billing period changes, a trial converts,
/// or a new
/// record follows another. Either the usage of resettable features starts again and their windows count from the
/// transition, or
/// both go on as they were.
/// </summary>
internal static class Transition
{
    /// <summary>Whether a transition from one record's state to another's resets usage under the product's
    /// rule.</summary>
    public static bool Resets(UsageResetCutoff rule, Subscription from, Subscription to,
        bool cycleRestarts) => rule switch
        {
            UsageResetCutoff.AlwaysReset => true,
            UsageResetCutoff.NeverReset => false,
            UsageResetCutoff.BillingPeriodChange => cycleRestarts || from.BillingPeriod != to.BillingPeriod,
            _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, "Not a usage reset rule."),
        };

    /// <summary>The record after a transition at <paramref name="at"/>, and the cut-off to write, if any.</summary>
    public static (Subscription After, UsageCutoffMark? Cutoff) Apply(
        Product product, Subscription from, Subscription to, Instant at, bool cycleRestarts = false) =>
        Resets(product.UsageResetCutoff, from, to, cycleRestarts)
            ? (to with { UsageAnchor = at }, new(to.CustomerId, to.ProductId, to.ResourceId, at))
            : (to with { UsageAnchor = from.UsageAnchor }, null);
}
