using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Billing;
using Tollgate.Modules.Subscriptions.Bills;

namespace Tollgate.Server.Rest.Subscriptions;

/// <summary>Previews as they are answered (spec subscriptions 11).</summary>
internal static class PreviewWire
{
    public static RestSubscriptionPreview ToRest(SubscriptionPreview preview) => new()
    {
        ImmediateInvoice = ToRest(preview.Immediate),
        BillingPeriodRange = preview.Period is { } period
            ? new() { Start = Wire.Instant(period.Start), End = Wire.Instant(period.End) }
            : null,
        FreeItems = [.. preview.FreeItems.Select(item => new RestIdQuantity(item.AddonId.Value, item.Quantity))],
        HasScheduledUpdates = preview.HasScheduledUpdates,
        IsPlanDowngrade = preview.IsPlanDowngrade,
        RecurringInvoice = ToRest(preview.Recurring),
    };

    private static RestPreviewInvoice ToRest(PreviewedInvoice invoice) => new()
    {
        SubTotal = invoice.Amounts.SubTotal,
        Total = invoice.Amounts.AmountDue,
        BillingPeriodRange = invoice.Period is { } period
            ? new(Wire.Instant(period.End), Wire.Instant(period.Start))
            : null,
        Currency = invoice.Currency,
        Discount = invoice.Amounts.Discount,
        DiscountDetails = invoice.Coupon is { } coupon ? ToRest(coupon, invoice.Currency) : null,
        Discounts = invoice is { Coupon: { } applied, Amounts.Discount: not 0, Currency: { } currency }
            ? [new(invoice.Amounts.Discount, currency, applied.Name)]
            : [],
        Lines =
        [
            .. invoice.Lines.Select(line => new RestPreviewLine(
                invoice.Currency!, line.Description, line.Amount, line.UnitPrice, line.Quantity)),
        ],
        Tax = invoice.Amounts.Tax,
    };

    private static RestPreviewDiscountDetails ToRest(DiscountTerms coupon, string? currency) => new(coupon.Code)
    {
        FixedAmount = coupon.AmountsOff?.FirstOrDefault(amount => amount.Currency == currency)?.Amount,
        Percentage = coupon.PercentOff,
    };
}
