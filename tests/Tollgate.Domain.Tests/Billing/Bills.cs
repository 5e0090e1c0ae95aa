using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Billing;

/// <summary>Small catalogs to bill; a test says only what differs.</summary>
internal static class Bills
{
    public static readonly FeatureId Seats = Given.Seats;
    public static readonly FeatureId Calls = new("calls");
    public static readonly Instant Jun1 = Instant.FromUtc(2026, 6, 1, 0, 0);
    public static readonly Instant Jun16 = Instant.FromUtc(2026, 6, 16, 0, 0);
    public static readonly Instant Jul1 = Instant.FromUtc(2026, 7, 1, 0, 0);

    /// <summary>30 days: June 16 is half of it.</summary>
    public static readonly BillingWindow June = new(Jun1, Jul1);

    public static Charge Base(decimal price, BillingPeriod period = BillingPeriod.Monthly, string currency = "usd") =>
        Given.Charge(BillingModel.FlatFee, price, period, currency);

    public static Charge PerSeat(
        decimal price, BillingPeriod period = BillingPeriod.Monthly, string currency = "usd") =>
        Given.Charge(BillingModel.PerUnit, price, period, currency) with { FeatureId = Seats };

    public static Charge PerCall(decimal price, BillingPeriod period = BillingPeriod.Monthly) =>
        Given.Charge(BillingModel.UsageBased, price, period) with
        {
            FeatureId = Calls,
            Reset = ResetRule.Of(ResetPeriod.Month),
        };

    /// <summary>One overdrawn credit, as an overage.</summary>
    public static Charge PerCredit(decimal price, BillingPeriod period = BillingPeriod.Monthly) =>
        Given.Charge(BillingModel.UsageBased, price, period) with { TopUpCurrencyId = new("ai") };

    public static PriceTier Tier(decimal? upTo, decimal? unit, decimal? flat = null) => new(
        upTo, unit is { } u ? new(u, "usd") : null, flat is { } f ? new(f, "usd") : null);

    public static Charge Tiered(Charge charge, TiersMode mode, params PriceTier[] tiers) =>
        charge with { Price = null, TiersMode = mode, Tiers = tiers };

    public static PackageVersion Plan(params Charge[] charges) =>
        Given.Plan("pro", PricingType.Paid, charges) with { DisplayName = "Pro" };

    public static PackageVersion Addon(string id, params Charge[] charges) =>
        Given.Plan(id, PricingType.Paid, charges) with { Kind = PackageKind.Addon };

    public static BilledContent Content(PackageVersion plan, decimal? seats = null) => new()
    {
        Plan = plan,
        Period = BillingPeriod.Monthly,
        Currency = "usd",
        Quantities = seats is { } given ? new Dictionary<FeatureId, decimal> { [Seats] = given } : [],
        Features = Given.Features(
            Given.Feature(Seats) with { DisplayName = "Seats" }, Given.Feature(Calls) with { DisplayName = "Calls" }),
    };

    public static BilledContent Content(params Charge[] charges) => Content(Plan(charges));

    public static DiscountTerms Percent(decimal off, Instant? start = null, int? months = null) => new()
    {
        Code = $"SAVE{off}",
        Name = $"{off} % off",
        PercentOff = off,
        Start = start ?? Jun1,
        DurationInMonths = months,
    };

    public static DiscountTerms Fixed(decimal off, string currency = "usd", Instant? start = null) => new()
    {
        Code = $"MINUS{off}",
        Name = $"{off} off",
        AmountsOff = [new(off, currency)],
        Start = start ?? Jun1,
    };

    /// <summary>A line of an amount and nothing else.</summary>
    public static InvoiceLine Line(decimal amount, Instant? from = null) => new()
    {
        Type = InvoiceLineType.Other,
        Description = "Line",
        Amount = amount,
        UnitPrice = amount,
        PeriodStart = from ?? Jun1,
        PeriodEnd = Jul1,
    };

    public static TotalledInvoice Total(
        IReadOnlyList<InvoiceLine> lines, DiscountTerms? discount = null, decimal tax = 0, decimal balance = 0,
        string currency = "usd") =>
        InvoiceTotals.Of(lines, currency, discount is null ? [] : [discount], TaxRate.Exclusive(tax), balance);

    /// <summary>What runs once the content was billed for a period.</summary>
    public static IReadOnlyList<RunningCharge> Running(
        BilledContent content, params IReadOnlyList<DiscountTerms> inForce) =>
        RunningCharges.Of(
            Discounts.Apply(InAdvance.Lines(content, June), inForce, content.Currency), inForce, content.Currency);

    public static decimal[] Amounts(IEnumerable<InvoiceLine> lines) => [.. lines.Select(line => line.Amount)];
}
