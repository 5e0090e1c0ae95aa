using System.Text.Json;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Billing;

namespace Tollgate.Server.Rest.Billing;

/// <summary>Billing settings between their wire shape and the domain.</summary>
internal static class BillingSettingsWire
{
    public static RestBillingSettings ToRest(BillingSettings settings) => new(
        settings.PaymentMethodRequired,
        settings.TaxPercentage,
        settings.InvoiceDueDays,
        settings.UsageDraftHours!.Value,
        new(settings.Dunning.RetryAfterDays, Wire.Symbol(settings.Dunning.FinalAction)),
        Wire.Symbol(settings.Anchor),
        Wire.Symbol(settings.Proration));

    public static RestData<RestBillingSettings> ToData(BillingSettings settings) => new(ToRest(settings));

    public static BillingSettingsEdit EditFromRest(JsonElement body)
    {
        var dunning = body.Property("dunning");
        return new()
        {
            PaymentMethodRequired = body.FlagOrNull("paymentMethodRequired"),
            TaxPercentage = body.NumberOrNull("taxPercentage"),
            UsageDraftHours = body.IntegerOrNull("usageDraftHours"),
            InvoiceDueDays = body.IntegerOrNull("invoiceDueDays"),
            RetryAfterDays = dunning?.ListOrNull("retryAfterDays", days => (int)days.GetDecimal()),
            FinalAction = dunning?.MemberOrNull<DunningFinalAction>("finalAction"),
            Anchor = body.MemberOrNull<BillingAnchor>("subscriptionBillingAnchor"),
            Proration = body.MemberOrNull<ProrationBehavior>("subscriptionProrationBehavior"),
        };
    }
}
