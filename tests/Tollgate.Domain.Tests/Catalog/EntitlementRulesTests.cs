using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Catalog;

public sealed class EntitlementRulesTests
{
    private static readonly FeatureId Sso = new("sso");
    private static readonly FeatureId Region = new("region");
    private static readonly FeatureId Size = new("size");

    private static readonly IReadOnlyDictionary<FeatureId, Feature> Features = Given.Features(
        Given.Feature(Given.Seats), Given.Feature(Sso, FeatureType.Boolean), Given.Feature(Region, FeatureType.Enum),
        Given.Feature(Size) with { MeterType = MeterType.None },
        Given.Feature(new("old")) with { Status = FeatureStatus.Suspended });

    private static readonly PackageVersion Draft = Given.ProPlan() with { Status = PackageStatus.Draft };

    private static Result<IReadOnlyList<PackageEntitlement>> Add(PackageVersion draft,
        params EntitlementInput[] rows) =>
        EntitlementRules.Add(draft, rows, Features, Given.Now);

    private static void Refused(ErrorCode code, params EntitlementInput[] rows) =>
        Assert.Equal(code, Given.Code(Add(Draft, rows)));

    private static EntitlementInput Limit(FeatureId feature, decimal limit) => new(feature) { UsageLimit = new(limit) };

    private static PackageEntitlement Seats(decimal limit = 10) => new()
    {
        FeatureId = Given.Seats,
        UsageLimit = limit,
        HasSoftLimit = true,
        Order = 0,
        Reset = new(ResetPeriod.Month, ResetAnchor.StartOfTheMonth),
        CreatedAt = Given.Now,
        UpdatedAt = Given.Now,
    };

    private static Result<PackageEntitlement> Patch(EntitlementInput row) =>
        EntitlementRules.Update(Draft, Seats(), row, Features[Given.Seats], Given.Now);

    [Fact]
    public void Every_kind_of_feature_takes_its_own_value()
    {
        var added = Add(Draft, new(Sso), Limit(Given.Seats, 5), new(Region) { EnumValues = new(["eu"]) },
            new(Size) { HasUnlimitedUsage = new(true) }).Value;

        Assert.Equal([0m, 1m, 2m, 3m], added.Select(e => e.Order!.Value));
        Assert.Equal(5m, added[1].UsageLimit);
        Assert.True(added[0].IsGranted);
    }

    [Fact]
    public void Values_that_the_type_forbids_are_refused()
    {
        Refused(ErrorCode.BadUserInput, Limit(Sso, 1));
        Refused(ErrorCode.BadUserInput, new EntitlementInput(Sso) { Reset = new() { Period = new(ResetPeriod.Day) } });
        Refused(ErrorCode.BadUserInput, new EntitlementInput(Region) { EnumValues = new(["mars"]) });
        Refused(ErrorCode.BadUserInput, new EntitlementInput(Region) { EnumValues = new([]) });
        Refused(ErrorCode.BadUserInput, new EntitlementInput(Given.Seats)
        {
            EnumValues = new(["eu"]),
            UsageLimit = new(1)
        });
        Refused(ErrorCode.BadUserInput, Limit(Given.Seats, -1));
        Refused(ErrorCode.BadUserInput, Limit(Given.Seats, 1) with { HasUnlimitedUsage = new(true) });
        Refused(ErrorCode.InvalidEntitlementResetPeriod,
            Limit(Size, 1) with { Reset = new() { Period = new(ResetPeriod.Month) } });
    }

    [Fact]
    public void A_granted_value_feature_needs_its_value_and_a_revoked_one_does_not()
    {
        Refused(ErrorCode.BadUserInput, new EntitlementInput(Given.Seats));
        Refused(ErrorCode.BadUserInput, new EntitlementInput(Region));
        Assert.False(Add(Draft, new EntitlementInput(Given.Seats) { IsGranted = new(false) }).Value[0].IsGranted);
    }

    [Fact]
    public void Unknown_archived_and_repeated_features_are_refused()
    {
        Refused(ErrorCode.FeatureNotFound, new EntitlementInput(new("nope")));
        Refused(ErrorCode.EntityIsArchivedError, Limit(new("old"), 1));
        Refused(ErrorCode.DuplicatedEntityNotAllowed, Limit(Given.Seats, 1), Limit(Given.Seats, 2));
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed,
            Given.Code(Add(Draft with { Entitlements = [Seats()] }, Limit(Given.Seats, 1))));
    }

    [Fact]
    public void Overriding_is_for_addons_and_open_values_for_custom_packages()
    {
        var custom = new EntitlementInput(Given.Seats) { IsCustom = new(true) };

        Refused(ErrorCode.CannotAddOverrideEntitlementToPlan,
            Limit(Given.Seats, 1) with { Behavior = new(EntitlementBehavior.Override) });
        Refused(ErrorCode.BadUserInput, custom);
        Assert.Null(Add(Draft with { PricingType = PricingType.Custom }, custom).Refusal);
    }

    [Fact]
    public void A_patch_changes_what_it_names()
    {
        var after = Patch(new(Given.Seats) { UsageLimit = new(20m) }).Value;

        Assert.Equal(20m, after.UsageLimit);
        Assert.True(after.HasSoftLimit);
        Assert.Equal(new ResetRule(ResetPeriod.Month, ResetAnchor.StartOfTheMonth), after.Reset);
    }

    [Fact]
    public void A_limit_clears_unlimited_and_unlimited_clears_the_limit()
    {
        var unlimited = Patch(new(Given.Seats) { HasUnlimitedUsage = new(true) }).Value;
        var limited = EntitlementRules.Update(
            Draft, unlimited, Limit(Given.Seats, 3), Features[Given.Seats], Given.Now).Value;

        Assert.Null(unlimited.UsageLimit);
        Assert.False(limited.HasUnlimitedUsage);
        Assert.Equal(3m, limited.UsageLimit);
    }

    [Fact]
    public void A_reset_period_brings_its_own_configuration()
    {
        ResetRule? After(ResetInput reset) => Patch(new(Given.Seats) { Reset = reset }).Value.Reset;

        Assert.Equal(ResetRule.Of(ResetPeriod.Week), After(new() { Period = new(ResetPeriod.Week) }));
        Assert.Equal(new(ResetPeriod.Week, ResetAnchor.EveryMonday),
            After(new() { Period = new(ResetPeriod.Week), Weekly = ResetAnchor.EveryMonday }));
        Assert.Equal(ResetRule.Of(ResetPeriod.Month), After(new() { Monthly = ResetAnchor.SubscriptionStart }));
        Assert.Null(After(new() { Period = new(null) }));
    }

    [Fact]
    public void A_configuration_of_another_period_is_refused()
    {
        ErrorCode? After(ResetInput reset) => Given.Code(Patch(new(Given.Seats) { Reset = reset }));

        Assert.Equal(ErrorCode.InvalidEntitlementResetPeriod, After(new() { Weekly = ResetAnchor.EveryMonday }));
        Assert.Equal(ErrorCode.InvalidEntitlementResetPeriod,
            After(new() { Period = new(ResetPeriod.Year), Monthly = ResetAnchor.StartOfTheMonth }));
        Assert.Equal(ErrorCode.InvalidEntitlementResetPeriod,
            After(new() { Period = new(ResetPeriod.Month), Monthly = ResetAnchor.EveryMonday }));
    }
}
