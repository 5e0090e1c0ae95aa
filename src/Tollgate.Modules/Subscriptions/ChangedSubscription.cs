using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Subscriptions.Bills;

namespace Tollgate.Modules.Subscriptions;

/// <summary>A change that is written and not committed yet.</summary>
/// <param name="Before">The subscription as it was.</param>
/// <param name="Subject">What came of it: the same record, or the one that took its place.</param>
/// <param name="Records">Everything its customer had before.</param>
/// <param name="Billed">The decision with its bills.</param>
internal sealed record ChangedSubscription(
    Subscription Before, Subscription Subject, SubscriptionRecords Records, BilledDecision Billed);
