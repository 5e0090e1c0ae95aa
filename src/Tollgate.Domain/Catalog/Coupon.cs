using NodaTime;

namespace Tollgate.Domain.Catalog;

/// <summary>
/// A discount that customers and subscriptions can hold (spec catalog 12). Discount and duration never change.
/// </summary>
public sealed record Coupon
{
    public required Guid Uid { get; init; }
    public required string Id { get; init; }

    /// <summary>1 to 40 characters; shown on invoices.</summary>
    public required string Name { get; init; }

    /// <summary>For the team only.</summary>
    public string? Description { get; init; }

    /// <summary>1 to 100; exactly one of this and <see cref="AmountsOff"/> is set.</summary>
    public decimal? PercentOff { get; init; }

    /// <summary>One amount a currency.</summary>
    public IReadOnlyList<Money>? AmountsOff { get; init; }

    /// <summary>Calendar months from the application on; null = for ever.</summary>
    public int? DurationInMonths { get; init; }
    public bool IsArchived { get; init; }
    public CouponSource Source { get; init; } = CouponSource.Stigg;
    public string? BillingId { get; init; }
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = Catalog.Metadata.Empty;
    public required Instant CreatedAt { get; init; }
    public required Instant UpdatedAt { get; init; }

    /// <summary>What the discount is; follows from which of the two is set.</summary>
    public CouponType Type => PercentOff is null ? CouponType.Fixed : CouponType.Percentage;
}

public enum CouponType
{
    Fixed,
    Percentage,
}

/// <summary>Where a coupon came from; ad hoc ones belong to one subscription and are in no list.</summary>
public enum CouponSource
{
    Stigg,
    StiggAdhoc,
    Stripe,
}
