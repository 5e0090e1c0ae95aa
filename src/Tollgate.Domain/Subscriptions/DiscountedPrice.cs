namespace Tollgate.Domain.Subscriptions;

/// <summary>What a discount would be taken off.</summary>
/// <param name="Currency">Of what is bought; null when nothing has a price.</param>
/// <param name="Amount">
/// What is bought costs so much in advance, before discount and tax: a full period of a subscription. Computed
/// when asked.
/// </param>
internal sealed record DiscountedPrice(string? Currency, Func<decimal> Amount);
