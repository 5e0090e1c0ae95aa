namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>CreditEstimate</c>.</summary>
public sealed record RestCreditEstimate(
    IReadOnlyList<RestCreditCostEstimate> Estimates, IReadOnlyList<string> Warnings);

/// <summary>Schema <c>CreditCostEstimate</c>: what one pool would pay.</summary>
public sealed record RestCreditCostEstimate
{
    public required string CurrencyId { get; init; }
    public required decimal CurrentBalance { get; init; }
    public required decimal EstimatedCost { get; init; }
    public required decimal BalanceAfterEstimate { get; init; }
    public required bool WouldOverdraft { get; init; }
    public required IReadOnlyList<RestCreditCostBreakdown> Breakdown { get; init; }
}

/// <summary>Schema <c>CreditCostBreakdown</c>.</summary>
public sealed record RestCreditCostBreakdown(string FeatureId, decimal Cost, string? WarningCode);
