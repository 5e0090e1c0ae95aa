using Tollgate.Domain.Billing;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Modules.Subscriptions;

/// <summary>A change of a subscription as it was asked for.</summary>
public sealed record UpdateInput(UpdateRequest Request)
{
    public BillingChoices Billing { get; init; } = BillingChoices.Default;

    /// <summary>The billing integration that is to bill it; null = the payer's own.</summary>
    public string? IntegrationId { get; init; }
    public UnservedFields Unserved { get; init; } = UnservedFields.None;
}
