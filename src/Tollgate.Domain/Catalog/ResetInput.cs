using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>A reset as requests spell it: the period and the configuration objects of the three periods that have
/// one.</summary>
public sealed record ResetInput
{
    public Optional<ResetPeriod?> Period { get; init; }
    public ResetAnchor? Yearly { get; init; }
    public ResetAnchor? Monthly { get; init; }
    public ResetAnchor? Weekly { get; init; }

    /// <summary>True when the request says anything about the reset.</summary>
    public bool IsGiven => Period.IsGiven || Yearly is not null || Monthly is not null || Weekly is not null;

    /// <summary>
    /// The rule after this request: absent keeps <paramref name="stored"/>, null never resets, a period brings its own
    /// configuration (subscription start when it gives none), and a configuration alone configures the stored period.
    /// A configuration of another period, or an anchor that the period does not know, is a finding.
    /// </summary>
    public ResetRule? Resolve(Findings findings, string prefix, ResetRule? stored)
    {
        if (!IsGiven)
            return stored;
        var period = Period.IsGiven ? Period.Value : stored?.Period;
        CheckConfiguration(findings, prefix + "yearlyResetPeriodConfiguration", period, ResetPeriod.Year, Yearly);
        CheckConfiguration(findings, prefix + "monthlyResetPeriodConfiguration", period, ResetPeriod.Month, Monthly);
        CheckConfiguration(findings, prefix + "weeklyResetPeriodConfiguration", period, ResetPeriod.Week, Weekly);
        return period switch
        {
            null => null,
            ResetPeriod.Year => new(ResetPeriod.Year, Yearly ?? ResetAnchor.SubscriptionStart),
            ResetPeriod.Month => new(ResetPeriod.Month, Monthly ?? ResetAnchor.SubscriptionStart),
            ResetPeriod.Week => new(ResetPeriod.Week, Weekly ?? ResetAnchor.SubscriptionStart),
            ResetPeriod.Day => ResetRule.Of(ResetPeriod.Day),
            ResetPeriod.Hour => ResetRule.Of(ResetPeriod.Hour),
            _ => throw new ArgumentOutOfRangeException(nameof(findings), period, "Not a reset period."),
        };
    }

    private static void CheckConfiguration(
        Findings findings, string path, ResetPeriod? period, ResetPeriod ofConfiguration, ResetAnchor? anchor)
    {
        if (anchor is null)
            return;
        if (period != ofConfiguration)
        {
            findings.Add(ErrorCode.InvalidEntitlementResetPeriod, path,
                $"{path} belongs to the reset period {Word(ofConfiguration)}, but the reset period is "
                + $"{(period is { } p ? Word(p) : "not set")}; send the configuration of that period only.");
        }
        else if (!Knows(ofConfiguration, anchor.Value))
        {
            findings.Add(ErrorCode.InvalidEntitlementResetPeriod, path,
                $"{path}.accordingTo {anchor} is not one of the reset period {Word(ofConfiguration)}.");
        }
    }

    private static bool Knows(ResetPeriod period, ResetAnchor anchor) => period switch
    {
        ResetPeriod.Year => anchor == ResetAnchor.SubscriptionStart,
        ResetPeriod.Month => anchor is ResetAnchor.SubscriptionStart or ResetAnchor.StartOfTheMonth,
        ResetPeriod.Week => anchor != ResetAnchor.StartOfTheMonth,
        ResetPeriod.Day or ResetPeriod.Hour => false,
        _ => throw new ArgumentOutOfRangeException(nameof(period), period, "Not a reset period."),
    };

    private static string Word(ResetPeriod period) => period.ToString().ToUpperInvariant();
}
