using NodaTime;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>What a contract is billed for, and how often (spec integrations 11).</summary>
public sealed record ContractBilling
{
    /// <summary>Counted from the contract's start.</summary>
    public required BillingPeriod Period { get; init; }

    /// <summary>Lower-case ISO 4217 code of every price.</summary>
    public required string Currency { get; init; }

    /// <summary>How long an invoice may stay open, at least 0; null = as the environment says.</summary>
    public int? DaysUntilDue { get; init; }

    /// <summary>At least one.</summary>
    public IReadOnlyList<ContractLine> Lines { get; init => field = value ?? []; } = [];
}

/// <summary>
/// One line of a contract's invoices: a fee, billed at the start of each period, or the usage of a feature, billed at
/// its end.
/// </summary>
public sealed record ContractLine(string Description)
{
    /// <summary>Of one unit, exact; at least 0.</summary>
    public required decimal UnitPrice { get; init; }

    /// <summary>Units of a fee; more than 0. Usage brings its own.</summary>
    public decimal Quantity { get; init; } = 1;

    /// <summary>A metered feature: the line is for its usage.</summary>
    public FeatureId? FeatureId { get; init; }

    /// <summary>Whose usage, with <see cref="FeatureId"/>: a subscription of the contract; null = its first.</summary>
    public SubscriptionId? SubscriptionId { get; init; }
}

/// <summary>The next invoice of a contract.</summary>
/// <param name="At">When it is issued.</param>
/// <param name="Fees">The time whose fees it bills; null for the last one.</param>
/// <param name="Period">The whole period that <paramref name="Fees"/> is (a part of).</param>
/// <param name="Usage">The time whose usage it bills; null for the first one.</param>
public sealed record ContractBill(Instant At, BillingWindow? Fees, BillingWindow? Period, BillingWindow? Usage);
