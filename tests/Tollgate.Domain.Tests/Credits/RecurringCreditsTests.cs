using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Credits;

public sealed class RecurringCreditsTests
{
    private static readonly PackageVersion Pro = CreditedSubscription.Plan("pro", CreditedSubscription.Row(1_000));
    private static readonly PackageVersion Team = CreditedSubscription.Plan("team", CreditedSubscription.Row(5_000));
    private static readonly Instant Start = Day(1, 10);

    private static Instant Day(int month, int day, int year = 2026) => Instant.FromUtc(year, month, day, 9, 30);

    private static CreditedSubscription On(PackageVersion plan) => new(plan, Start);

    private static HeldAddon Pack(decimal amount, int quantity = 1, EntitlementBehavior behavior = EntitlementBehavior.Increment) =>
        new(CreditedSubscription.Addon("pack", CreditedSubscription.Row(amount) with { Behavior = behavior }), quantity);

    [Fact]
    public void A_cycle_is_the_billing_month_and_nothing_rolls_over()
    {
        var s = On(Pro);
        s.Use(300);
        s.Until(Day(2, 10));

        // 1 000 - 300 = 700 expire, 1 000 are granted anew.
        Assert.Equal(1_000m, s.Balance);
        Assert.Equal([(Start, Day(2, 10)), (Day(2, 10), Day(3, 10))], s.Issued.Select(i => (i.EffectiveAt, i.ExpireAt)));
        Assert.Equal(700m, Assert.Single(s.Ledger, e => e.Kind == CreditEntryKind.Expired).Amount);
        Assert.All(s.Grants, grant => Assert.Equal(
            (CreditGrantType.Recurring, CreditGrantSource.PlanEntitlement, 0m, 0),
            (grant.Type, grant.Source!.Value, grant.Cost.Amount, grant.Priority)));
    }

    [Fact]
    public void Cycles_keep_the_day_of_the_anchor_where_the_month_has_it()
    {
        var s = new CreditedSubscription(Pro, Day(1, 31));
        s.Until(Day(5, 1));

        Assert.Equal(
            [Day(2, 28), Day(3, 31), Day(4, 30), Day(5, 31)], s.Issued.Select(i => i.ExpireAt));
        Assert.Equal([Day(1, 31), Day(2, 28), Day(3, 31), Day(4, 30)], s.Issued.Select(i => i.EffectiveAt));
    }

    [Fact]
    public void A_yearly_cycle_from_a_leap_day_ends_on_the_last_of_february()
    {
        var yearly = CreditedSubscription.Plan("pro", CreditedSubscription.Row(60_000, CreditCadence.Year));
        var s = new CreditedSubscription(yearly, Day(2, 29, 2028), BillingPeriod.Annually);
        s.Until(Day(3, 1, 2029));

        Assert.Equal([Day(2, 28, 2029), Day(2, 28, 2030)], s.Issued.Select(i => i.ExpireAt));
        Assert.Equal(60_000m, s.Balance);
    }

    [Fact]
    public void An_annual_term_grants_a_monthly_row_twelve_times()
    {
        var s = new CreditedSubscription(Pro, Start, BillingPeriod.Annually);
        s.Until(Day(1, 10, 2027) - Duration.FromMilliseconds(1));

        Assert.Equal(12, s.Issued.Count());
        Assert.Equal(1_000m, s.Balance);
    }

    [Fact]
    public void A_yearly_row_on_a_monthly_term_is_granted_once_a_year()
    {
        var s = On(CreditedSubscription.Plan("pro", CreditedSubscription.Row(12_000, CreditCadence.Year)));
        s.Use(2_000);
        s.Until(Day(1, 9, 2027));

        Assert.Single(s.Issued);
        Assert.Equal(10_000m, s.Balance);
        s.Until(Day(1, 10, 2027));
        Assert.Equal(12_000m, s.Balance);
    }

    [Fact]
    public void Free_plans_count_from_their_start()
    {
        var free = Given.FreePlan() with { CreditEntitlements = [CreditedSubscription.Row(100)] };
        var s = new CreditedSubscription(free, Start, period: null);
        s.Until(Day(3, 10));

        Assert.Equal([Day(2, 10), Day(3, 10), Day(4, 10)], s.Issued.Select(i => i.ExpireAt));
    }

    [Fact]
    public void Every_source_has_a_grant_of_its_own()
    {
        var s = On(CreditedSubscription.Plan("pro", CreditedSubscription.Row(100)));
        s.Hold(Pack(50));

        // 100 + 50 = 150 (spec credits 8.2).
        Assert.Equal(150m, s.Balance);
        Assert.Equal(
            [(100m, CreditGrantSource.PlanEntitlement), (50m, CreditGrantSource.AddonEntitlement)],
            s.LiveGrants.Select(g => (g.Amount, g.Source!.Value)));
    }

    [Fact]
    public void An_override_add_on_takes_the_place_of_the_unused_rest_of_the_plan()
    {
        var s = On(CreditedSubscription.Plan("pro", CreditedSubscription.Row(100)));
        s.Use(40);
        s.Hold(Pack(500, behavior: EntitlementBehavior.Override));

        // The plan's grant keeps the 40 it consumed; its other 60 are voided.
        Assert.Equal(500m, s.Balance);
        Assert.Equal(60m, Assert.Single(s.Ledger, e => e.Kind == CreditEntryKind.Voided).Amount);

        // Without the add-on the plan counts again, for what is left of its 100: 100 - 40 = 60.
        s.Hold();
        Assert.Equal(60m, s.Balance);
    }

    [Fact]
    public void Of_several_override_add_ons_the_largest_counts()
    {
        var s = On(CreditedSubscription.Plan("pro", CreditedSubscription.Row(100)));
        s.Hold(
            new(CreditedSubscription.Addon("a", CreditedSubscription.Row(200) with { Behavior = EntitlementBehavior.Override }), 2),
            new(CreditedSubscription.Addon("b", CreditedSubscription.Row(300) with { Behavior = EntitlementBehavior.Override }), 1),
            new(CreditedSubscription.Addon("c", CreditedSubscription.Row(50)), 1));

        // max(200 x 2, 300 x 1) = 400; plan and increment are ignored.
        Assert.Equal(400m, s.Balance);
    }

    [Fact]
    public void A_seat_more_grants_its_credits_at_once_and_in_full()
    {
        var s = OnSeats(5);
        // 1 000 x 5 (spec credits 8.3).
        Assert.Equal(5_000m, s.Balance);

        s.Until(Day(1, 20));
        SetSeats(s, 6);
        Assert.Equal(6_000m, s.Balance);
        Assert.Equal(Day(2, 10), s.Issued.Last().ExpireAt);

        SetSeats(s, 4);
        Assert.Equal(6_000m, s.Balance);

        s.Until(Day(2, 10));
        Assert.Equal(4_000m, s.Balance);
    }

    [Fact]
    public void A_seat_that_comes_back_in_the_cycle_grants_nothing()
    {
        var s = OnSeats(5);
        s.Until(Day(1, 20));
        SetSeats(s, 4);
        SetSeats(s, 5);
        Assert.Equal(5_000m, s.Balance);

        SetSeats(s, 3);
        SetSeats(s, 6);
        Assert.Equal(6_000m, s.Balance);
    }

    [Fact]
    public void Without_seats_there_are_no_credits_until_one_is_bought()
    {
        var s = OnSeats(0);
        Assert.Empty(s.Issued);

        s.Until(Day(1, 20));
        SetSeats(s, 1);
        Assert.Equal((1_000m, Day(1, 20), Day(2, 10)), s.Issued.Select(i => (i.Amount, i.EffectiveAt, i.ExpireAt)).Single());
    }

    [Fact]
    public void An_upgrade_carries_what_was_consumed()
    {
        var s = On(Pro);
        s.Use(600);
        s.MoveTo(Team);

        // Old 1 000 with 600 used, new 5 000 -> 4 400; ledger +1 000 -600 +5 000 +600 -600 -1 000 (spec credits 8.4).
        Assert.Equal(4_400m, s.Balance);
        Assert.Equal([1_000m, -600m, 5_000m, 600m, -600m, -1_000m], s.Ledger.Select(e => e.SignedAmount));
        Assert.Equal((5_000m, 600m), s.LiveGrants.Select(g => (g.Amount, g.Consumed)).Single());
        Assert.Equal(Day(2, 10), s.LiveGrants.Single().ExpireAt);
    }

    [Fact]
    public void A_downgrade_leaves_what_was_consumed_beyond_on_the_old_grant()
    {
        var s = On(Team);
        s.Use(4_200);
        s.MoveTo(Pro);

        // c = min(4 200, 1 000) moves; the old grant keeps 3 200 and 1 800 of it are voided (spec credits 8.4).
        Assert.Equal(0m, s.Balance);
        var old = s.Grants.Single(g => g.Amount == 5_000m);
        Assert.Equal((CreditGrantStatus.Voided, 3_200m), (old.Status, old.Consumed));
        Assert.Equal(1_800m, s.Ledger.Single(e => e.Kind == CreditEntryKind.Voided).Amount);
        Assert.DoesNotContain(s.Grants, g => g.IsOverdraft);

        // Back up: 5 000 - 4 200 are left, not more.
        s.MoveTo(Team);
        Assert.Equal(800m, s.Balance);
    }

    [Fact]
    public void A_restarted_cycle_carries_nothing()
    {
        var s = On(Pro);
        s.Use(600);
        s.Until(Day(1, 20));
        s.RestartCycle();

        Assert.Equal(1_000m, s.Balance);
        Assert.Equal(400m, s.Ledger.Single(e => e.Kind == CreditEntryKind.Voided).Amount);
        Assert.Equal((Day(1, 20), Day(2, 20)), s.Issued.Select(i => (i.EffectiveAt, i.ExpireAt)).Last());
    }

    [Fact]
    public void A_plan_without_credits_takes_back_what_is_unused_and_returning_gives_only_that()
    {
        var s = On(Pro);
        s.Use(100);
        s.MoveTo(CreditedSubscription.Plan("bare"));
        Assert.Equal(0m, s.Balance);

        s.MoveTo(Pro);
        Assert.Equal(900m, s.Balance);
    }

    [Fact]
    public void A_change_of_plan_at_the_period_end_starts_with_the_next_cycle()
    {
        var s = On(Team);
        s.Use(500);
        s.Until(Day(2, 10) - Duration.FromMilliseconds(1));
        Assert.Equal(4_500m, s.Balance);

        // The scheduled change and the roll of the period fall due at one instant, in this order.
        MoveAt(s, Day(2, 10), Pro);
        Assert.Equal(1_000m, s.Balance);
        Assert.Equal(4_500m, s.Ledger.Single(e => e.Kind == CreditEntryKind.Expired).Amount);
        Assert.DoesNotContain(s.Ledger, e => e.Kind == CreditEntryKind.Voided);
    }

    [Fact]
    public void A_yearly_grant_outlives_a_change_of_plan_at_a_period_end()
    {
        var yearly = CreditedSubscription.Plan("team", CreditedSubscription.Row(60_000, CreditCadence.Year));
        var s = On(yearly);
        s.Use(10_000);
        MoveAt(s, Day(3, 10), Pro);

        Assert.Equal(50_000m, s.Balance);
        s.Update(same => same with { Metadata = new Dictionary<string, string> { ["a"] = "b" } });
        Assert.Equal(50_000m, s.Balance);
        s.Until(Day(1, 10, 2027));
        Assert.Equal(1_000m, s.Balance);
    }

    [Fact]
    public void An_add_on_grants_at_once_and_goes_with_its_unused_part()
    {
        var s = On(Pro);
        s.Until(Day(1, 20));
        s.Hold(Pack(500));
        Assert.Equal(1_500m, s.Balance);
        Assert.Equal(Day(2, 10), s.Issued.Last().ExpireAt);

        s.Hold(Pack(500, quantity: 3));
        Assert.Equal(2_500m, s.Balance);
        s.Until(Day(1, 22));
        s.Hold(Pack(500, quantity: 1));
        Assert.Equal(2_500m, s.Balance);

        // 200 burn from the grant made first, the plan's.
        s.Use(200);
        s.Hold();
        Assert.Equal(800m, s.Balance);
        s.Hold(Pack(500));
        Assert.Equal(1_300m, s.Balance);
    }

    [Fact]
    public void A_scheduled_removal_lets_the_add_ons_grant_run_out()
    {
        var s = On(Pro);
        s.Hold(new HeldAddon(CreditedSubscription.Addon("pack", CreditedSubscription.Row(2_400, CreditCadence.Year)), 1));
        s.Until(Day(2, 10) - Duration.FromMilliseconds(1));
        HoldAt(s, Day(2, 10));

        Assert.Equal(3_400m, s.Balance);
        s.Update(same => same with { SalesforceId = "sf" });
        s.Until(Day(1, 10, 2027));
        Assert.Equal(1_000m, s.Balance);
    }

    [Theory]
    [InlineData(CancelReason.Immediate)]
    [InlineData(CancelReason.UpgradeOrDowngrade)]
    [InlineData(CancelReason.ScheduledCancellation)]
    public void An_end_in_the_middle_of_a_cycle_voids_what_is_unused(CancelReason reason)
    {
        var s = On(Pro);
        s.Grant(Promotional(250));
        s.Use(100);
        s.Until(Day(1, 15));
        s.End(reason);

        // The 100 burnt from what expires first, the plan's credits; the promotion of 250 stays.
        Assert.Equal(250m, s.Balance);
        Assert.Empty(s.Subscription.CreditCycles);
        s.Until(Day(3, 10));
        Assert.Single(s.Issued);
    }

    [Fact]
    public void A_cancellation_at_the_period_end_lets_a_yearly_grant_run_out()
    {
        var s = On(CreditedSubscription.Plan("pro", CreditedSubscription.Row(12_000, CreditCadence.Year)));
        EndAt(s, Day(2, 10), CancelReason.ScheduledCancellation);

        Assert.Equal(12_000m, s.Balance);
        s.Until(Day(1, 10, 2027));
        Assert.Equal(0m, s.Balance);
    }

    [Fact]
    public void A_trial_grants_and_its_conversion_starts_a_new_cycle()
    {
        var s = OnTrial(Given.ProPlan() with { CreditEntitlements = Pro.CreditEntitlements });
        Assert.Equal((Start, Day(2, 10)), s.Issued.Select(i => (i.EffectiveAt, i.ExpireAt)).Single());
        s.Use(100);
        ConvertAt(s, Day(1, 24), period: BillingPeriod.Monthly);

        Assert.Equal(1_000m, s.Balance);
        Assert.Equal(900m, s.Ledger.Single(e => e.Kind == CreditEntryKind.Voided).Amount);
        Assert.Equal((Day(1, 24), Day(2, 24)), s.Issued.Select(i => (i.EffectiveAt, i.ExpireAt)).Last());
    }

    [Fact]
    public void A_converted_custom_trial_counts_from_its_conversion()
    {
        var s = OnTrial(Given.Plan("custom", PricingType.Custom) with { CreditEntitlements = Pro.CreditEntitlements });
        ConvertAt(s, Day(1, 24), period: null);
        s.Until(Day(3, 1));

        Assert.Equal([Day(2, 10), Day(2, 24), Day(3, 24)], s.Issued.Select(i => i.ExpireAt));
    }

    [Fact]
    public void A_trial_that_ends_takes_back_what_is_unused()
    {
        var s = OnTrial(Pro);
        s.Until(Day(1, 24));
        s.Update(
            t => t with { Status = SubscriptionStatus.Expired, CancelReason = CancelReason.TrialEnded }, ChangeReason.Expired);

        Assert.Equal(0m, s.Balance);
    }

    [Fact]
    public void A_new_version_counts_from_the_next_cycle()
    {
        var s = On(Pro);
        s.Migrate(Pro with { Version = 2, CreditEntitlements = [CreditedSubscription.Row(2_000)] });
        Assert.Equal(1_000m, s.Balance);
        s.Update(same => same with { SalesforceId = "sf" });
        Assert.Equal(1_000m, s.Balance);

        s.Until(Day(2, 10));
        Assert.Equal(2_000m, s.Balance);
        s.Migrate(Pro with { Version = 3, CreditEntitlements = [] });
        Assert.Equal(2_000m, s.Balance);
        s.Until(Day(3, 10));
        Assert.Equal(0m, s.Balance);
    }

    [Fact]
    public void A_seat_bought_after_a_new_version_has_its_amount()
    {
        var s = OnSeats(5);
        s.Migrate(SeatPlan(1_200) with { Version = 2 });
        Assert.Equal(5_000m, s.Balance);

        SetSeats(s, 6);
        Assert.Equal(6_200m, s.Balance);
    }

    [Fact]
    public void A_currency_new_in_a_version_is_granted_at_once()
    {
        var s = On(CreditedSubscription.Plan("pro"));
        s.Until(Day(1, 20));
        s.Migrate(Pro with { Version = 2 });

        Assert.Equal((1_000m, Day(1, 20), Day(2, 10)), s.Issued.Select(i => (i.Amount, i.EffectiveAt, i.ExpireAt)).Single());
    }

    [Fact]
    public void An_amount_of_the_subscription_takes_the_place_of_the_plans()
    {
        var s = On(Pro);
        s.Until(Day(1, 20));
        s.Update(same => same with { CreditOverrides = [new(CreditedSubscription.Ai, 1_500, CreditCadence.Month)] });
        Assert.Equal(1_500m, s.Balance);
        s.Update(same => same with { CreditOverrides = [new(CreditedSubscription.Ai, 700, CreditCadence.Month)] });
        Assert.Equal(1_500m, s.Balance);
        s.Update(same => same with { CreditOverrides = [new(CreditedSubscription.Ai, 1_500, CreditCadence.Month)] });
        Assert.Equal(1_500m, s.Balance);

        s.Update(same => same with { CreditOverrides = [new(CreditedSubscription.Ai, 700, CreditCadence.Month)] });
        s.Until(Day(2, 10));
        Assert.Equal(700m, s.Balance);
    }

    [Fact]
    public void Another_resource_gets_what_is_left()
    {
        var s = On(Pro);
        s.Use(400);
        s.Update(same => same with { ResourceId = new("site-2") });

        Assert.Equal(600m, s.Balance);
        Assert.Equal(600m, s.LiveGrants.Single().Amount);
        s.Until(Day(2, 10));
        Assert.Equal(1_000m, s.Balance);
    }

    [Fact]
    public void The_worked_scenario()
    {
        var s = On(CreditedSubscription.Plan("pro", CreditedSubscription.Row(5_000)));
        s.Until(Day(1, 12));
        s.Grant(Promotional(500) with { EffectiveAt = Day(1, 12), ExpireAt = Day(1, 31) });
        Assert.Equal(5_500m, s.Balance);
        s.Until(Day(1, 15));
        s.Use(600);
        Assert.Equal(4_900m, s.Balance);
        s.Until(Day(1, 20));
        s.Grant(Promotional(1_000) with { Id = "t", Uid = Given.Uid(90), Type = CreditGrantType.Paid, Cost = new(12, "usd") });
        Assert.Equal(5_900m, s.Balance);
        s.Until(Day(2, 5));
        s.Use(6_100);
        Assert.Equal(-200m, s.Balance);
        s.Until(Day(2, 10));
        Assert.Equal(4_800m, s.Balance);
        Assert.DoesNotContain(s.LiveGrants, g => g.IsOverdraft);
        s.Until(Day(3, 10));
        Assert.Equal(5_000m, s.Balance);
        // The promotion was used up and R1 too: only R2 had a rest to lose.
        Assert.Equal(4_800m, s.Ledger.Single(e => e.Kind == CreditEntryKind.Expired).Amount);
    }

    private static CreditGrant Promotional(decimal amount) => new()
    {
        Uid = Given.Uid(91),
        Id = "promo",
        DisplayName = "Promotion",
        Type = CreditGrantType.Promotional,
        Status = CreditGrantStatus.Scheduled,
        CustomerId = Given.CustomerId,
        CurrencyId = CreditedSubscription.Ai,
        Amount = amount,
        Cost = new(0, "usd"),
        EffectiveAt = Start,
        CreatedAt = Start,
        UpdatedAt = Start,
    };

    private static PackageVersion SeatPlan(decimal perSeat) => CreditedSubscription.Plan(
        "pro", CreditedSubscription.Row(perSeat) with { DependencyFeatureId = Given.Seats });

    /// <summary>1 000 a seat; the seats are there before the credits come.</summary>
    private static CreditedSubscription OnSeats(int seats)
    {
        var s = new CreditedSubscription(SeatPlan(1_000) with { CreditEntitlements = [] }, Start);
        SetSeats(s, seats);
        s.Migrate(SeatPlan(1_000));
        return s;
    }

    private static void SetSeats(CreditedSubscription s, int seats) =>
        s.Update(same => same with { Quantities = new Dictionary<FeatureId, decimal> { [Given.Seats] = seats } });

    private static CreditedSubscription OnTrial(PackageVersion plan)
    {
        var s = new CreditedSubscription(plan with { CreditEntitlements = [] }, Start, period: null);
        s.Update(same => same with { Status = SubscriptionStatus.NotStarted });
        s.Migrate(plan);
        s.Update(
            same => same with { Status = SubscriptionStatus.InTrial, TrialEndDate = Day(1, 24) }, ChangeReason.Started);
        return s;
    }

    private static void ConvertAt(CreditedSubscription s, Instant at, BillingPeriod? period)
    {
        s.Until(at);
        s.Update(
            same => same with
            {
                Status = SubscriptionStatus.Active,
                BillingPeriod = period,
                BillingCycleAnchor = period is null ? null : at,
                CurrentBillingPeriodStart = period is null ? null : at,
                CurrentBillingPeriodEnd = period is { } p ? BillingPeriods.Nth(at, p, 0).End : null,
            },
            ChangeReason.Converted);
    }

    private static void MoveAt(CreditedSubscription s, Instant at, PackageVersion plan) =>
        s.AtBoundary(at, () => s.MoveTo(plan));

    private static void HoldAt(CreditedSubscription s, Instant at, params HeldAddon[] addons) =>
        s.AtBoundary(at, () => s.Hold(addons));

    private static void EndAt(CreditedSubscription s, Instant at, CancelReason reason) =>
        s.AtBoundary(at, () => s.End(reason));
}
