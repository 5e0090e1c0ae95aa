using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using static Tollgate.Domain.Tests.Entitlements.Given;

namespace Tollgate.Domain.Tests.Entitlements;

/// <summary>Promotional entitlements (spec entitlements-and-usage 14); <see cref="Given.Now"/> is Mar 10, 12:00.</summary>
public sealed class PromotionRulesTests
{
    private static readonly Customer Ada = new() { Uid = Guid.Empty, Id = new("ada"), CreatedAt = Start, UpdatedAt = Start };

    [Theory]
    [InlineData("2026-03-10T12:00:00Z", PromotionPeriod.OneWeek, "2026-03-17T12:00:00Z")]
    [InlineData("2026-01-31T09:30:00Z", PromotionPeriod.OneMonth, "2026-02-28T09:30:00Z")]
    [InlineData("2026-08-31T00:00:00Z", PromotionPeriod.SixMonths, "2027-02-28T00:00:00Z")]
    [InlineData("2028-02-29T23:00:00Z", PromotionPeriod.OneYear, "2029-02-28T23:00:00Z")]
    [InlineData("2026-03-10T12:00:00Z", PromotionPeriod.Lifetime, null)]
    public void Period_ends_on_the_same_day_or_the_last_of_the_month(string at, PromotionPeriod period, string? end)
    {
        var now = At(at);

        var granted = Grant(now, new PromotionInput(F, period) { UsageLimit = 5 });

        Assert.Equal(now, granted.StartDate);
        Assert.Equal(end, granted.EndDate?.ToString());
        Assert.Equal((PromotionStatus.Active, 5m, true), (granted.Status, granted.UsageLimit, granted.IsVisible));
    }

    [Fact]
    public void Custom_period_ends_at_its_date_which_lies_ahead()
    {
        var soon = Now + Duration.FromMilliseconds(1);

        Assert.Equal(soon, Grant(Now, Custom(soon)).EndDate);
        Assert.Equal(ErrorCode.InvalidArgumentError, Refused(Custom(Now)).Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, Refused(Custom(null)).Code);
        var unused = Refused(Row() with { CustomEndDate = soon });
        Assert.Equal(ErrorCode.InvalidArgumentError, unused.Code);
        Assert.Equal(["promotionalEntitlements[0].customEndDate"], unused.Fields.Select(f => f.Path));

        static PromotionInput Custom(Instant? end) =>
            new(F, PromotionPeriod.Custom) { UsageLimit = 1, CustomEndDate = end };
    }

    [Fact]
    public void Value_fits_the_kind_of_feature()
    {
        var metered = Grant(Now, Row() with { HasSoftLimit = true, Reset = new() { Period = new(ResetPeriod.Month) } });
        var unlimited = Grant(Now, new PromotionInput(F, PromotionPeriod.Lifetime) { HasUnlimitedUsage = true });
        var number = Grant(Now, Row() with { HasSoftLimit = true }, Number());
        var flag = Grant(
            Now,
            new(F, PromotionPeriod.OneWeek)
            {
                UsageLimit = 7,
                HasUnlimitedUsage = true,
                Reset = new() { Period = new(ResetPeriod.Day) },
                EnumValues = ["eu"],
                IsVisible = false,
            },
            Boolean());
        var regions = Grant(Now, new(F, PromotionPeriod.OneWeek) { EnumValues = ["ap", "eu"] }, Enum());

        Assert.Equal((5m, true, Monthly), (metered.UsageLimit, metered.HasSoftLimit, metered.Reset));
        Assert.Equal((null, true), (unlimited.UsageLimit, unlimited.HasUnlimitedUsage));
        Assert.Equal((5m, false), (number.UsageLimit, number.HasSoftLimit));
        Assert.Equal(
            (null, false, null, null, false),
            (flag.UsageLimit, flag.HasUnlimitedUsage, flag.Reset, flag.EnumValues, flag.IsVisible));
        Assert.Equal(["ap", "eu"], regions.EnumValues!);
    }

    [Fact]
    public void Value_that_does_not_fit_is_refused()
    {
        Assert.Equal(ErrorCode.InvalidArgumentError, Refused(Row() with { UsageLimit = null }).Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, Refused(Row() with { UsageLimit = -1 }).Code);
        Assert.Equal(ErrorCode.BadUserInput, Refused(Row() with { HasUnlimitedUsage = true }).Code);
        Assert.Equal(
            ErrorCode.InvalidEntitlementResetPeriod,
            Refused(Row() with { Reset = new() { Period = new(ResetPeriod.Day) } }, Number()).Code);
        Assert.Equal(
            ErrorCode.InvalidEntitlementResetPeriod,
            Refused(Row() with
            {
                Reset = new() { Period = new(ResetPeriod.Day), Monthly = ResetAnchor.StartOfTheMonth },
            }).Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, Refused(new(F, PromotionPeriod.OneWeek), Enum()).Code);
        Assert.Equal(
            ErrorCode.BadUserInput, Refused(new(F, PromotionPeriod.OneWeek) { EnumValues = ["mars"] }, Enum()).Code);
        Assert.Equal(ErrorCode.BadUserInput, Refused(Row() with { EnumValues = ["eu"] }).Code);
    }

    [Fact]
    public void Feature_must_be_known_live_and_named_once()
    {
        var archived = Metered() with { Status = FeatureStatus.Suspended };
        var refused = PromotionRules.Grant(
            [Row(), new(new("unknown"), PromotionPeriod.OneWeek), Row() with { UsageLimit = null }],
            Facts(Metered()), Guid.NewGuid, Now).Refusal!;

        Assert.Equal(ErrorCode.FeatureNotFound, refused.Code);
        Assert.Equal(
            ["promotionalEntitlements[1].featureId", "promotionalEntitlements[2].featureId"],
            refused.Fields.Select(f => f.Path));
        Assert.Equal(ErrorCode.EntityIsArchivedError, Refused(Row(), archived).Code);
        Assert.Equal(
            ErrorCode.DuplicatedEntityNotAllowed,
            PromotionRules.Grant([Row(), Row()], Facts(Metered()), Guid.NewGuid, Now).Refusal?.Code);
        Assert.Equal(
            ErrorCode.InvalidArgumentError,
            PromotionRules.Grant([], Facts(Metered()), Guid.NewGuid, Now).Refusal?.Code);
    }

    [Fact]
    public void Archived_customer_is_granted_and_revoked_nothing()
    {
        var archived = Ada with { ArchivedAt = Now };

        var granted = PromotionRules.Grant([Row()], Facts(Metered()) with { Customer = archived }, Guid.NewGuid, Now);
        var revoked = PromotionRules.Revoke(archived, Grant(Now, Row()), F, Now);

        Assert.Equal(ErrorCode.EntityIsArchivedError, granted.Refusal?.Code);
        Assert.Equal(ErrorCode.EntityIsArchivedError, revoked.Refusal?.Code);
    }

    [Fact]
    public void Granting_again_replaces_the_value_and_restarts_the_period_of_the_same_one()
    {
        var first = Grant(Now, Row() with { IsVisible = false }) with { FeatureGroupIds = ["g"] };
        var later = Now + Duration.FromDays(3);
        var facts = Facts(Metered()) with { Live = [first] };

        var change = PromotionRules.Grant(
            [new(F, PromotionPeriod.OneYear) { HasUnlimitedUsage = true }], facts, Guid.NewGuid, later).Value[0];

        Assert.Equal(first.Uid, change.Value.Uid);
        Assert.Equal((null, true, true), (change.Value.UsageLimit, change.Value.HasUnlimitedUsage, change.Value.IsVisible));
        Assert.Equal(
            (later, At("2027-03-13T12:00:00Z"), Now),
            (change.Value.StartDate, change.Value.EndDate!.Value, change.Value.CreatedAt));
        Assert.Equal(["g"], change.Value.FeatureGroupIds);
        var logged = Assert.Single(change.Events);
        Assert.Equal(EventType.PromotionalEntitlementUpdated, logged.Type);
        Assert.Same(first, logged.Before);
    }

    [Fact]
    public void End_is_announced_seven_days_before_and_at_the_grant_when_it_lasts_no_longer()
    {
        var week = PromotionRules.Grant([Row()], Facts(Metered()), Guid.NewGuid, Now).Value[0];
        var month = PromotionRules.Grant(
            [Row() with { Period = PromotionPeriod.OneMonth }], Facts(Metered()), Guid.NewGuid, Now).Value[0];
        var life = Grant(Now, Row() with { Period = PromotionPeriod.Lifetime });

        Assert.Equal(
            [EventType.PromotionalEntitlementGranted, EventType.PromotionalEntitlementEndsSoon],
            week.Events.Select(e => e.Type));
        Assert.Equal(new PromotionDue(At("2026-03-17T12:00:00Z"), PromotionDueKind.Expiry), PromotionRules.NextDue(week.Value));
        Assert.Equal([EventType.PromotionalEntitlementGranted], month.Events.Select(e => e.Type));
        // Until Apr 10, so announced on Apr 3.
        var notice = new PromotionDue(At("2026-04-03T12:00:00Z"), PromotionDueKind.EndsSoon);
        Assert.Equal(notice, PromotionRules.NextDue(month.Value));
        var announced = PromotionRules.Step(month.Value, notice);
        Assert.Equal(EventType.PromotionalEntitlementEndsSoon, Assert.Single(announced.Events).Type);
        Assert.Equal(
            new PromotionDue(At("2026-04-10T12:00:00Z"), PromotionDueKind.Expiry),
            PromotionRules.NextDue(announced.Value));
        Assert.Null(PromotionRules.NextDue(life));
    }

    [Fact]
    public void Expired_one_is_over_for_good()
    {
        var week = Grant(Now, Row());
        var due = PromotionRules.NextDue(week)!.Value;

        var expired = PromotionRules.Step(week, due);

        Assert.Equal(EventType.PromotionalEntitlementExpired, Assert.Single(expired.Events).Type);
        Assert.Equal((PromotionStatus.Expired, due.At), (expired.Value.Status, expired.Value.UpdatedAt));
        Assert.False(expired.Value.IsLive);
        Assert.Null(PromotionRules.NextDue(expired.Value));
    }

    [Fact]
    public void Paused_one_grants_nothing_and_its_end_that_came_near_is_announced_when_it_applies_again()
    {
        var month = Grant(Now, Row() with { Period = PromotionPeriod.OneMonth });
        var paused = PromotionRules.Pause(month, Now + Duration.FromDays(1));
        var end = At("2026-04-10T12:00:00Z");

        Assert.False(paused.ToGrant().IsActiveAt(Now + Duration.FromDays(2)));
        Assert.Equal(new PromotionDue(end, PromotionDueKind.Expiry), PromotionRules.NextDue(paused));
        var early = PromotionRules.Resume(paused, At("2026-04-03T11:59:59Z"));
        Assert.Empty(early.Events);
        Assert.Equal(PromotionStatus.Active, early.After.Status);
        var late = PromotionRules.Resume(paused, At("2026-04-03T12:00:00Z"));
        Assert.Equal(EventType.PromotionalEntitlementEndsSoon, Assert.Single(late.Events).Type);
        Assert.Equal(new PromotionDue(end, PromotionDueKind.Expiry), PromotionRules.NextDue(late.After));
        Assert.Same(month, PromotionRules.Resume(month, Now).After);
        var expired = PromotionRules.Step(month, new(end, PromotionDueKind.Expiry)).Value;
        Assert.Same(expired, PromotionRules.Pause(expired, end));
    }

    [Fact]
    public void Revoking_ends_the_live_one_unless_a_group_holds_it()
    {
        var live = Grant(Now, Row());

        var revoked = PromotionRules.Revoke(Ada, live, F, Now).Value;

        Assert.Equal(PromotionStatus.Revoked, revoked.Value.Status);
        Assert.Equal(EventType.PromotionalEntitlementRevoked, Assert.Single(revoked.Events).Type);
        Assert.Null(PromotionRules.NextDue(revoked.Value));
        Assert.Equal(
            ErrorCode.PromotionalEntitlementNotFoundError, PromotionRules.Revoke(Ada, null, F, Now).Refusal?.Code);
        Assert.Equal(
            ErrorCode.EntitlementBelongsToFeatureGroupError,
            PromotionRules.Revoke(Ada, live with { FeatureGroupIds = ["g"] }, F, Now).Refusal?.Code);
    }

    [Fact]
    public void Whatever_was_granted_ends_once_and_is_announced_once_before() =>
        Prop.ForAll(
            (from period in Gen.Elements(System.Enum.GetValues<PromotionPeriod>())
             from days in Gen.Choose(1, 800)
             from month in Gen.Choose(1, 12)
             from day in Gen.Choose(1, 28)
             select (period, days, at: Instant.FromUtc(2026, month, day, 7, 30))).ToArbitrary(),
            c =>
            {
                var row = new PromotionInput(F, c.period)
                {
                    UsageLimit = 1,
                    CustomEndDate = c.period == PromotionPeriod.Custom ? c.at + Duration.FromDays(c.days) : null,
                };
                var change = PromotionRules.Grant([row], Facts(Metered()), Guid.NewGuid, c.at).Value[0];
                var (promotion, events) = (change.Value, change.Events.ToList());
                while (PromotionRules.NextDue(promotion) is { } due)
                {
                    var step = PromotionRules.Step(promotion, due);
                    promotion = step.Value;
                    events.AddRange(step.Events);
                }

                EventType[] all =
                [
                    EventType.PromotionalEntitlementGranted, EventType.PromotionalEntitlementEndsSoon,
                    EventType.PromotionalEntitlementExpired,
                ];
                var expected = c.period == PromotionPeriod.Lifetime ? all[..1] : all;
                return events.Select(e => e.Type).SequenceEqual(expected);
            }).QuickCheckThrowOnFailure();

    private static PromotionInput Row() => new(F, PromotionPeriod.OneWeek) { UsageLimit = 5 };

    private static Instant At(string text) => NodaTime.Text.InstantPattern.General.Parse(text).Value;

    private static PromotionFacts Facts(Feature feature) =>
        new(Ada, new Dictionary<FeatureId, Feature> { [feature.Id] = feature }, []);

    private static PromotionalEntitlement Grant(Instant now, PromotionInput row, Feature? feature = null) =>
        PromotionRules.Grant([row], Facts(feature ?? Metered()), Guid.NewGuid, now).Value[0].Value;

    private static Refusal Refused(PromotionInput row, Feature? feature = null) =>
        PromotionRules.Grant([row], Facts(feature ?? Metered()), Guid.NewGuid, Now).Refusal!;
}
