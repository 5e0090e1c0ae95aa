using System.Globalization;

namespace Tollgate.Domain.Credits;

/// <summary>
/// When a falling balance is told (spec credits 14, webhooks 5): percentages of what was granted that REMAIN. One
/// change tells the lowest threshold it crossed; one that rises above a threshold arms it again.
/// </summary>
public sealed class CreditThresholds(params IReadOnlyList<decimal> remaining)
{
    public static CreditThresholds Default { get; } = new(20);

    /// <summary>The lowest threshold with <c>before >= t > after</c>; null when none was crossed downwards.</summary>
    public decimal? Crossed(decimal before, decimal after)
    {
        decimal? crossed = null;
        foreach (var threshold in remaining)
        {
            if (before >= threshold && threshold > after && (crossed is null || threshold < crossed))
                crossed = threshold;
        }

        return crossed;
    }

    /// <summary>0 when nothing was granted.</summary>
    public static decimal Percent(decimal remaining, decimal granted) => granted > 0 ? remaining / granted * 100 : 0;

    internal static IReadOnlyDictionary<string, string> Facts(decimal percent, decimal threshold) =>
        new Dictionary<string, string>
        {
            ["remainingBalancePercentage"] = Text(percent),
            ["consumedPercentage"] = Text(100 - percent),
            ["thresholdPercentage"] = Text(threshold),
        };

    internal static IReadOnlyDictionary<string, string> Facts(
        PoolKey key, decimal granted, decimal balance, decimal percent, decimal? threshold)
    {
        var facts = new Dictionary<string, string>
        {
            ["currencyId"] = key.CurrencyId.Value,
            ["totalGranted"] = Text(granted),
            // A depleted balance is told as used up, not as overdrawn.
            ["remainingBalance"] = Text(threshold is null ? 0 : balance),
            ["currentBalance"] = Text(balance),
            ["remainingBalancePercentage"] = Text(percent),
            ["consumedPercentage"] = Text(100 - percent),
        };
        if (key.ResourceId is { } resource)
            facts["resourceId"] = resource.Value;
        if (threshold is { } crossed)
            facts["thresholdPercentage"] = Text(crossed);
        return facts;
    }

    private static string Text(decimal value) => value.ToString("0.############", CultureInfo.InvariantCulture);
}
