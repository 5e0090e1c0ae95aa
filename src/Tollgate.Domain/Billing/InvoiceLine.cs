using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>What a line charges for (spec catalog 9.9); the wire symbol is the member's name.</summary>
public enum InvoiceLineType
{
    BaseCharge,
    InAdvanceCommitmentCharge,
    PayAsYouGoCharge,
    OverageCharge,
    AddonCharge,
    TierCharge,
    MinimumSpendCharge,
    MinimumSpendAdjustmentCharge,
    ZeroAmountBaseCharge,
    Other,
}

/// <summary>
/// Which charge of a subscription a line, a price override or a proration is about. Two plans' charges of one kind have
/// the same key, so that a change of plan is seen as a change of amounts; <paramref name="AddonId"/> is null for the
/// plan's own.
/// </summary>
public readonly record struct ChargeKey(
    BillingModel Model, BillingCadence Cadence, FeatureId? FeatureId, CurrencyId? CurrencyId, PackageId? AddonId)
{
    public static ChargeKey Of(Charge charge, PackageId? addon) =>
        new(charge.Model, charge.Cadence, charge.FeatureId, charge.TopUpCurrencyId, addon);
}

/// <summary>One line of an invoice, a credit note or a preview, rounded once (spec catalog 9.12).</summary>
public sealed record InvoiceLine
{
    public required InvoiceLineType Type { get; init; }

    /// <summary>
    /// <c>[plan or add-on] - [base fee, feature or currency]</c>; prorations say which time they are about.
    /// </summary>
    public required string Description { get; init; }

    /// <summary>Rounded to the currency's minor unit; negative gives money back.</summary>
    public required decimal Amount { get; init; }
    public decimal Quantity { get; init; } = 1;

    /// <summary>Exact: <c>Quantity x UnitPrice</c>, rounded, is the amount.</summary>
    public required decimal UnitPrice { get; init; }

    /// <summary>The sold units of usage that are paid for; null on lines that are about no usage.</summary>
    public decimal? Usage { get; init; }

    /// <summary>The service period <c>[start, end)</c> that is paid for.</summary>
    public required Instant PeriodStart { get; init; }
    public required Instant PeriodEnd { get; init; }

    /// <summary>Already net of discounts, so that no further one applies.</summary>
    public bool IsProration { get; init; }

    /// <summary>
    /// The share of the invoice's discount that fell on this line. It has the sign of the amount: what a minimum spend
    /// gives back was never discounted usage.
    /// </summary>
    public decimal Discount { get; init; }

    /// <summary>
    /// Whose bill it goes on; null = that of who pays the subscription. Another's after a delegation of payment.
    /// </summary>
    public CustomerId? PayerId { get; init; }
    public SubscriptionId? SubscriptionId { get; init; }

    /// <summary>The plan or add-on the charge belongs to.</summary>
    public PackageId? PackageId { get; init; }

    /// <summary>Null for minimum spend and lines that are about no single charge.</summary>
    public ChargeKey? Key { get; init; }

    /// <summary>The credits that the line sells for a whole period; null for what sells none.</summary>
    public CreditsSold? Credits { get; init; }

    /// <summary>
    /// What made the amount, in words and numbers a person can check: versions, measured usage, included, factor.
    /// </summary>
    public IReadOnlyDictionary<string, string> Inputs { get; init; } = Catalog.Metadata.Empty;
}
