using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;
using static Tollgate.Domain.Tests.Entitlements.Given;

namespace Tollgate.Domain.Tests.Entitlements;

/// <summary>What must hold for any catalog and any customer.</summary>
public sealed class EntitlementLawTests
{
    [Fact]
    public void A_check_granted_at_some_usage_is_granted_at_any_smaller_one() =>
        Prop.ForAll(
            (from content in Contents
             from usage in Gen.Choose(0, 60)
             from less in Gen.Choose(0, 60)
             from requested in Gen.Choose(0, 5)
             select (content, usage, smaller: Math.Min(usage, less), requested)).ToArbitrary(),
            c =>
            {
                var effective = Effective(Metered(), c.content);
                bool IsGranted(decimal usage) =>
                    EntitlementCheck.Evaluate(new(), effective, usage, c.requested, []).IsGranted;
                return !IsGranted(c.usage) || IsGranted(c.smaller);
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_order_of_subscriptions_and_of_their_add_ons_plays_no_role() =>
        Prop.ForAll(Lists.ToArbitrary(), contents =>
        {
            var turned = contents.Reverse().Select(each => each with { Addons = [.. each.Addons.Reverse()] }).ToArray();
            return Facts(Effective(Metered(), contents)) == Facts(Effective(Metered(), turned));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void One_more_subscription_never_lowers_what_the_customer_has() =>
        Prop.ForAll(Lists.ToArbitrary(), contents =>
        {
            var before = Effective(Metered(), contents[1..]);
            var after = Effective(Metered(), contents);
            return before is not { IsGranted: true }
                || (after is { IsGranted: true } && Size(after) >= Size(before));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void One_more_promotion_never_lowers_what_the_customer_has() =>
        Prop.ForAll(Lists.ToArbitrary(), Gen.Choose(0, 60).ToArbitrary(), (contents, limit) =>
        {
            var inputs = Inputs(Metered(), contents) with { Promotions = [Promotion(limit)] };
            var before = Effective(Metered(), contents);
            var after = EffectiveEntitlements.Compute(inputs).Find(F);
            return after is { IsGranted: true } && Size(after) >= limit
                && (before is not { IsGranted: true } || Size(after) >= Size(before));
        }).QuickCheckThrowOnFailure();

    private static decimal Size(EffectiveEntitlement effective) =>
        effective.HasUnlimitedUsage ? decimal.MaxValue : effective.UsageLimit!.Value;

    private static (bool?, decimal?, bool?, bool?, ResetRule?, Guid?) Facts(EffectiveEntitlement? effective) => (
        effective?.IsGranted, effective?.UsageLimit, effective?.HasUnlimitedUsage, effective?.HasSoftLimit,
        effective?.Reset, effective?.Winner.Uid);

    private static Gen<SubscriptionContent[]> Lists => Contents.NonEmptyListOf().Select(list => list
        .Select((each, i) => each.With(s => s with
        {
            Id = new("s" + i),
            Uid = new Guid(i, 0, 0, new byte[8]),
            StartDate = Start + Duration.FromHours(i % 3),
        }))
        .ToArray());

    private static Gen<SubscriptionContent> Contents =>
        from plan in AnyRow
        from hasPlan in Gen.Elements(true, true, false)
        from addons in AddonsOf
        from status in Gen.Elements(SubscriptionStatus.Active, SubscriptionStatus.InTrial, SubscriptionStatus.Canceled)
        select On(hasPlan ? Plan("p", plan) : Plan("p"), addons).With(s => s with { Status = status });

    private static Gen<HeldAddon[]> AddonsOf =>
        from row in AnyRow
        from other in AnyRow
        from quantity in Gen.Choose(1, 3)
        from behavior in Gen.Elements(EntitlementBehavior.Increment, EntitlementBehavior.Override)
        from count in Gen.Choose(0, 2)
        select new[] { Addon("a", row with { Behavior = behavior }, quantity), Addon("b", other) }[..count];

    private static Gen<PackageEntitlement> AnyRow =>
        from limit in Gen.Choose(0, 20)
        from kind in Gen.Choose(0, 9)
        from soft in Gen.Elements(true, false)
        from reset in Gen.Elements(null, Monthly, ResetRule.Of(ResetPeriod.Day))
        select kind switch
        {
            0 => Revoke(),
            1 => Unlimited(),
            _ => Limit(limit, soft, reset),
        };
}
