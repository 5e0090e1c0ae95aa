namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>Contract</c>.</summary>
public sealed record RestContract
{
    public required string? Id { get; init; }
    public required WireInstant? ActivationEndDate { get; init; }
    public required WireInstant? ActivationStartDate { get; init; }
    public required string? BillingId { get; init; }
    public required string? BillingState { get; init; }
    public required string ContractId { get; init; }
    public required WireInstant? CreatedAt { get; init; }
    public required string? CustomerExternalId { get; init; }
    public required string ExternalId { get; init; }
    public required RestLatestInvoice? LatestInvoice { get; init; }
    public required string? Name { get; init; }
    public required RestContractNextInvoice? NextInvoice { get; init; }
    public required string? PoNumber { get; init; }
    public required string? RefId { get; init; }
    public required string State { get; init; }
    public required IReadOnlyList<RestContractSubscription> Subscriptions { get; init; }
}

/// <summary>Schema <c>ContractNextInvoice</c>.</summary>
public sealed record RestContractNextInvoice(
    RestMoney Amount, WireInstant? DueDate, WireInstant? PeriodEnd, WireInstant? PeriodStart);

/// <summary>Schema <c>ContractSubscription</c>.</summary>
public sealed record RestContractSubscription(
    string? PlanDisplayName, string? ProductDisplayName, string SubscriptionId);
