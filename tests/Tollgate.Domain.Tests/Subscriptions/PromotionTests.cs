using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

/// <summary>Promotion codes of a billing provider (spec subscriptions 5.3 step 7 and 12, catalog 12).</summary>
public sealed class PromotionTests
{
    /// <summary>Per seat 10 a month or 100 a year.</summary>
    private static readonly PackageVersion Pro = Given.ProPlan();
    private static readonly PackageVersion Team = Given.ProPlan("team", 5, 50);
    private static readonly Instant Later = Given.Now + Duration.FromDays(10);

    private static readonly PromotionCode Save = new()
    {
        Code = "SAVE20",
        Name = "Twenty off",
        PercentOff = 20,
        DurationInMonths = 3,
    };

    private static CouponRequest By(string code, PromotionCode? found = null, PromotionCodeRefusal? why = null) => new()
    {
        References = [new(CouponForm.PromotionCode, code, "promotionCode")],
        Promotion = found,
        PromotionRefusal = why,
    };

    private static Result<SubscriptionDecision> Provision(
        CouponRequest? request, int seats = 1, PackageVersion? support = null, Subscription? held = null,
        PackageVersion? plan = null) => ProvisionSubscription.Decide(
        new(Given.CustomerId, (plan ?? Pro).Id)
        {
            BillingPeriod = BillingPeriod.Monthly,
            Quantities = [new(Given.Seats, seats)],
            Addons = support is null ? null : [new(support.Id)],
            Coupon = request is null ? default : new(request),
            ScheduleStrategy = plan is null ? null : ScheduleStrategy.EndOfBillingPeriod,
        },
        Given.Provision(
            (plan ?? Pro) with { CompatibleAddonIds = support is null ? [] : [support.Id] },
            held is null ? [] : [Given.Held(held, Pro)]) with
        {
            Addons = support is null ? AddonFacts.None : Given.Addons(support),
        },
        held is null ? Given.Now : Later, Given.Ids());

    private static Result<SubscriptionDecision> Update(Subscription subscription, UpdateRequest request, Instant? at = null) =>
        UpdateSubscription.Decide(
            request, new(Given.Held(subscription, Pro), Given.Journey(), Given.Features(), [subscription]), at ?? Later,
            Given.Ids(3000));

    [Fact]
    public void A_code_discounts_as_the_coupon_it_stands_for()
    {
        var held = Assert.Single(Provision(By("save20 ", Save)).Value.Subject.Coupons);

        Assert.Equal(("SAVE20", "Twenty off", 20m, 3, Given.Now), (
            held.Terms.Code, held.Terms.Name, held.Terms.PercentOff, held.Terms.DurationInMonths, held.Terms.Start));
        Assert.Equal(("SAVE20", false), (held.PromotionCode, held.IsAdHoc));
    }

    [Fact]
    public void Terms_are_those_of_a_coupon_of_the_same_discount() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Choose(1, 100).Zip(Gen.Choose(0, 24)).ToArbitrary(),
        drawn =>
        {
            var (percent, months) = (drawn.Item1, drawn.Item2 == 0 ? (int?)null : drawn.Item2);
            var coupon = new Coupon
            {
                Uid = Given.Uid(8),
                Id = "SAVE20",
                Name = "Twenty off",
                PercentOff = percent,
                DurationInMonths = months,
                CreatedAt = Given.Now,
                UpdatedAt = Given.Now,
            };
            var byCode = Provision(By("SAVE20", Save with { PercentOff = percent, DurationInMonths = months })).Value.Subject;
            return byCode.Coupons[0].Terms == DiscountTerms.Of(coupon, Given.Now);
        }));

    [Theory]
    [InlineData(null, ErrorCode.PromotionCodeNotFound)]
    [InlineData(PromotionCodeRefusal.NotFound, ErrorCode.PromotionCodeNotFound)]
    [InlineData(PromotionCodeRefusal.NotActive, ErrorCode.PromotionCodeNotActive)]
    [InlineData(PromotionCodeRefusal.NotForCustomer, ErrorCode.PromotionCodeNotForCustomer)]
    [InlineData(PromotionCodeRefusal.MaxRedemptionsReached, ErrorCode.PromotionCodeMaxRedemptionsReached)]
    [InlineData(PromotionCodeRefusal.CustomerNotFirstPurchase, ErrorCode.PromotionCodeCustomerNotFirstPurchase)]
    public void What_the_provider_refuses_is_refused_at_the_field_that_names_it(PromotionCodeRefusal? why, ErrorCode code)
    {
        var refusal = Provision(By("SAVE20", why: why)).Refusal!;

        Assert.Equal((code, "promotionCode"), (refusal.Code, refusal.Fields[0].Path));
        Assert.Contains("'SAVE20'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_minimum_is_compared_with_a_full_period_before_discount()
    {
        // 2 seats x 10 + add-on 5 = 25 dollars a month.
        var least = Save with { MinimumAmounts = [new(25.01m, "usd"), new(1, "eur")] };
        Result<SubscriptionDecision> At(PromotionCode code) => Provision(By("SAVE20", code), seats: 2, Given.Support());

        Assert.Equal(ErrorCode.PromotionCodeMinimumAmountNotReached, Given.Code(At(least)));
        Assert.Null(Given.Code(At(least with { MinimumAmounts = [new(25, "usd")] })));
        Assert.Null(Given.Code(At(least with { MinimumAmounts = [new(1_000, "eur")] })));
        // With the change 3 seats x 10 = 30.
        var live = Given.Live(Pro);
        var more = new UpdateRequest { Quantities = [new(Given.Seats, 3)] };
        Assert.Null(Given.Code(Update(
            live, more with { Coupon = new(By("x", Save with { MinimumAmounts = [new(30, "usd")] })) })));
        Assert.Equal(ErrorCode.PromotionCodeMinimumAmountNotReached, Given.Code(Update(
            live, more with { Coupon = new(By("x", Save with { MinimumAmounts = [new(30.5m, "usd")] })) })));
    }

    [Fact]
    public void Whoever_holds_a_code_keeps_it_whatever_the_provider_says_by_now()
    {
        var held = Provision(By("SAVE20", Save)).Value.Subject;
        var used = By("Save20", why: PromotionCodeRefusal.MaxRedemptionsReached);

        Assert.True(Update(held, new() { Coupon = new(used) }).Value.IsNoChange);
        Assert.Equal(ErrorCode.PromotionCodeMaxRedemptionsReached, Given.Code(Update(
            held, new() { Coupon = new(used with { StartDate = Later }) })));
        // It has run out after three months.
        Assert.Equal(ErrorCode.PromotionCodeMaxRedemptionsReached, Given.Code(Update(
            held, new() { Coupon = new(used) }, Given.Now + Duration.FromDays(100))));
    }

    [Fact]
    public void A_coupon_of_the_catalog_with_the_same_id_is_another_discount()
    {
        var held = Provision(By("SAVE20", Save)).Value.Subject;
        var coupon = new Coupon
        {
            Uid = Given.Uid(8),
            Id = "SAVE20",
            Name = "Ours",
            PercentOff = 5,
            CreatedAt = Given.Now,
            UpdatedAt = Given.Now,
        };
        var replaced = UpdateSubscription.Decide(
            new() { Coupon = new(new CouponRequest { References = [new(CouponForm.CouponId, "SAVE20", "couponId")] }) },
            new(Given.Held(held, Pro), Given.Journey(), Given.Features(), [held]) { Coupon = coupon }, Later, Given.Ids(3000));

        Assert.Equal([20m, 5m], replaced.Value.Subject.Coupons.Select(c => c.Terms.PercentOff));
    }

    [Fact]
    public void A_code_that_waits_with_a_change_was_taken_and_is_not_judged_again()
    {
        var live = Given.Live(Pro);
        var least = Save with { MinimumAmounts = [new(5, "usd")] };
        var waiting = Provision(By("SAVE20", least), held: live, plan: Team).Value.Subject;
        var again = Provision(By("SAVE20", least), held: waiting, plan: Team).Value;
        var refused = Provision(By("SAVE20", least with { MinimumAmounts = [new(6, "usd")] }), held: live, plan: Team);

        var coupon = waiting.FutureUpdates.Single(u => u.Type == ScheduleType.Coupon).Coupon!;
        Assert.Equal((20m, 0), (coupon.Promotion!.PercentOff, coupon.Promotion.MinimumAmounts.Count));
        Assert.True(again.IsNoChange);
        Assert.Equal(ErrorCode.PromotionCodeMinimumAmountNotReached, Given.Code(refused));
    }

    [Fact]
    public void A_code_that_is_held_waits_for_nothing()
    {
        var held = Provision(By("SAVE20", Save)).Value.Subject;

        var waiting = Provision(By("SAVE20", why: PromotionCodeRefusal.NotActive), held: held, plan: Team);

        Assert.Equal([ScheduleType.Downgrade], waiting.Value.Subject.FutureUpdates.Select(u => u.Type));
    }

    [Fact]
    public void A_provider_that_answers_nonsense_is_told_at_once()
    {
        PromotionCode[] wrong =
        [
            Save with { PercentOff = null },
            Save with { AmountsOff = [new(5, "usd")] },
            Save with { PercentOff = 100.5m },
            Save with { PercentOff = null, AmountsOff = [] },
            Save with { PercentOff = null, AmountsOff = [new(5, "USD")] },
            Save with { DurationInMonths = 0 },
        ];
        foreach (var code in wrong)
            Assert.Throws<ArgumentException>(() => new PromotionCodeAnswer.StandsFor(code));
        Assert.Equal(33.3m, new PromotionCodeAnswer.StandsFor(Save with { PercentOff = 33.3m }).Code.PercentOff);
    }
}
