using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>
/// What a bill said about usage, kept so that usage which comes to be known later can be billed as the difference it makes
/// (<see cref="LateUsage"/>). It changes with every adjustment: it always says what has been billed for its period by now.
/// </summary>
public sealed record UsageBill
{
    /// <summary>Given when it is kept.</summary>
    public Guid Uid { get; init; }

    /// <summary>The subscription as the bill found it, without what is no matter of usage.</summary>
    public required Subscription Subscription { get; init; }

    /// <summary>The instant of the bill.</summary>
    public required Instant At { get; init; }
    public required ArrearsDue Due { get; init; }

    /// <summary>The usage that has been billed.</summary>
    public IReadOnlyList<MeasuredNeed> Measured { get; init => field = value ?? []; } = [];

    /// <summary>The lines about it, what the minimum spend took off among them.</summary>
    public IReadOnlyList<InvoiceLine> Arrears { get; init => field = value ?? []; } = [];

    /// <summary>The other lines of the bill: a coupon was shared out among all of them.</summary>
    public IReadOnlyList<InvoiceLine> Others { get; init => field = value ?? []; } = [];

    /// <summary>The coupons that applied.</summary>
    public IReadOnlyList<DiscountTerms> Discounts { get; init => field = value ?? []; } = [];

    /// <summary>Lower-case ISO 4217 code.</summary>
    public required string Currency { get; init; }

    /// <summary>Who paid.</summary>
    public required CustomerId PayerId { get; init; }

    /// <summary>Null when nothing had to be billed.</summary>
    public Guid? InvoiceUid { get; init; }

    /// <summary>While its invoice is a DRAFT, when that is issued; null from then on.</summary>
    public Instant? FinalizeAt { get; init; }

    /// <summary>It buys a period, so it is made also when it comes to nothing.</summary>
    public bool IsPurchase { get; init; }

    /// <summary>The features whose usage was measured.</summary>
    public IEnumerable<FeatureId> Features => Measured.Select(measured => measured.Need.FeatureId).Distinct();

    /// <summary>
    /// From which instant on an event can change this bill: the first usage window that it looked at may begin before its
    /// period, and one without resets began with the first event. Never later than exact.
    /// </summary>
    public Instant From => Measured.Count == 0 ? Due.Month.Start : Measured.Min(measured => FromOf(measured.Need));

    /// <summary>The first instant after it.</summary>
    public Instant Until => Measured.Count == 0 ? Due.Month.End : Measured.Max(measured => measured.Need.Window.End);

    /// <summary>The lines of its invoice, before discounts.</summary>
    public IReadOnlyList<InvoiceLine> LinesInOrder() => InvoiceLines.InOrder([.. Others, .. Arrears]);

    private static Instant FromOf(UsageNeed need) => need switch
    {
        { Measure: UsageMeasure.Accumulated } => need.Window.Start,
        { Reset: null } => Instant.FromUnixTimeMilliseconds(0),
        { Reset.Period: ResetPeriod.Year } => need.Window.Start - Duration.FromDays(366),
        _ => need.Window.Start - Duration.FromDays(31),
    };
}

/// <summary>A need with its answer.</summary>
public sealed record MeasuredNeed(UsageNeed Need, MeasuredUsage Usage);
