using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Subscriptions;
using static Tollgate.Domain.Tests.Credits.SellingSubscription;

namespace Tollgate.Domain.Tests.Credits;

/// <summary>Credits sold every period: what is granted and what is billed are one (record 19).</summary>
public sealed class SoldCreditTests
{
    private static readonly Instant Jun1 = Instant.FromUtc(2026, 6, 1, 0, 0);
    private static readonly Instant Jun16 = Instant.FromUtc(2026, 6, 16, 0, 0);
    private static readonly PackageVersion Monthly = Selling("pro", PerCredit(0.001m, BillingPeriod.Monthly));

    private static readonly PackageVersion ByMonth =
        Selling("pro", PerCredit(0.0008m, BillingPeriod.Annually, CreditGrantCadence.Monthly));

    private static SellingSubscription OfTenThousand() => new(Jun1, Monthly, BillingPeriod.Monthly, 10_000);

    private static IEnumerable<(decimal Amount, decimal Cost)> Grants(SellingSubscription s) =>
        s.Credited.Grants.OrderBy(grant => grant.CreatedAt).Select(grant => (grant.Amount, grant.Cost.Amount));

    [Fact]
    public void A_raise_in_mid_period_is_granted_and_billed_in_full()
    {
        var s = OfTenThousand();
        s.Credited.Until(Jun16);

        // 10 000 at 0.001 = 10.00 are paid; 25 000 = 25.00: 15 000 more for 15.00, whatever is left of the month.
        Assert.Equal([-10m, 25m], s.Buy(25_000));
        Assert.Equal([(10_000m, 10m), (15_000m, 15m)], Grants(s));
        Assert.All(s.Credited.Grants, grant => Assert.Equal(0.001m, grant.Cost.Amount / grant.Amount));
        Assert.Equal(s.Money, s.Cost);
    }

    [Fact]
    public void A_lowering_in_mid_period_gives_nothing_back_and_takes_nothing_back()
    {
        var s = OfTenThousand();
        s.Credited.Use(1_000);
        s.Credited.Until(Jun16);

        Assert.Empty(s.Buy(4_000));
        Assert.Equal(9_000m, s.Credited.Balance);
        s.Credited.Until(Instant.FromUtc(2026, 7, 1, 0, 0));
        // The next month is 4 000 for 4.00.
        Assert.Equal([(10_000m, 10m), (4_000m, 4m)], Grants(s));
    }

    [Fact]
    public void What_was_bought_once_in_a_period_is_neither_billed_nor_granted_again()
    {
        var s = OfTenThousand();
        s.Credited.Until(Jun16);

        Assert.Empty(s.Buy(4_000));
        Assert.Empty(s.Buy(10_000));
        // Beyond what was paid for: 12 000 - 10 000 = 2 000 for 2.00.
        Assert.Equal([-10m, 12m], s.Buy(12_000));
        Assert.Equal([(10_000m, 10m), (2_000m, 2m)], Grants(s));
    }

    [Fact]
    public void Tiers_price_the_whole_again_and_the_difference_is_what_the_new_credits_cost()
    {
        // Up to 10 000: 0.001 each; more: 0.0008 each.
        var tiered = Selling("pro", PerCredit(0.001m, BillingPeriod.Monthly) with
        {
            Price = null,
            TiersMode = TiersMode.Volume,
            Tiers = [new(10_000, new(0.001m, "usd"), null), new(null, new(0.0008m, "usd"), null)],
        });
        var s = new SellingSubscription(Jun1, tiered, BillingPeriod.Monthly, 10_000);
        s.Credited.Until(Jun16);

        // 20 000 x 0.0008 = 16.00, of which 10.00 are paid: 10 000 more for 6.00.
        Assert.Equal([-10m, 16m], s.Buy(20_000));
        Assert.Equal([(10_000m, 10m), (10_000m, 6m)], Grants(s));
    }

    [Fact]
    public void A_dearer_price_of_the_same_credits_is_not_billed_for_what_is_granted()
    {
        var s = OfTenThousand();
        s.Credited.Until(Jun16);

        Assert.Empty(s.Change(Selling("dear", PerCredit(0.003m, BillingPeriod.Monthly)), 10_000));
        // 11 000 x 0.003 = 33.00 less the 10.00 that were paid: 1 000 for 23.00, since the whole is priced anew.
        Assert.Equal([-10m, 33m], s.Buy(11_000));
        Assert.Equal([(10_000m, 10m), (1_000m, 23m)], Grants(s));
    }

    [Fact]
    public void An_annual_term_by_the_month_bills_the_months_that_are_left()
    {
        var s = new SellingSubscription(Jun1, ByMonth, BillingPeriod.Annually, 120_000);
        s.Credited.Until(Instant.FromUtc(2026, 12, 10, 0, 0));

        // Seven months began, the seventh runs: six are left with it, 6/12 of 96.00 against 6/12 of 192.00.
        Assert.Equal([-48m, 96m], s.Buy(240_000));
        // The running month: 20 000 for 16.00, of which 10 000 for 8.00 are granted.
        Assert.Equal((10_000m, 8m), Grants(s).Last());
        s.Credited.Until(Instant.FromUtc(2027, 5, 31, 0, 0));
        // 6 x 8.00 + (8.00 + 8.00) + 5 x 16.00 = 144.00 = 96.00 + 48.00.
        Assert.Equal((144m, 144m), (s.Cost, s.Money));
    }

    [Fact]
    public void An_annual_term_by_the_month_gives_back_the_months_that_have_not_begun()
    {
        var s = new SellingSubscription(Jun1, ByMonth, BillingPeriod.Annually, 120_000);
        s.Credited.Until(Instant.FromUtc(2026, 12, 10, 0, 0));

        // Five months have not begun: 5/12 of 96.00 against 5/12 of 48.00; the running one stays.
        Assert.Equal([-40m, 20m], s.Buy(60_000));
        // Back up: its running month is paid for.
        Assert.Equal([-20m, 40m], s.Buy(120_000));
        Assert.Equal([-40m, 20m], s.Buy(60_000));
        s.Credited.Until(Instant.FromUtc(2027, 5, 31, 0, 0));
        // 7 x 8.00 + 5 x 4.00 = 76.00 = 96.00 - 20.00.
        Assert.Equal((76m, 76m), (s.Cost, s.Money));
    }

    [Fact]
    public void A_cancellation_gives_back_the_months_that_have_not_begun_and_leaves_what_was_granted()
    {
        var s = new SellingSubscription(Jun1, ByMonth, BillingPeriod.Annually, 120_000);
        s.Credited.Until(Instant.FromUtc(2026, 7, 10, 0, 0));
        s.Credited.Use(2_500);

        // Ten months: 10/12 of 96.00.
        Assert.Equal([-80m], s.Cancel());
        Assert.Equal(7_500m, s.Credited.Balance);
        Assert.Equal((16m, 16m), (s.Cost, s.Money));
        s.Credited.Until(Instant.FromUtc(2026, 8, 1, 0, 0));
        Assert.Equal(0m, s.Credited.Balance);
    }

    [Fact]
    public void A_change_that_is_not_charged_grants_for_nothing()
    {
        var s = OfTenThousand();
        s.Credited.Until(Jun16);

        s.Buy(15_000, ProrationBehavior.None);
        Assert.Equal([(10_000m, 10m), (5_000m, 0m)], Grants(s));
        // What it was given is not billed later: 12 000 are fewer than it has, 16 000 cost 16.00 - 10.00.
        Assert.Empty(s.Buy(12_000));
        Assert.Equal([-10m, 16m], s.Buy(16_000));
        Assert.Equal(s.Money, s.Cost);
    }

    [Fact]
    public void Moved_credits_take_what_they_cost_with_them()
    {
        var s = OfTenThousand();
        s.Credited.Use(4_000);
        s.Credited.Until(Jun16);
        s.Credited.Update(same => same with { ResourceId = new("site") });

        // 4 000 burnt for 4.00 where it was; 6 000 for 6.00 where it is now.
        Assert.Equal((6_000m, 6m), Grants(s).Last());
        Assert.Equal(6_000m, s.Credited.Balance);
    }

    /// <summary>
    /// What a period was billed for its credits is what their grants cost, whatever was bought when. A change of plan that is not
    /// prorated is left out: there the vendor keeps money for nothing on purpose.
    /// </summary>
    [Fact]
    public void Money_is_credits_times_cost_basis() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(300),
        Prop.ForAll(Gen.Choose(0, 1_000_000).ListOf().ToArbitrary(), actions =>
        {
            PackageVersion[] plans =
            [
                ByMonth,
                Selling("dear", PerCredit(0.0137m, BillingPeriod.Annually, CreditGrantCadence.Monthly)),
                Selling("once", PerCredit(0.0011m, BillingPeriod.Annually)),
                Selling("none"),
            ];
            var s = new SellingSubscription(Jun1, plans[0], BillingPeriod.Annually, 100);
            var end = Instant.FromUtc(2027, 6, 1, 0, 0) - Duration.FromMilliseconds(1);
            foreach (var action in actions)
            {
                // At every step: what was billed is granted, or waits for parts that have not begun.
                var running = Assert.Single(s.Credited.Subscription.RunningCharges);
                var slice = CreditSlice.At(Jun1, BillingPeriod.Annually, running.Credits!.Slices, s.Credited.Now);
                if (s.Money - s.Cost != slice.MoneyAfter(running.Net, "usd"))
                    return false;
                if (action % 5 == 0)
                    s.Credited.Until(Instant.Min(end, s.Credited.Now + Duration.FromHours(action / 5 % 1_500)));
                else
                    s.Change(
                        plans[action % 5 == 4 ? action / 5 % plans.Length : 0], 12 + (action / 7 % 5_000),
                        action % 5 != 4 && action % 11 == 0 && s.Plan == ByMonth ? ProrationBehavior.None : ProrationBehavior.InvoiceImmediately);
            }

            s.Credited.Until(end);
            return s.Money == s.Cost;
        }));
}
