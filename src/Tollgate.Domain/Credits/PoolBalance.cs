using System.Globalization;
using NodaTime;
using NodaTime.Text;

namespace Tollgate.Domain.Credits;

/// <summary>What a pool comes to after a change (spec credits 3 and 14).</summary>
/// <param name="Granted">Sum of the live grants.</param>
/// <param name="Consumed">What they have consumed, the overdraft included.</param>
/// <param name="ValidUntil">When a grant starts or expires next; null when none does.</param>
public readonly record struct PoolBalance(decimal Granted, decimal Consumed, Instant? ValidUntil)
{
    /// <summary>As the event log tells it.</summary>
    public IReadOnlyDictionary<string, string> Facts(PoolKey pool)
    {
        var facts = new Dictionary<string, string>
        {
            ["currencyId"] = pool.CurrencyId.Value,
            ["currentBalance"] = Text(Granted - Consumed),
            ["totalGranted"] = Text(Granted),
            ["totalConsumed"] = Text(Consumed),
        };
        if (pool.ResourceId is { } resource)
            facts["resourceId"] = resource.Value;
        if (ValidUntil is { } until)
            facts["validUntil"] = InstantPattern.ExtendedIso.Format(until);
        return facts;
    }

    private static string Text(decimal value) => value.ToString("0.############", CultureInfo.InvariantCulture);
}
