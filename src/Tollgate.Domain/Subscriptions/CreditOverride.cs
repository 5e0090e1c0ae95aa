using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>
/// Credits of one currency for one subscription, in place of the plan's amount and cadence (spec subscriptions 3.6).
/// </summary>
/// <param name="CurrencyId">The currency; one that the plan does not grant is granted by it.</param>
/// <param name="Amount">Credits per cycle, more than 0.</param>
/// <param name="Cadence">How often.</param>
public sealed record CreditOverride(CurrencyId CurrencyId, decimal Amount, CreditCadence Cadence)
{
    /// <summary>Null keeps the plan's.</summary>
    public bool? HasSoftLimit { get; init; }
}
