namespace Tollgate.Modules.Subscriptions;

/// <summary>How many subscriptions some customers have and had.</summary>
/// <param name="All">Subscriptions, ended ones included.</param>
/// <param name="Paid">Of them, those that were ACTIVE with a price.</param>
/// <param name="Payers">Customers with one of those.</param>
internal sealed record SubscriptionCounts(long All, long Paid, long Payers)
{
    public static SubscriptionCounts operator +(SubscriptionCounts a, SubscriptionCounts b) =>
        new(a.All + b.All, a.Paid + b.Paid, a.Payers + b.Payers);
}
