using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Billing;

/// <summary>How the built-in billing of an environment works (spec subscriptions 5.4 and 15).</summary>
public sealed record BillingSettings
{
    public const int DefaultUsageDraftHours = 72;

    public static BillingSettings Default { get; } = new();

    /// <summary>Paid plans that are charged need a payment method first.</summary>
    public bool PaymentMethodRequired { get; init; }

    /// <summary>Exclusive tax on every invoice that names no percentage of its own, 0 to 100.</summary>
    public decimal TaxPercentage { get; init; }

    /// <summary>Days an invoice that was sent may stay unpaid, 0 to 365.</summary>
    public int InvoiceDueDays { get; init; } = 30;

    /// <summary>
    /// Whole hours that a bill made at the end of a period stays a DRAFT for usage that is still to come, where a meter asks for
    /// it (RECOMPUTE_DRAFT): 0 to 720, 0 = it is issued when it is made. Never null; rows from before it hold none.
    /// </summary>
    public int? UsageDraftHours { get; init => field = value ?? DefaultUsageDraftHours; } = DefaultUsageDraftHours;
    public DunningSettings Dunning { get; init; } = DunningSettings.Default;

    /// <summary>Where billing periods begin.</summary>
    public BillingAnchor Anchor { get; init; }

    /// <summary>When a change within a period is paid whose call does not say.</summary>
    public ProrationBehavior Proration { get; init; }

    public bool Equals(BillingSettings? other) => other is not null
        && PaymentMethodRequired == other.PaymentMethodRequired && TaxPercentage == other.TaxPercentage
        && InvoiceDueDays == other.InvoiceDueDays && UsageDraftHours == other.UsageDraftHours
        && Anchor == other.Anchor && Proration == other.Proration && Dunning.FinalAction == other.Dunning.FinalAction
        && Dunning.RetryAfterDays.SequenceEqual(other.Dunning.RetryAfterDays);

    public override int GetHashCode() => HashCode.Combine(PaymentMethodRequired, TaxPercentage, InvoiceDueDays);
}

/// <summary>What follows a renewal that could not be charged.</summary>
/// <param name="RetryAfterDays">A retry so many days after the failure before it, one for each number; 1 to 60.</param>
/// <param name="FinalAction">What follows the last failure.</param>
public sealed record DunningSettings(IReadOnlyList<int> RetryAfterDays, DunningFinalAction FinalAction)
{
    public static DunningSettings Default { get; } = new([3, 5, 7], DunningFinalAction.Cancel);
}

public enum DunningFinalAction
{
    /// <summary>The subscription is canceled and the invoice written off.</summary>
    Cancel,

    /// <summary>The subscription stays ACTIVE with its payment error, the invoice OPEN.</summary>
    Keep,
}

/// <summary>A partial change of the settings; null = unchanged.</summary>
public sealed record BillingSettingsEdit
{
    public bool? PaymentMethodRequired { get; init; }
    public decimal? TaxPercentage { get; init; }
    public int? InvoiceDueDays { get; init; }
    public int? UsageDraftHours { get; init; }
    public IReadOnlyList<int>? RetryAfterDays { get; init; }
    public DunningFinalAction? FinalAction { get; init; }
    public BillingAnchor? Anchor { get; init; }
    public ProrationBehavior? Proration { get; init; }
}

public static class BillingSettingsRules
{
    public const int MaxDueDays = 365;
    public const int MaxUsageDraftHours = 720;
    public const int MaxRetries = 12;
    public const int MaxRetryDays = 60;

    /// <summary>The settings with the edit; every value out of range is named.</summary>
    public static Result<BillingSettings> Update(BillingSettings settings, BillingSettingsEdit edit)
    {
        var findings = new Findings();
        if (edit.TaxPercentage is { } tax)
            CheckTax(findings, "taxPercentage", tax);
        if (edit.InvoiceDueDays is < 0 or > MaxDueDays)
        {
            findings.Bad("invoiceDueDays",
                $"invoiceDueDays is {edit.InvoiceDueDays}; give a whole number of days from 0 to {MaxDueDays}.");
        }

        if (edit.UsageDraftHours is < 0 or > MaxUsageDraftHours)
        {
            findings.Bad("usageDraftHours",
                $"usageDraftHours is {edit.UsageDraftHours}; give a whole number of hours from 0 to {MaxUsageDraftHours}.");
        }

        if (edit.RetryAfterDays is { Count: > MaxRetries })
        {
            findings.Bad("dunning.retryAfterDays",
                $"dunning.retryAfterDays has {edit.RetryAfterDays.Count} entries; give at most {MaxRetries}.");
        }

        foreach (var (days, i) in (edit.RetryAfterDays ?? []).Select((days, i) => (days, i)))
        {
            if (days is < 1 or > MaxRetryDays)
            {
                findings.Bad($"dunning.retryAfterDays[{i}]",
                    $"dunning.retryAfterDays[{i}] is {days}; give whole days from 1 to {MaxRetryDays}.");
            }
        }

        return findings.ToRefusal() is { } refusal
            ? refusal
            : settings with
            {
                PaymentMethodRequired = edit.PaymentMethodRequired ?? settings.PaymentMethodRequired,
                TaxPercentage = edit.TaxPercentage ?? settings.TaxPercentage,
                InvoiceDueDays = edit.InvoiceDueDays ?? settings.InvoiceDueDays,
                UsageDraftHours = edit.UsageDraftHours ?? settings.UsageDraftHours,
                Dunning = new(
                    edit.RetryAfterDays ?? settings.Dunning.RetryAfterDays,
                    edit.FinalAction ?? settings.Dunning.FinalAction),
                Anchor = edit.Anchor ?? settings.Anchor,
                Proration = edit.Proration ?? settings.Proration,
            };
    }

    public static void CheckTax(Findings findings, string path, decimal percentage)
    {
        if (percentage is < 0 or > 100)
            findings.Bad(path, $"{path} is {percentage}; give a percentage from 0 to 100.");
    }
}
