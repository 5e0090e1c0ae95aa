using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

/// <summary>What publishing for all customers does to one subscription (spec catalog 4.4).</summary>
public sealed class PublishedMoveTests
{
    private static readonly FeatureId Calls = new("calls");
    private static readonly PackageVersion Pro = Given.ProPlan();
    private static readonly PublishedTarget ToSecond = new(PackageKind.Plan, Pro.Id, 2);
    private static readonly PackageVersion Second = Pro with { Version = 2 };

    [Fact]
    public void Plan_moves_and_its_prices_stay()
    {
        var before = Given.Live(Pro);

        var after = PublishedMove.Of(before, ToSecond)!;

        Assert.Equal(before with { PlanVersion = 2 }, after);
        Assert.Null(PublishedMove.Of(after, ToSecond));
        Assert.Null(PublishedMove.Of(before with { PlanVersion = 3 }, ToSecond));
        Assert.Null(PublishedMove.Of(before, ToSecond with { Id = new("other") }));
        Assert.Null(PublishedMove.Of(before, ToSecond with { Kind = PackageKind.Addon }));
    }

    [Fact]
    public void Addon_moves_alone_with_its_quantity_and_prices()
    {
        var before = Given.Live(Pro) with { Addons = [new(new("support"), 3, 1, 1), new(new("seats"), 1, 1, 1)] };

        var after = PublishedMove.Of(before, new PublishedTarget(PackageKind.Addon, new("support"), 4))!;

        Assert.Equal([new(new("support"), 3, 4, 1), new(new("seats"), 1, 1, 1)], after.Addons);
        Assert.Equal(before.PlanVersion, after.PlanVersion);
    }

    [Fact]
    public void Only_what_has_not_ended_moves() => Prop.ForAll(
        Gen.Elements(Enum.GetValues<SubscriptionStatus>()).ToArbitrary(),
        Gen.Choose(1, 4).ToArbitrary(),
        (status, version) =>
        {
            var before = Given.Live(Pro) with { Status = status, PlanVersion = version };
            var ended = status is SubscriptionStatus.Canceled or SubscriptionStatus.Expired;
            Assert.Equal(!ended && version < 2, PublishedMove.Of(before, [ToSecond]) is not null);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Values_prices_and_addons_of_its_own_are_noted()
    {
        var content = Content([Row(5)], [Row(9)], takes: []);
        var own = Given.Live(Pro) with
        {
            Overrides = [new(Calls) { UsageLimit = 7 }],
            PriceOverrides = [new(default!)],
            Addons = [new(new("support"), 1, 1, 1)],
        };

        Assert.Equal(
            [
                MoveException.OutdatedPrices, MoveException.PriceOverrides, MoveException.EntitlementOverrides,
                MoveException.UnlistedAddons,
            ],
            MoveExceptions.Of(own, content));
        Assert.Equal([MoveException.OutdatedPrices], MoveExceptions.Of(Given.Live(Pro), content));
    }

    [Fact]
    public void Value_of_its_own_counts_only_where_the_version_changes_the_value()
    {
        var own = Given.Live(Pro) with { Overrides = [new(Calls) { UsageLimit = 7 }] };
        var reordered = Content([Row(5)], [Row(5) with { Order = 3, Description = "new words" }]);
        var gone = Content([Row(5)], []);

        Assert.DoesNotContain(MoveException.EntitlementOverrides, MoveExceptions.Of(own, reordered));
        Assert.Contains(MoveException.EntitlementOverrides, MoveExceptions.Of(own, gone));
    }

    [Fact]
    public void Value_left_to_the_subscription_is_missing_until_it_has_one()
    {
        var open = Content([], [Row(null) with { IsCustom = true }]);

        Assert.Contains(MoveException.MissingValues, MoveExceptions.Of(Given.Live(Pro), open));
        Assert.DoesNotContain(
            MoveException.MissingValues,
            MoveExceptions.Of(Given.Live(Pro) with { Overrides = [new(Calls) { UsageLimit = 1 }] }, open));
        // Whether the limit is soft says nothing about how much there is.
        Assert.Contains(
            MoveException.MissingValues,
            MoveExceptions.Of(Given.Live(Pro) with { Overrides = [new(Calls) { HasSoftLimit = true }] }, open));
        Assert.Contains(
            MoveException.MissingValues,
            MoveExceptions.Of(Given.Live(Pro), new([], [], Second, null) { OpenCredits = [new("gold")] }));
    }

    [Fact]
    public void Another_pricing_type_and_whatever_waits_are_noted()
    {
        var custom = new MovedContent([], [], Second with { PricingType = PricingType.Custom }, null);
        var update = new FutureUpdate
        {
            Uid = Guid.Empty,
            CallUid = Guid.Empty,
            Type = ScheduleType.Coupon,
            Status = ScheduleStatus.Scheduled,
            ExecuteAt = Given.Now,
            CreatedAt = Given.Now,
        };
        var waiting = Given.Live(Pro) with
        {
            FutureUpdates = [update, update with { Status = ScheduleStatus.PendingPayment }],
            CancellationDate = Given.Now + Duration.FromDays(3),
        };

        Assert.Equal(
            [
                MoveException.OutdatedPrices, MoveException.PricingType, MoveException.ScheduledUpdates,
                MoveException.PendingPayments, MoveException.PlannedEnd,
            ],
            MoveExceptions.Of(waiting, custom));
        var done = Given.Live(Pro) with { FutureUpdates = [update with { Status = ScheduleStatus.Done }] };
        Assert.Equal([MoveException.OutdatedPrices], MoveExceptions.Of(done, Content([], [])));
    }

    private static MovedContent Content(
        IReadOnlyList<PackageEntitlement> before, IReadOnlyList<PackageEntitlement> after,
        IEnumerable<PackageId>? takes = null) =>
        new(before, after, Second, takes is null ? null : takes.ToHashSet());

    private static PackageEntitlement Row(decimal? limit) => new()
    {
        FeatureId = Calls,
        UsageLimit = limit,
        CreatedAt = Given.Now,
        UpdatedAt = Given.Now,
    };
}
