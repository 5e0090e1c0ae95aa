using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Credits;

/// <summary>Spec credits 10 and 17. Now is 31 January 2026, 10:13.</summary>
public sealed class AutoRechargeRulesTests
{
    private static readonly Instant February = Instant.FromUtc(2026, 2, 1, 0, 0);

    private static readonly AutoRecharge TwentyToFifty =
        AutoRechargeRules.Default(Given.CustomerId, new("ai"), Given.Uid(40), Given.Now) with
        {
            IsEnabled = true,
            ThresholdValue = 20,
            TargetBalance = 50,
        };

    private static TopUpPrice Price(decimal price = 1, int? min = null, int? max = null) => new(new Charge
    {
        Uid = Given.Uid(41),
        Model = BillingModel.PerUnit,
        Cadence = BillingCadence.OneOff,
        BillingPeriod = BillingPeriod.Monthly,
        TopUpCurrencyId = new("ai"),
        Price = new(price, "usd"),
        MinUnitQuantity = min,
        MaxUnitQuantity = max,
        CreatedAt = Given.Now,
    });

    [Fact]
    public void Below_the_threshold_it_buys_up_to_the_target_and_at_it_nothing()
    {
        Assert.Equal((32m, 32m), Decide(18));
        Assert.Equal((0m, 0m), Decide(20));
        Assert.Equal((30.5m, 30.5m), Decide(19.5m));
        // A deficit is bought too: 50 - (-15).
        Assert.Equal((65m, 65m), Decide(-15));
        Assert.Equal((0m, 0m), Decide(18, TwentyToFifty with { IsEnabled = false }));

        static (decimal, decimal) Decide(decimal balance, AutoRecharge? recharge = null)
        {
            var decision = AutoRechargeRules.Decide(recharge ?? TwentyToFifty, balance, Price(), Given.Now);
            return (decision.Credits, decision.Cost);
        }
    }

    [Fact]
    public void Fewest_and_most_of_a_purchase_and_a_threshold_in_money_are_minded()
    {
        Assert.Equal(40, AutoRechargeRules.Decide(TwentyToFifty, 18, Price(min: 40), Given.Now).Credits);
        Assert.Equal(25, AutoRechargeRules.Decide(TwentyToFifty, 18, Price(max: 25), Given.Now).Credits);
        // 4 dollars are 8 credits of half a dollar.
        var inMoney = TwentyToFifty with { ThresholdType = RechargeThresholdType.DollarAmount, ThresholdValue = 4 };
        Assert.Equal(0, AutoRechargeRules.Decide(inMoney, 8, Price(0.5m), Given.Now).Credits);
        var bought = AutoRechargeRules.Decide(inMoney, 7, Price(0.5m), Given.Now);
        Assert.Equal((43m, 21.5m), (bought.Credits, bought.Cost));
    }

    [Fact]
    public void A_threshold_in_money_needs_a_first_credit_that_costs_something()
    {
        // The first 100 credits are free, each further one costs 0.5.
        var free = new TopUpPrice(Price().Charge with
        {
            Price = null,
            TiersMode = TiersMode.Graduated,
            Tiers = [new(100, new(0, "usd"), null), new(null, new(0.5m, "usd"), null)],
        });
        var inMoney = new AutoRechargeEdit(true) { ThresholdType = RechargeThresholdType.DollarAmount, ThresholdValue = 4 };
        var off = TwentyToFifty with { IsEnabled = false };

        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(AutoRechargeRules.Save(off, inMoney, true, free, Given.Now)));
        Assert.Null(Given.Code(AutoRechargeRules.Save(
            off, inMoney with { ThresholdType = RechargeThresholdType.CreditAmount }, true, free, Given.Now)));
        // Saved at 0.5 a credit, 4 are 8 credits: so it stays when the first credits become free.
        var saved = AutoRechargeRules.Save(off, inMoney, true, Price(0.5m), Given.Now).Value;
        Assert.Equal(0, AutoRechargeRules.Decide(saved, 8, free, Given.Now).Credits);
        Assert.Equal(43, AutoRechargeRules.Decide(saved, 7, free, Given.Now).Credits);
        Assert.Equal(
            ErrorCode.InvalidArgumentError,
            Given.Code(AutoRechargeRules.Save(off, inMoney with { ThresholdValue = decimal.MaxValue }, true, Price(0.5m), Given.Now)));
    }

    [Fact]
    public void Limit_holds_without_a_partial_purchase_and_tells_the_rest_of_its_thresholds()
    {
        // Spec 17: cap 500, spent 480, balance 15, 35 more are 515 > 500 -> held; 80 and 90 were told, 100 is told now.
        var spent = TwentyToFifty with
        {
            MaxSpendLimit = 500,
            Spent = 480,
            ToldPercent = 90,
            WindowStart = Instant.FromUtc(2026, 1, 1, 0, 0),
        };
        var held = AutoRechargeRules.Decide(spent, 15, Price(), Given.Now);

        Assert.Equal((0m, true, (Instant?)February), (held.Credits, held.Recharge.IsHeld, held.Recharge.DueAt));
        Assert.True(held.Recharge.IsEnabled);
        Assert.Equal([100], AutoRechargeRules.Spend(held.Recharge, 0).Told);
        // In the next month it goes on by itself.
        var resumed = AutoRechargeRules.Decide(held.Recharge, 15, Price(), February);
        Assert.Equal((35m, 0m, false), (resumed.Credits, resumed.Recharge.Spent, resumed.Recharge.IsHeld));
        // Exactly the limit is within it.
        Assert.Equal(20, AutoRechargeRules.Decide(spent with { TargetBalance = 35 }, 15, Price(), Given.Now).Credits);
    }

    [Fact]
    public void One_spend_that_jumps_over_several_thresholds_tells_each_and_none_twice()
    {
        var limited = TwentyToFifty with { MaxSpendLimit = 100 };
        var (once, told) = AutoRechargeRules.Spend(limited, 95);
        Assert.Equal([80, 90], told);
        var (twice, more) = AutoRechargeRules.Spend(once, 5);
        Assert.Equal([100], more);
        Assert.Empty(AutoRechargeRules.Spend(twice, 0).Told);
        Assert.Empty(AutoRechargeRules.Spend(limited, 79.99m).Told);
        Assert.Empty(AutoRechargeRules.Spend(TwentyToFifty, 1_000_000).Told);
    }

    [Fact]
    public void Bought_credits_last_a_month_or_a_year_of_the_calendar()
    {
        var month = TwentyToFifty with { GrantExpiration = RechargeExpiration.OneMonth };
        Assert.Equal(Instant.FromUtc(2026, 2, 28, 10, 13), AutoRechargeRules.ExpiryOf(month, Given.Now));
        Assert.Equal(Instant.FromUtc(2027, 1, 31, 10, 13), AutoRechargeRules.ExpiryOf(TwentyToFifty, Given.Now));
    }

    [Fact]
    public void Saving_checks_amounts_payment_method_and_price()
    {
        var stored = TwentyToFifty with { IsEnabled = false };
        ErrorCode? Code(AutoRechargeEdit edit, bool hasMethod = true, TopUpPrice? price = null) =>
            Given.Code(AutoRechargeRules.Save(stored, edit, hasMethod, price, Given.Now));

        Assert.Null(Code(new(true), price: Price()));
        Assert.Equal(ErrorCode.PaymentMethodNotFoundError, Code(new(true), hasMethod: false, price: Price()));
        Assert.Equal(ErrorCode.InvalidArgumentError, Code(new(true)));
        Assert.Equal(ErrorCode.InvalidArgumentError, Code(new(true) { TargetBalance = 20 }, price: Price()));
        Assert.Equal(ErrorCode.InvalidArgumentError, Code(new(true), price: Price(min: 31)));
        Assert.Null(Code(new(true), price: Price(min: 30)));
        Assert.Equal(ErrorCode.InvalidArgumentError, Code(new(true), price: Price(max: 29)));
        Assert.Equal(ErrorCode.InvalidArgumentError, Code(new(false) { ThresholdValue = -1 }));
        Assert.Equal(ErrorCode.InvalidArgumentError, Code(new(false) { MaxSpendLimit = new(0) }));
        // Switched off, nothing has to work.
        Assert.Null(Code(new(false), hasMethod: false));
        Assert.Equal(
            20, AutoRechargeRules.Save(stored, new(true), true, Price(), Given.Now).Value.ThresholdCredits);
    }
}
