using NodaTime;
using Tollgate.Domain.Credits;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using static Tollgate.Domain.Credits.CreditEntryKind;
using static Tollgate.Domain.Tests.Credits.GivenPool;

namespace Tollgate.Domain.Tests.Credits;

public sealed class PoolBookTests
{
    [Fact]
    public void Burn_order_is_priority_then_expiry_then_promotional_then_age()
    {
        // The example of spec 5.4: need 60 -> B 20, A 40, C 0.
        var ledger = Of(
            Grant("A", 50) with { Priority = 1, ExpireAt = Day(30) },
            Grant("B", 20, CreditGrantType.Promotional) with { Priority = 1, ExpireAt = Day(30) },
            Grant("C", 100, CreditGrantType.Promotional) with { Priority = 2, ExpireAt = Day(15) });

        ledger.Consume(60);

        Assert.Equal([(Consumed, "B", 20m), (Consumed, "A", 40m)], ledger.Rows(3));
        Assert.Equal(110, ledger.Pool.Balance);
    }

    [Fact]
    public void Ties_are_broken_by_start_then_creation_then_id()
    {
        CreditGrant[] inOrder =
        [
            Grant("d", 1) with { EffectiveAt = Day(5), CreatedAt = Day(9) },
            Grant("c", 1) with { EffectiveAt = Day(6), CreatedAt = Day(7) },
            Grant("a", 1) with { EffectiveAt = Day(6), CreatedAt = Day(8) },
            Grant("b", 1) with { EffectiveAt = Day(6), CreatedAt = Day(8) },
        ];

        Assert.Equal(["d", "c", "a", "b"], inOrder.Reverse().Order(BurnOrder.Comparer).Select(grant => grant.Id));
    }

    [Fact]
    public void What_the_grants_cannot_cover_is_the_overdrafts()
    {
        // Spec 5.5: 10 left, cost 25 -> grant -10 (empty), overdraft 15, balance -15.
        var ledger = Of(Grant("g", 10)).Consume(25);

        Assert.Equal((10m, 0m), (ledger["g"].Consumed, ledger["g"].Remaining));
        Assert.Equal((0m, 15m, CreditGrantStatus.Active), (ledger.Overdraft.Amount, ledger.Overdraft.Consumed, ledger.Overdraft.Status));
        Assert.Equal("Overdraft", ledger.Overdraft.DisplayName);
        Assert.Equal(-15, ledger.Pool.Balance);
        // A second deficit makes no second overdraft.
        ledger.Consume(5);
        Assert.Equal(20, ledger.Overdraft.Consumed);
        Assert.Single(ledger.Grants, grant => grant.IsOverdraft);
    }

    [Fact]
    public void A_grant_settles_the_whole_deficit_and_closes_the_overdraft()
    {
        // Spec 5.6: deficit 15, buy 50 -> consumed 15, remaining 35; overdraft voided; balance 35.
        var ledger = Of().Consume(15);
        var before = ledger.Entries.Count;

        ledger.Grant(Grant("new", 50));

        Assert.Equal((15m, 35m), (ledger["new"].Consumed, ledger["new"].Remaining));
        Assert.Equal((CreditGrantStatus.Voided, 0m), (ledger.Overdraft.Status, ledger.Overdraft.Consumed));
        Assert.Equal(35, ledger.Pool.Balance);
        var overdraft = ledger.Overdraft.Id;
        Assert.Equal(
            [(Granted, "new", 50m), (TransferSource, overdraft, 15m), (TransferTarget, "new", 15m), (Voided, overdraft, 0m)],
            ledger.Rows(before));
        Assert.Equal(
            [EventType.CreditGrantCreated, EventType.CreditGrantUpdated, EventType.CreditGrantUpdated, EventType.CreditGrantVoided],
            ledger.Events.TakeLast(4).Select(e => e.Event.Type));
    }

    [Fact]
    public void A_grant_that_is_over_when_it_comes_repays_nothing()
    {
        var ledger = Of().Consume(15);
        var (before, told) = (ledger.Entries.Count, ledger.Events.Count);

        ledger.Grant(Grant("late", 50) with { EffectiveAt = Day(1), ExpireAt = Day(9) });

        Assert.Equal((CreditGrantStatus.Expired, 0m), (ledger["late"].Status, ledger["late"].Consumed));
        Assert.Equal((CreditGrantStatus.Active, 15m), (ledger.Overdraft.Status, ledger.Overdraft.Consumed));
        Assert.Equal(-15, ledger.Pool.Balance);
        // Came and went: 50 - 50 = 0, so the balance did not rise, and did not fall to nothing either.
        Assert.Equal([(Granted, "late", 50m), (Expired, "late", 50m)], ledger.Rows(before));
        Assert.Equal(
            [EventType.CreditGrantCreated, EventType.CreditGrantExpired], ledger.Events.Skip(told).Select(e => e.Event.Type));
        Assert.Empty(ledger.Audit());
    }

    [Fact]
    public void A_grant_paid_after_its_end_repays_nothing()
    {
        var ledger = Of(Grant("bought", 50) with { Status = CreditGrantStatus.PaymentPending, ExpireAt = Day(12) }).Consume(15);

        ledger.Do(Day(13), book => book.Release("bought", Day(13)));

        Assert.Equal((CreditGrantStatus.Expired, 0m), (ledger["bought"].Status, ledger["bought"].Consumed));
        Assert.Equal(-15, ledger.Pool.Balance);
        Assert.Empty(ledger.Audit());
    }

    [Fact]
    public void A_grant_smaller_than_the_deficit_is_used_up_by_it()
    {
        // Spec 5.6: deficit 15, grant 10 -> grant used up, overdraft 5, balance -5.
        var ledger = Of().Consume(15).Grant(Grant("small", 10));

        Assert.Equal(0, ledger["small"].Remaining);
        Assert.Equal((CreditGrantStatus.Active, 5m), (ledger.Overdraft.Status, ledger.Overdraft.Consumed));
        Assert.Equal(-5, ledger.Pool.Balance);
        Assert.Equal(EventType.CreditGrantDepleted, ledger.Events[^1].Event.Type);
        // The next deficit after a settled one is a new overdraft.
        ledger.Grant(Grant("rest", 5)).Consume(1);
        Assert.Equal(2, ledger.Grants.Count(grant => grant.IsOverdraft));
        Assert.Empty(ledger.Audit());
    }

    [Fact]
    public void Expiry_takes_the_remainder_and_a_scheduled_grant_begins_after_it_at_the_same_instant()
    {
        var ledger = Of(
            Grant("old", 100, CreditGrantType.Recurring) with { ExpireAt = Day(20) },
            Grant("next", 100, CreditGrantType.Recurring) with { EffectiveAt = Day(20), ExpireAt = Day(30) });
        ledger.Consume(30);
        Assert.Equal((70m, Day(20)), (ledger.Pool.Balance, ledger.Pool.NextDue));

        Assert.Equal(100, ledger.Pool.At(Day(20)).Balance);
        ledger.Do(Day(25), _ => { });

        Assert.Equal([(Expired, "old", 70m), (Granted, "next", 100m)], ledger.Rows(2));
        Assert.All(ledger.Entries.Skip(2), entry => Assert.Equal(Day(20), entry.At));
        Assert.Equal((CreditGrantStatus.Expired, CreditGrantStatus.Active), (ledger["old"].Status, ledger["next"].Status));
        Assert.Equal((100m, (Instant?)Day(30)), (ledger.Pool.Balance, ledger.Pool.PeriodEnd));
    }

    [Fact]
    public void A_used_up_grant_expires_without_an_entry()
    {
        var ledger = Of(Grant("g", 10) with { ExpireAt = Day(20) }).Consume(10);
        var before = ledger.Entries.Count;

        ledger.Do(Day(20), _ => { });

        Assert.Equal(CreditGrantStatus.Expired, ledger["g"].Status);
        Assert.Equal(before, ledger.Entries.Count);
        Assert.Equal(EventType.CreditGrantExpired, ledger.Events[^1].Event.Type);
        Assert.Empty(ledger.Audit());
    }

    [Fact]
    public void Expiry_is_at_its_instant_and_not_before()
    {
        var ledger = Of(Grant("g", 10) with { ExpireAt = Day(20) });

        Assert.Equal(10, ledger.Pool.At(Day(20) - Duration.FromMilliseconds(1)).Balance);
        Assert.Equal(0, ledger.Pool.At(Day(20)).Balance);
    }

    [Fact]
    public void Void_takes_the_remainder_and_leaves_what_was_consumed()
    {
        var ledger = Of(Grant("g", 100)).Consume(40);
        ledger.Do(Now, book => book.Void("g", Now));

        Assert.Equal((Voided, "g", 60m), ledger.Rows().Last());
        Assert.Equal((CreditGrantStatus.Voided, 40m, (Instant?)Now), (ledger["g"].Status, ledger["g"].Consumed, ledger["g"].VoidedAt));
        Assert.Equal((0m, 0m), (ledger.Pool.TotalGranted, ledger.Pool.TotalConsumed));
        Assert.Empty(ledger.Audit());
    }

    [Fact]
    public void A_grant_that_waits_for_its_payment_counts_once_it_is_paid()
    {
        var pending = Grant("p", 50) with
        {
            Status = CreditGrantStatus.PaymentPending,
            PaymentCollection = PaymentCollection.Processing,
        };
        var ledger = Of(pending).Consume(20);
        Assert.Equal((-20m, 0), (ledger.Pool.Balance, ledger.Entries.Count(e => e.Kind == Granted)));

        ledger.Do(Day(12), book => book.Release("p", Day(12)));

        Assert.Equal(
            (CreditGrantStatus.Active, PaymentCollection.NotRequired, 20m),
            (ledger["p"].Status, ledger["p"].PaymentCollection, ledger["p"].Consumed));
        Assert.Equal(30, ledger.Pool.Balance);
        Assert.Empty(ledger.Audit());
    }

    [Fact]
    public void A_payment_before_the_start_schedules_and_one_after_the_expiry_expires()
    {
        var early = Grant("early", 5) with { Status = CreditGrantStatus.PaymentPending, EffectiveAt = Day(20) };
        var late = Grant("late", 7) with { Status = CreditGrantStatus.PaymentPending, ExpireAt = Day(11) };
        var ledger = Of(early, late);
        // Waiting for the payment outranks being expired (spec 4.2).
        Assert.Equal(CreditGrantStatus.PaymentPending, ledger.Do(Day(12), _ => { })["late"].Status);

        ledger.Do(Day(12), book => book.Release("early", Day(12)));
        ledger.Do(Day(12), book => book.Release("late", Day(12)));

        Assert.Equal((CreditGrantStatus.Scheduled, CreditGrantStatus.Expired), (ledger["early"].Status, ledger["late"].Status));
        Assert.Equal(
            [(Granted, "late", 7m, Day(12)), (Expired, "late", 7m, Day(12))],
            ledger.Entries.Select(e => (e.Kind, e.GrantId, e.Amount, e.At)));
    }

    [Fact]
    public void A_start_moved_into_the_future_leaves_the_balance_until_then()
    {
        var ledger = Of(Grant("g", 10));
        ledger.Do(Now, book => book.Update(ledger["g"] with { EffectiveAt = Day(20) }, Now));
        Assert.Equal((0m, CreditGrantStatus.Scheduled), (ledger.Pool.Balance, ledger["g"].Status));
        Assert.Equal([(Granted, "g", 10m), (Voided, "g", 10m), (Updated, "g", 0m)], ledger.Rows());

        ledger.Do(Day(20), _ => { });

        Assert.Equal(10, ledger.Pool.Balance);
        Assert.Empty(ledger.Audit());
    }

    [Fact]
    public void A_changed_expiry_changes_the_order_at_once_and_one_in_the_past_expires()
    {
        var ledger = Of(Grant("a", 10) with { ExpireAt = Day(20) }, Grant("b", 10) with { ExpireAt = Day(21) });
        ledger.Do(Now, book => book.Update(ledger["b"] with { ExpireAt = Day(19) }, Now));
        ledger.Consume(1);
        Assert.Equal((0m, 1m), (ledger["a"].Consumed, ledger["b"].Consumed));

        ledger.Do(Day(12), book => book.Update(ledger["b"] with { ExpireAt = Day(11) }, Day(12)));

        Assert.Equal((Expired, "b", 9m), ledger.Rows().Last());
        Assert.Empty(ledger.Audit());
    }

    [Fact]
    public void Consumption_is_carried_to_the_grant_of_a_new_plan()
    {
        // Spec 8.4: old 1 000 with 600 used, new 5 000 -> ledger +1000 -600 +600 -600 -1000 +5000, 4 400 left.
        var ledger = Of(Grant("old", 1000, CreditGrantType.Recurring)).Consume(600);
        ledger.Do(Now, book =>
        {
            book.Grant(Grant("new", 5000, CreditGrantType.Recurring), Now);
            book.Carry("old", "new", 600, Now);
            book.Void("old", Now);
        });

        Assert.Equal(4400, ledger.Pool.Balance);
        Assert.Equal(4400, ledger["new"].Remaining);
        Assert.Equal([1000m, -600m, 5000m, 600m, -600m, -1000m], ledger.Entries.Select(entry => entry.SignedAmount));
        Assert.Empty(ledger.Audit());
    }

    [Fact]
    public void More_than_was_consumed_or_is_left_cannot_be_carried()
    {
        var ledger = Of(Grant("a", 10)).Consume(4).Grant(Grant("b", 3));

        Assert.Throws<ArgumentException>(() => ledger.Do(Now, book => book.Carry("a", "b", 5, Now)));
        Assert.Throws<ArgumentException>(() => ledger.Do(Now, book => book.Carry("a", "b", 4, Now)));
    }

    [Fact]
    public void The_worked_scenario_of_the_specification()
    {
        // Spec 17. Mapping 0.01 credits a token. 1: R1 5 000 until 10 Feb.
        var ledger = Of(Grant("R1", 5000, CreditGrantType.Recurring) with { ExpireAt = Day(41) });
        // 2: P 500 until 31 Jan.
        ledger.Grant(Grant("P", 500, CreditGrantType.Promotional) with { EffectiveAt = Day(12), ExpireAt = Day(31) }, Day(12));
        Assert.Equal(5500, ledger.Pool.Balance);
        // 3: 60 000 tokens -> 600: P expires first, then R1.
        ledger.Consume(60_000 * 0.01m, Day(15));
        Assert.Equal((500m, 100m, 4900m), (ledger["P"].Consumed, ledger["R1"].Consumed, ledger.Pool.Balance));
        Assert.Contains(ledger.Events, e => e.Event.Type == EventType.CreditGrantDepleted && e.Event.EntityId == "P");
        // 4: T 1 000 for 12.00.
        ledger.Grant(Grant("T", 1000) with { EffectiveAt = Day(20), Cost = new(12, "usd") }, Day(20));
        Assert.Equal(5900, ledger.Pool.Balance);
        // 5: 5 Feb, 6 100 -> R1 4 900, T 1 000, overdraft 200.
        ledger.Consume(6100, Day(36));
        Assert.Equal(
            (5000m, 1000m, 200m, -200m),
            (ledger["R1"].Consumed, ledger["T"].Consumed, ledger.Overdraft.Consumed, ledger.Pool.Balance));
        // 6: 10 Feb, R1 is over with 0 left, R2 5 000 settles 200.
        var entries = ledger.Entries.Count;
        ledger.Grant(
            Grant("R2", 5000, CreditGrantType.Recurring) with { EffectiveAt = Day(41), ExpireAt = Day(69) }, Day(41));
        Assert.DoesNotContain(ledger.Entries.Skip(entries), entry => entry.Kind == Expired);
        Assert.Equal((4800m, CreditGrantStatus.Voided), (ledger["R2"].Remaining, ledger.Overdraft.Status));
        // 7: 10 Mar: 4 800 expire, R3 5 000, no rollover.
        ledger.Grant(Grant("R3", 5000, CreditGrantType.Recurring) with { EffectiveAt = Day(69) }, Day(69));
        Assert.Contains((Expired, "R2", 4800m), ledger.Rows());
        Assert.Equal(5000, ledger.Pool.Balance);
        Assert.Equal(5000, ledger.Entries.Sum(entry => entry.SignedAmount));
        Assert.Empty(ledger.Audit());
    }
}
