using Tollgate.Domain.Credits;
using Tollgate.Domain.EventLog;
using static Tollgate.Domain.Tests.Credits.GivenPool;

namespace Tollgate.Domain.Tests.Credits;

/// <summary>When a falling balance is told (spec credits 14).</summary>
public sealed class PoolEventTests
{
    private static IEnumerable<EventType> TypesOf(GivenPool.Ledger ledger, int skip) =>
        ledger.Events.Skip(skip).Select(e => e.Event.Type);

    [Fact]
    public void Falling_below_a_fifth_is_told_once_for_the_grant_and_once_for_the_pool()
    {
        var ledger = Of(Grant("g", 100));
        // Exactly 20 % left is not below it.
        ledger.Consume(80);
        Assert.Equal([EventType.CreditGrantCreated], TypesOf(ledger, 0));

        ledger.Consume(1);
        ledger.Consume(1);

        Assert.Equal([EventType.CreditGrantBalanceLow, EventType.CreditBalanceLow], TypesOf(ledger, 1));
        var facts = ledger.Events[2].Event.Facts!;
        Assert.Equal(("19", "19", "81", "20", "100", "ai"), (
            facts["remainingBalance"], facts["remainingBalancePercentage"], facts["consumedPercentage"],
            facts["thresholdPercentage"], facts["totalGranted"], facts["currencyId"]));
    }

    [Fact]
    public void Using_up_everything_tells_depletion_alone()
    {
        var ledger = Of(Grant("g", 100)).Consume(120);

        Assert.Equal(
            [EventType.CreditGrantCreated, EventType.CreditGrantDepleted, EventType.CreditGrantCreated, EventType.CreditBalanceDepleted],
            TypesOf(ledger, 0));
        var facts = ledger.Events[^1].Event.Facts!;
        Assert.Equal(("0", "100", "-20"), (facts["remainingBalance"], facts["consumedPercentage"], facts["currentBalance"]));
        Assert.False(facts.ContainsKey("thresholdPercentage"));
        // Below 0 nothing is depleted a second time.
        ledger.Consume(5);
        Assert.Equal(4, ledger.Events.Count);
    }

    [Fact]
    public void A_new_grant_arms_the_threshold_again()
    {
        var ledger = Of(Grant("a", 100)).Consume(90);
        Assert.Single(ledger.Events, e => e.Event.Type == EventType.CreditBalanceLow);

        // 110 of 200 left are 55 %; 39 of 200 are 19.5 %.
        ledger.Grant(Grant("b", 100)).Consume(71);

        Assert.Equal(2, ledger.Events.Count(e => e.Event.Type == EventType.CreditBalanceLow));
    }

    [Fact]
    public void Expiry_and_void_can_bring_a_balance_low_too()
    {
        // 10 of 100 of "a" are left, and 100 of "b": 110 of 200 are 55 %. Without "b" 10 of 100 are 10 %.
        var expiring = Of(Grant("a", 100) with { ExpireAt = Day(30) }, Grant("b", 100) with { ExpireAt = Day(40) }).Consume(90);
        expiring.Do(Now, book => book.Void("b", Now));
        Assert.Equal(EventType.CreditBalanceLow, expiring.Events[^1].Event.Type);

        expiring.Do(Day(30), _ => { });
        Assert.Equal(
            [EventType.CreditGrantExpired, EventType.CreditBalanceDepleted], TypesOf(expiring, expiring.Events.Count - 2));
        Assert.Equal(Day(30), expiring.Events[^1].At);
    }

    [Fact]
    public void One_change_tells_the_lowest_of_the_thresholds_it_crossed()
    {
        var thresholds = new CreditThresholds(50, 20, 5);

        Assert.Equal(20, thresholds.Crossed(60, 10));
        Assert.Equal(5, thresholds.Crossed(60, 4));
        Assert.Equal(50, thresholds.Crossed(50, 49));
        Assert.Null(thresholds.Crossed(49, 21));
        Assert.Null(thresholds.Crossed(10, 60));
        Assert.Equal((0m, 25m), (CreditThresholds.Percent(5, 0), CreditThresholds.Percent(5, 20)));
    }

    [Fact]
    public void A_cycle_that_takes_the_place_of_another_is_no_fall_of_the_balance()
    {
        var ledger = Of(Grant("r1", 100, CreditGrantType.Recurring) with { ExpireAt = Day(20) }).Consume(10);
        ledger.Grant(Grant("r2", 100, CreditGrantType.Recurring) with { EffectiveAt = Day(20), ExpireAt = Day(30) }, Day(20));

        // Nothing begins on day 30: 100 to 0 is depletion, told once and at its own instant, though seen later.
        ledger.Do(Day(40), _ => { });
        ledger.Do(Day(41), _ => { });

        var told = Assert.Single(ledger.Events, e => e.Event.Type is EventType.CreditBalanceDepleted or EventType.CreditBalanceLow);
        Assert.Equal((EventType.CreditBalanceDepleted, Day(30)), (told.Event.Type, told.At));
    }

    [Fact]
    public void What_begins_later_than_the_end_of_a_cycle_does_not_hide_its_depletion()
    {
        var ledger = Of(Grant("r1", 100, CreditGrantType.Recurring) with { ExpireAt = Day(20) });
        ledger.Grant(Grant("r2", 100), Day(21));

        Assert.Equal(Day(20), Assert.Single(ledger.Events, e => e.Event.Type == EventType.CreditBalanceDepleted).At);
    }

    [Fact]
    public void Every_transaction_that_changes_the_pool_tells_its_balance_once()
    {
        var ledger = Of(Grant("g", 100) with { ExpireAt = Day(20) });
        ledger.Do(Now, book =>
        {
            book.Consume(Burn(30), Now);
            book.Consume(Burn(5), Now);
        });
        ledger.Do(Now, _ => { });

        // 100, then 100 - 35.
        Assert.Equal([(100, 0, Day(20)), (100, 35, Day(20))], ledger.Balances.Select(b => (b.Granted, b.Consumed, b.ValidUntil!.Value)));
        var facts = ledger.Balances[1].Facts(Key);
        Assert.Equal(("ai", "65", "100", "35", "2026-01-20T00:00:00Z"),
            (facts["currencyId"], facts["currentBalance"], facts["totalGranted"], facts["totalConsumed"], facts["validUntil"]));
    }
}
