using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Credits;

/// <summary>A subscription that sells credits, billed and granted step by step as the server does it.</summary>
internal sealed class SellingSubscription
{
    private static readonly CurrencyId Ai = CreditedSubscription.Ai;
    private readonly BillingPeriod _period;

    public SellingSubscription(Instant start, PackageVersion plan, BillingPeriod period, decimal quantity)
    {
        (_period, Plan) = (period, plan);
        var first = CreditedSubscription.Live(plan, start, period) with { CreditQuantities = Quantity(quantity) };
        var lines = InAdvance.Lines(ContentOf(first), PeriodOf(first));
        Billed.AddRange(lines);
        Credited = new(first with { RunningCharges = RunningCharges.Of(lines, [], "usd") }, plan);
    }

    public CreditedSubscription Credited { get; }

    /// <summary>What is sold now.</summary>
    public PackageVersion Plan { get; private set; }

    public List<InvoiceLine> Billed { get; } = [];

    /// <summary>All money billed for credits.</summary>
    public decimal Money => Billed.Where(line => line.Key?.CurrencyId == Ai).Sum(line => line.Amount);

    /// <summary>All money that grants say they cost.</summary>
    public decimal Cost => Credited.Grants.Sum(grant => grant.Cost.Amount);

    public static PackageVersion Selling(string id, params Charge[] charges) => Given.Plan(id, PricingType.Paid, charges);

    /// <summary>Credits at a price each.</summary>
    public static Charge PerCredit(
        decimal price, BillingPeriod period, CreditGrantCadence cadence = CreditGrantCadence.BeginningOfBillingPeriod) =>
        Given.Charge(BillingModel.PerUnit, price, period) with
        {
            TopUpCurrencyId = Ai, CreditGrantCadence = cadence, MinUnitQuantity = 0,
        };

    public IReadOnlyList<decimal> Buy(decimal quantity, ProrationBehavior proration = ProrationBehavior.InvoiceImmediately) =>
        Change(Plan, quantity, proration);

    /// <summary>The amounts of the lines that the change is billed with.</summary>
    public IReadOnlyList<decimal> Change(
        PackageVersion plan, decimal quantity, ProrationBehavior proration = ProrationBehavior.InvoiceImmediately)
    {
        Plan = plan;
        var lines = new List<InvoiceLine>();
        Credited.MoveTo(plan, before =>
        {
            var after = before with { CreditQuantities = Quantity(quantity) };
            if (proration == ProrationBehavior.None)
            {
                return after with
                {
                    RunningCharges = Proration.Uncharged(
                        before.RunningCharges, ContentOf(after), PeriodOf(after), Credited.Now),
                };
            }

            var prorated = Proration.Change(
                before.RunningCharges, ContentOf(after), [], PeriodOf(before), Credited.Now, before.EarlierCharges);
            lines.AddRange(prorated.Lines);
            return after with { RunningCharges = prorated.Running, EarlierCharges = prorated.Earlier };
        });
        Billed.AddRange(lines);
        return [.. lines.Select(line => line.Amount)];
    }

    /// <summary>Ends it at once, with the unused time given back.</summary>
    public IReadOnlyList<decimal> Cancel()
    {
        var s = Credited.Subscription;
        var lines = Proration.End(s.RunningCharges, PeriodOf(s), Credited.Now, "usd", null, s.BillingCycleAnchor).Lines;
        Billed.AddRange(lines);
        Credited.End(CancelReason.Immediate);
        return [.. lines.Select(line => line.Amount)];
    }

    private BilledContent ContentOf(Subscription subscription) =>
        BilledContent.Of(new SubscriptionContent { Subscription = subscription, Plan = Plan });

    private BillingWindow PeriodOf(Subscription subscription) => BillingPeriods.Containing(
        subscription.BillingCycleAnchor!.Value, _period, subscription.CurrentBillingPeriodStart!.Value);

    private static Dictionary<CurrencyId, decimal> Quantity(decimal quantity) => new() { [Ai] = quantity };
}
