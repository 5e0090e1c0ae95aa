using System.Globalization;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>A subscription's maximum spend (spec subscriptions 3.5).</summary>
public static class SpendLimit
{
    /// <summary>Percentages of the limit that are announced when the cost crosses them, the highest first.</summary>
    private static readonly int[] Thresholds = [100, 80];

    /// <summary>True when a hard limit is used up: checks on pay-as-you-go features deny.</summary>
    public static bool IsExhausted(Budget budget, decimal cost) => !budget.HasSoftLimit && cost >= budget.Limit;

    /// <summary>
    /// The highest threshold t with <c>before &lt; t &lt;= after</c>; null when none is crossed. A limit of 0 is
    /// crossed by the first cost.
    /// </summary>
    public static int? Crossed(Budget budget, decimal before, decimal after)
    {
        foreach (var threshold in Thresholds)
        {
            var at = budget.Limit * threshold / 100;
            if (before < after && after >= at && (before < at || (at == 0 && before == 0)))
                return threshold;
        }

        return null;
    }

    /// <summary>The event of a crossing.</summary>
    public static DomainEvent Exceeded(Subscription subscription, decimal cost, int threshold)
    {
        var budget = subscription.Budget!;
        var percentage = budget.Limit == 0 ? 100 : Math.Floor(cost * 100 / budget.Limit);
        return new(
            EventType.SubscriptionSpentLimitExceeded, EntityKind.Subscription, subscription.Id.Value,
            subscription.CustomerId, Before: null, subscription)
        {
            Facts = new Dictionary<string, string>
            {
                ["spendLimit"] = LineInputs.Number(budget.Limit),
                ["currentSpend"] = LineInputs.Number(cost),
                ["currentSpendPercentage"] = percentage.ToString("0", CultureInfo.InvariantCulture),
                ["thresholdPercentage"] = threshold.ToString(CultureInfo.InvariantCulture),
                ["isSoftLimit"] = budget.HasSoftLimit ? "true" : "false",
            },
        };
    }
}
