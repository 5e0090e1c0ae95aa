using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>
/// How every bill of a subscription is made out (spec subscriptions 5.7); null = as the environment says.
/// </summary>
/// <param name="TaxPercentage">Exclusive tax, 0 to 100.</param>
/// <param name="DaysUntilDue">Whole days a bill that is sent may stay unpaid, 0 to 365.</param>
public sealed record InvoiceTerms(decimal? TaxPercentage, decimal? DaysUntilDue)
{
    internal static void Check(Findings findings, InvoiceTerms? terms)
    {
        if (terms?.TaxPercentage is { } tax)
            BillingSettingsRules.CheckTax(findings, "billingInformation.taxPercentage", tax);
        if (terms?.DaysUntilDue is { } days
            && (days is < 0 or > BillingSettingsRules.MaxDueDays || days != decimal.Truncate(days)))
        {
            findings.Bad("billingInformation.invoiceDaysUntilDue",
                $"billingInformation.invoiceDaysUntilDue is {days}; give a whole number of days from 0 to "
                + $"{BillingSettingsRules.MaxDueDays}.");
        }
    }
}
