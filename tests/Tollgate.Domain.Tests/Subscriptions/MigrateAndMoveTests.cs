using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

/// <summary>To the latest version, another resource, payer or manager (spec subscriptions 13 and 14).</summary>
public sealed class MigrateAndMoveTests
{
    private static readonly Instant Later = Given.Now + Duration.FromDays(14);
    private static readonly Instant PeriodEnd = Instant.FromUtc(2026, 2, 28, 10, 13);
    private static readonly FeatureId Storage = new("storage");
    private static readonly PackageVersion Support = Given.Support();
    private static readonly PackageVersion Pro = Given.ProPlan();

    private static readonly PackageVersion Second = Given.Plan("pro", PricingType.Paid,
        Given.PerSeat(12, BillingPeriod.Monthly) with { MinUnitQuantity = 3 },
        Given.Charge(BillingModel.PerUnit, 1) with { FeatureId = Storage, MinUnitQuantity = 10 }) with
    {
        Version = 2,
    };

    private static Subscription Held(int seats = 2) => Given.Live(Pro) with
    {
        Quantities = new Dictionary<FeatureId, decimal> { [Given.Seats] = seats },
        Addons = [new(Support.Id, 2, 1, 1)],
    };

    private static MigrationFacts Facts(Subscription subscription, PackageVersion plan, PackageVersion latest, PackageVersion? addon = null)
    {
        var held = Given.Held(subscription, plan, Support);
        var addons = new Dictionary<PackageId, PackageVersion> { [Support.Id] = addon ?? Support };
        return new(held, Given.Journey(), Given.Facts(latest), addons, Given.Provision(latest, held) with
        {
            Addons = Given.Addons(addon ?? Support),
        });
    }

    private static Result<SubscriptionDecision> Migrate(
        Subscription subscription, PackageVersion latest, SubscriptionMigrationTime time = SubscriptionMigrationTime.Immediate,
        PackageVersion? addon = null, PackageVersion? plan = null) =>
        MigrateSubscription.Decide(time, Facts(subscription, plan ?? Pro, latest, addon), Later, Given.Ids(6000));

    [Fact]
    public void Content_and_prices_are_the_latest_and_units_carry_over()
    {
        var decision = Migrate(Held(), Second, addon: Support with { Version = 4 }).Value;

        var after = decision.Subject;
        Assert.Equal((2, 2), (after.PlanVersion, after.PriceVersion));
        Assert.Equal([new(Support.Id, 2, 4, 4)], after.Addons);
        // Two seats stay, below the new minimum of three; the new charge starts at its minimum.
        Assert.Equal((2m, 10m), (after.Quantities[Given.Seats], after.Quantities[Storage]));
        Assert.Equal(Given.Now, after.BillingCycleAnchor);
        Assert.Empty(decision.UsageCutoffs);
        Assert.Equal(ChangeReason.Migrated, Assert.Single(decision.Changes).Reason);
        Assert.Equal([EventType.SubscriptionUpdated], decision.Events.Select(e => e.Type));
    }

    [Fact]
    public void Agreed_prices_survive_as_long_as_their_charge_exists()
    {
        var held = UpdateSubscription.Decide(
            new() { PriceOverrides = [new() { FeatureId = Given.Seats, Amount = 8 }, new() { AddonId = Support.Id, Amount = 3 }] },
            new(Given.Held(Held(), Pro, Support), Given.Journey(), Given.Features(), [Held()]), Given.Now, Given.Ids())
            .Value.Subject;
        var withoutSeats = Second with { Charges = [Second.Charges[1]] };

        Assert.Equal(2, Migrate(held, Second).Value.Subject.PriceOverrides.Count);
        var left = Migrate(held, withoutSeats).Value.Subject;
        Assert.Equal(Support.Id, Assert.Single(left.PriceOverrides).Key.AddonId);
        Assert.False(left.Quantities.ContainsKey(Given.Seats));
    }

    [Fact]
    public void Latest_means_content_and_prices_of_the_plan_and_every_addon()
    {
        var contentOnly = Held() with { PlanVersion = 2 };

        Assert.Equal(ErrorCode.SubscriptionAlreadyOnLatestPlanError, Given.Code(Migrate(Held(), Pro)));
        Assert.Equal(2, Migrate(contentOnly, Second).Value.Subject.PriceVersion);
        Assert.Equal(2, Migrate(Held(), Pro, addon: Support with { Version = 2 }).Value.Subject.Addons[0].PriceVersion);
        var ended = SubscriptionLifecycle.Cancel(Held(), Given.Now, CancelReason.Immediate);
        Assert.Equal(ErrorCode.SubscriptionAlreadyCanceledOrExpired, Given.Code(Migrate(ended, Second)));
    }

    [Fact]
    public void A_migration_can_wait_once_and_takes_the_version_that_is_latest_then()
    {
        var waiting = Migrate(Held(), Second, SubscriptionMigrationTime.EndOfBillingPeriod).Value.Subject;

        var update = Assert.Single(waiting.FutureUpdates);
        Assert.Equal((ScheduleType.MigrateToLatest, PeriodEnd), (update.Type, update.ExecuteAt));
        Assert.Equal(1, waiting.PlanVersion);
        Assert.Equal(ErrorCode.ScheduledMigrationAlreadyExistsError,
            Given.Code(Migrate(waiting, Second, SubscriptionMigrationTime.EndOfBillingPeriod)));
        Assert.Equal(ScheduleStatus.Canceled, Migrate(waiting, Second).Value.Subject.FutureUpdates[0].Status);
        Assert.Equal(ErrorCode.SubscriptionDoesNotHaveBillingPeriod, Given.Code(Migrate(
            Given.Live(Given.FreePlan(), null), Given.FreePlan() with { Version = 2 },
            SubscriptionMigrationTime.EndOfBillingPeriod, plan: Given.FreePlan())));

        var third = Second with { Version = 3 };
        var steps = Timeline.Run([waiting], _ => Given.Journey(), PeriodEnd, Given.Ids(), third, Support);
        Assert.Equal((3, 3), (steps[1].Decision.Subject.PlanVersion, steps[1].Decision.Subject.PriceVersion));
        Assert.Equal(ScheduleStatus.Done, steps[1].Decision.Subject.FutureUpdates[0].Status);
    }

    [Fact]
    public void A_version_of_another_type_follows_the_matrix()
    {
        var free = Given.FreePlan() with { Id = Pro.Id, Version = 2 };
        var custom = Given.Plan("pro", PricingType.Custom) with { Version = 2 };
        var fromFree = Given.Live(Given.FreePlan() with { Id = Pro.Id }, null);
        var freeFirst = Given.FreePlan() with { Id = Pro.Id };

        var toFree = Migrate(Held(), free).Value;
        Assert.Equal((PricingType.Free, null, 0), (toFree.Subject.PricingType, toFree.Subject.BillingPeriod, toFree.Subject.Addons.Count));
        Assert.Null(toFree.Subject.CurrentBillingPeriodEnd);
        Assert.Single(toFree.Changes);
        Assert.Equal(PricingType.Custom, Migrate(Held(), custom).Value.Subject.PricingType);

        var toPaid = Migrate(fromFree, Second, plan: freeFirst).Value;
        Assert.Equal([EventType.SubscriptionCanceled, EventType.SubscriptionCreated], toPaid.Events.Select(e => e.Type));
        Assert.Equal(CancelReason.UpgradeOrDowngrade, toPaid.Changed[0].CancelReason);
        Assert.Equal((BillingPeriod.Monthly, 3m), (toPaid.Subject.BillingPeriod, toPaid.Subject.Quantities[Given.Seats]));
    }

    [Fact]
    public void A_version_without_the_subscriptions_period_is_refused() =>
        Assert.Equal(ErrorCode.BillingPeriodMissingError,
            Given.Code(Migrate(Given.Live(Pro, BillingPeriod.Annually), Second)));

    [Fact]
    public void A_transfer_goes_to_a_free_resource_of_the_product()
    {
        var product = Given.Product() with { MultipleSubscriptions = true };
        var held = Held() with { ResourceId = new("site-1") };
        var other = Held() with { Uid = Given.Uid(50), Id = new("other"), ResourceId = new("site-2") };
        Result<SubscriptionDecision> To(string resource, params Subscription[] there) => MoveSubscription.ToResource(
            held, new(resource), Given.Journey(product), there, Later);

        Assert.Equal(new ResourceId("site-2"), To("site-2").Value.Subject.ResourceId);
        Assert.True(To("site-1", held).Value.IsNoChange);
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(To("site-2", other)));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(To("no good")));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(MoveSubscription.ToResource(
            Held(), new("site-2"), Given.Journey(), [], Later)));
        Assert.Equal(ErrorCode.SubscriptionAlreadyCanceledOrExpired, Given.Code(MoveSubscription.ToResource(
            SubscriptionLifecycle.Cancel(held, Later, CancelReason.Immediate), new("x"), Given.Journey(product), [], Later)));
    }

    [Fact]
    public void A_payer_takes_over_and_the_customer_takes_it_back()
    {
        var payer = Given.Customer() with { Id = new("payer") };
        var paid = MoveSubscription.ToPayer(Held(), payer.Id, payer, Given.Journey(), Later).Value;

        Assert.Equal(payer.Id, paid.Subject.PayingCustomerId);
        Assert.Equal(Given.CustomerId, paid.Subject.CustomerId);
        Assert.True(MoveSubscription.ToPayer(paid.Subject, payer.Id, payer, Given.Journey(), Later).Value.IsNoChange);
        Assert.Null(MoveSubscription.ToPayer(paid.Subject, Given.CustomerId, Given.Customer(), Given.Journey(), Later)
            .Value.Subject.PayingCustomerId);
        Assert.Equal(ErrorCode.CustomerNotFound,
            Given.Code(MoveSubscription.ToPayer(Held(), new("x"), null, Given.Journey(), Later)));
        Assert.Equal(ErrorCode.EntityIsArchivedError, Given.Code(MoveSubscription.ToPayer(
            Held(), payer.Id, payer with { ArchivedAt = Given.Now }, Given.Journey(), Later)));
        Assert.Equal(ErrorCode.PaymentMethodNotFoundError, Given.Code(MoveSubscription.ToPayer(
            Held(), payer.Id, payer, Given.Journey(), Later, isMethodMissing: true)));
        Assert.Null(MoveSubscription.ToPayer(
            Held() with { PaymentCollectionMethod = PaymentCollectionMethod.None }, payer.Id, payer, Given.Journey(), Later,
            isMethodMissing: true).Refusal);
    }

    [Fact]
    public void A_manager_takes_over_while_the_former_one_goes_on_paying()
    {
        var manager = Given.Customer() with { Id = new("manager") };
        var occupied = Held() with { Uid = Given.Uid(50), Id = new("other"), CustomerId = manager.Id };
        Result<SubscriptionDecision> To(Subscription held, params Subscription[] there) =>
            MoveSubscription.ToManager(held, manager.Id, manager, Given.Journey(), there, Later);

        var moved = To(Held()).Value.Subject;
        Assert.Equal((manager.Id, Given.CustomerId), (moved.CustomerId, moved.PayingCustomerId!.Value));
        // A payer who becomes the manager pays for itself.
        Assert.Null(To(Held() with { PayingCustomerId = manager.Id }).Value.Subject.PayingCustomerId);
        Assert.True(To(moved).Value.IsNoChange);
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(To(Held(), occupied)));
        Assert.Equal(ErrorCode.CustomerNotFound, Given.Code(MoveSubscription.ToManager(
            Held(), new("x"), null, Given.Journey(), [], Later)));
    }
}
