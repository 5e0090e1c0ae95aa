using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Tests.Subscriptions;
using static Tollgate.Domain.Tests.Billing.Bills;

namespace Tollgate.Domain.Tests.Billing;

/// <summary>A change and the change back cost nothing, whatever else was on the bill (spec subscriptions 10).</summary>
public sealed class ThereAndBackTests
{
    private static readonly Instant MidJuly = Instant.FromUtc(2026, 7, 16, 12, 0);

    [Fact]
    public void Fixed_coupon_that_was_shared_with_usage_is_not_given_twice()
    {
        var ledger = new Ledger(
            Given.Plan("small", PricingType.Paid, Base(50), PerCall(0.5m)),
            Given.Plan("big", PricingType.Paid, Base(90), PerCall(0.5m)))
        {
            CustomerCoupon = Fixed(10),
        };
        ledger.Provision("small");
        ledger.Report(Calls, 100);
        ledger.AdvanceTo(Jul1);
        ledger.AdvanceTo(MidJuly);

        ledger.Provision("big");
        ledger.Provision("small");

        // July's bill: 50 of fee and 50 of calls share the 10, so the fee cost 45. Half of July is left.
        Assert.Equal([-22.5m, 40], ledger.Invoices[^2].Amounts);
        Assert.Equal([-40m, 22.5m], ledger.Invoices[^1].Amounts);
        Assert.Equal(45, Assert.Single(ledger.Live.RunningCharges).Net);
    }

    [Fact]
    public void Another_coupon_meanwhile_makes_another_price()
    {
        var ledger = new Ledger(
            Given.Plan("small", PricingType.Paid, Base(50)), Given.Plan("big", PricingType.Paid, Base(90)))
        {
            CustomerCoupon = Fixed(10),
        };
        ledger.Provision("small");
        ledger.AdvanceTo(Jun16);
        ledger.Provision("big");
        ledger.CustomerCoupon = null;
        ledger.Provision("small");

        // 40 for June with the coupon; without it the rest of June costs half of 50.
        Assert.Equal([-20m, 40], ledger.Invoices[^2].Amounts);
        Assert.Equal([-40m, 25], ledger.Invoices[^1].Amounts);
    }

    [Fact]
    public void Next_period_knows_nothing_of_it()
    {
        var ledger = new Ledger(
            Given.Plan("small", PricingType.Paid, Base(50)), Given.Plan("big", PricingType.Paid, Base(90)));
        ledger.Provision("small");
        ledger.AdvanceTo(Jun16);
        ledger.Provision("big");
        Assert.Equal(50, Assert.Single(ledger.Live.EarlierCharges).Net);

        ledger.AdvanceTo(Jul1);

        Assert.Empty(ledger.Live.EarlierCharges);
    }
}
