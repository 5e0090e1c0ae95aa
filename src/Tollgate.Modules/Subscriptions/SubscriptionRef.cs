using Tollgate.Domain;

namespace Tollgate.Modules.Subscriptions;

/// <summary>A subscription with its row number, which tells a task where to go on.</summary>
internal sealed record SubscriptionRef(long Seq, SubscriptionId Id, CustomerId Customer);
