namespace Tollgate.Domain.Credits;

/// <summary>What is taken from a pool (spec credits 5 and 7).</summary>
/// <param name="Amount">In credits, more than 0.</param>
/// <param name="EventId">What it was for: the id of an event or of a direct consumption.</param>
/// <param name="FeatureId">The feature that was used; null for direct consumption.</param>
public readonly record struct CreditBurn(decimal Amount, string EventId, FeatureId? FeatureId);
