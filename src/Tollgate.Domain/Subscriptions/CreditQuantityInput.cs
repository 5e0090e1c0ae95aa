namespace Tollgate.Domain.Subscriptions;

/// <summary>How many credits a request buys each billing period.</summary>
public sealed record CreditQuantityInput(CurrencyId CurrencyId, decimal Quantity);
