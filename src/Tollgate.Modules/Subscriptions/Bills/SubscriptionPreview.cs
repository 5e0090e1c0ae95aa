using Tollgate.Domain.Billing;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Modules.Subscriptions.Bills;

/// <summary>What a provisioning would cost now and each period (spec subscriptions 11).</summary>
public sealed record SubscriptionPreview
{
    /// <summary>Due now.</summary>
    public required PreviewedInvoice Immediate { get; init; }

    /// <summary>Due for the next full period after the change.</summary>
    public required PreviewedInvoice Recurring { get; init; }

    /// <summary>The period that runs after the change; null without one. The end of a trial may be open.</summary>
    public PreviewedPeriod? Period { get; init; }

    /// <summary>Add-ons that are not charged.</summary>
    public IReadOnlyList<FreeItem> FreeItems { get; init; } = [];

    /// <summary>Part or all of it takes effect later.</summary>
    public bool HasScheduledUpdates { get; init; }
    public bool IsPlanDowngrade { get; init; }
}

/// <summary>A stretch of time whose end may be open.</summary>
public sealed record PreviewedPeriod(NodaTime.Instant Start, NodaTime.Instant? End);

/// <summary>A bill as it would be.</summary>
public sealed record PreviewedInvoice
{
    public static PreviewedInvoice Nothing { get; } = new();

    public IReadOnlyList<InvoiceLine> Lines { get; init; } = [];
    public InvoiceAmounts Amounts { get; init; } = new(0, 0, 0, 0, 0, 0);

    /// <summary>Null when nothing has a price.</summary>
    public string? Currency { get; init; }
    public BillingWindow? Period { get; init; }

    /// <summary>The coupon that applies, also where the lines are net of it already.</summary>
    public DiscountTerms? Coupon { get; init; }
}
