using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Rows;

namespace Tollgate.Modules.Subscriptions;

/// <summary>Which subscriptions are asked for; ended ones are included unless a status filter says otherwise.</summary>
public sealed record SubscriptionFilter
{
    public string? CustomerId { get; init; }
    public string? PlanId { get; init; }
    public string? ResourceId { get; init; }
    public IReadOnlyCollection<SubscriptionStatus>? Statuses { get; init; }
    public IReadOnlyCollection<PricingType>? PricingTypes { get; init; }
    public CreatedRange Created { get; init; }
}
