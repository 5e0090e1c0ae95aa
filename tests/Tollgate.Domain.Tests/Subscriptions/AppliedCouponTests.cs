using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

/// <summary>Coupons of one subscription (spec subscriptions 12).</summary>
public sealed class AppliedCouponTests
{
    private static readonly PackageVersion Pro = Given.ProPlan();
    private static readonly Instant Later = Given.Now + Duration.FromDays(10);

    private static Coupon Coupon(string id = "SAVE20") => new()
    {
        Uid = Given.Uid(8),
        Id = id,
        Name = "Twenty off",
        PercentOff = 20,
        DurationInMonths = 3,
        CreatedAt = Given.Now,
        UpdatedAt = Given.Now,
    };

    private static CouponRequest By(string id, CouponForm form = CouponForm.CouponId) =>
        new() { References = [new(form, id, "appliedCoupon.couponId")] };

    private static Result<SubscriptionDecision> Provision(CouponRequest? request, Coupon? coupon) =>
        ProvisionSubscription.Decide(
            new(Given.CustomerId, Pro.Id) { BillingPeriod = BillingPeriod.Monthly, Coupon = new(request) },
            Given.Provision(Pro) with { Coupon = coupon }, Given.Now, Given.Ids());

    private static Result<SubscriptionDecision> Update(
        Subscription subscription, Optional<CouponRequest> request, Coupon? coupon = null, Instant? at = null) =>
        UpdateSubscription.Decide(new() { Coupon = request },
            new(Given.Held(subscription, Pro), Given.Journey(), Given.Features(), [subscription]) { Coupon = coupon },
            at ?? Later, Given.Ids(3000));

    [Theory]
    [InlineData(CouponForm.CouponId)]
    [InlineData(CouponForm.BillingCouponId)]
    public void A_coupon_is_held_with_its_terms_from_the_application_on(CouponForm form)
    {
        var held = Assert.Single(Provision(By("SAVE20", form), Coupon()).Value.Subject.Coupons);

        Assert.Equal(("SAVE20", "Twenty off", 20m, 3), (held.Terms.Code, held.Terms.Name, held.Terms.PercentOff,
            held.Terms.DurationInMonths));
        Assert.Equal(Given.Now, held.Terms.Start);
        Assert.False(held.IsAdHoc);
        // Three calendar months from January 31 at 10:13.
        var end = Instant.FromUtc(2026, 4, 30, 10, 13);
        Assert.Equal(AppliedCouponStatus.Active, held.StatusAt(end - Duration.FromMilliseconds(1)));
        Assert.Equal(AppliedCouponStatus.Expired, held.StatusAt(end));
    }

    [Fact]
    public void A_configured_start_counts_and_otherwise_the_later_of_call_and_subscription_start()
    {
        var start = Given.Now + Duration.FromDays(40);
        var configured = Provision(By("SAVE20") with { StartDate = start }, Coupon()).Value.Subject;
        var waiting = ProvisionSubscription.Decide(
            new(Given.CustomerId, Pro.Id)
            {
                BillingPeriod = BillingPeriod.Monthly,
                StartDate = start,
                Coupon = new(By("SAVE20")),
            },
            Given.Provision(Pro) with { Coupon = Coupon() }, Given.Now, Given.Ids()).Value.Subject;

        Assert.Equal(start, configured.Coupons[0].Terms.Start);
        Assert.Equal(start, waiting.Coupons[0].Terms.Start);
    }

    [Fact]
    public void Exactly_one_form_is_given()
    {
        var two = new CouponRequest
        {
            References =
            [
                new(CouponForm.CouponId, "SAVE20", "appliedCoupon.couponId"),
                new(CouponForm.PromotionCode, "SAVE20", "promotionCode"),
            ],
        };

        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Provision(two, Coupon())));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Provision(new(), null)));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Provision(
            By("SAVE20") with { Discount = new() { PercentOff = 5 } }, Coupon())));
    }

    [Fact]
    public void Unknown_and_archived_coupons_are_refused_and_codes_nobody_made()
    {
        Assert.Equal(ErrorCode.CouponNotFound, Given.Code(Provision(By("nope"), null)));
        Assert.Equal(ErrorCode.ArchivedCouponCantBeApplied,
            Given.Code(Provision(By("SAVE20"), Coupon() with { IsArchived = true })));
        Assert.Equal(ErrorCode.PromotionCodeNotFound,
            Given.Code(Provision(By("SAVE20", CouponForm.PromotionCode), null)));
    }

    [Fact]
    public void A_fixed_amount_needs_the_subscriptions_currency()
    {
        var euros = Coupon() with { PercentOff = null, AmountsOff = [new(9, "eur")] };
        var both = euros with { AmountsOff = [new(9, "eur"), new(10, "usd")] };

        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Provision(By("SAVE20"), euros)));
        Assert.Null(Given.Code(Provision(By("SAVE20"), both)));
    }

    [Fact]
    public void A_discount_of_its_own_is_checked_like_a_coupon()
    {
        var held = Provision(new() { Discount = new() { Name = "Loyal", PercentOff = 15, DurationInMonths = 2 } }, null)
            .Value.Subject.Coupons[0];

        Assert.True(held.IsAdHoc);
        Assert.Equal(("Loyal", 15m, 2), (held.Terms.Name, held.Terms.PercentOff, held.Terms.DurationInMonths));
        ErrorCode? Code(AdHocDiscount discount) => Given.Code(Provision(new() { Discount = discount }, null));
        Assert.Equal(ErrorCode.BadUserInput, Code(new()));
        Assert.Equal(ErrorCode.BadUserInput, Code(new() { PercentOff = 101 }));
        Assert.Equal(ErrorCode.BadUserInput, Code(new() { PercentOff = 5, DurationInMonths = 1.5m }));
        Assert.Equal(ErrorCode.BadUserInput, Code(new() { PercentOff = 5, Name = new('x', 41) }));
        Assert.Equal(ErrorCode.InvalidArgumentError, Code(new() { AmountsOff = [new(9, "eur")] }));
    }

    [Fact]
    public void The_coupon_that_is_in_force_changes_nothing_also_when_it_is_archived_by_now()
    {
        var held = Provision(By("SAVE20"), Coupon()).Value.Subject;
        var discounted = Provision(new() { Discount = new() { PercentOff = 15 } }, null).Value.Subject;

        Assert.True(Update(held, new(By("SAVE20")), Coupon()).Value.IsNoChange);
        Assert.True(Update(held, new(By("SAVE20")), Coupon() with { IsArchived = true }).Value.IsNoChange);
        Assert.True(Update(held, default).Value.IsNoChange);
        Assert.True(Update(discounted, new(new CouponRequest { Discount = new() { PercentOff = 15 } })).Value.IsNoChange);
    }

    [Fact]
    public void Another_coupon_removes_the_one_before_and_null_removes_it_too()
    {
        var held = Provision(By("SAVE20"), Coupon()).Value.Subject;

        var replaced = Update(held, new(By("SAVE30")), Coupon("SAVE30")).Value.Subject.Coupons;
        Assert.Equal([("SAVE20", (Instant?)Later), ("SAVE30", null)], replaced.Select(c => (c.Terms.Code, c.RemovedAt)));
        Assert.Equal([AppliedCouponStatus.Removed, AppliedCouponStatus.Active], replaced.Select(c => c.StatusAt(Later)));
        var removed = Update(held, new(null)).Value.Subject;
        Assert.Equal(Later, Assert.Single(removed.Coupons).RemovedAt);
        Assert.True(Update(removed, new(null)).Value.IsNoChange);
    }

    [Fact]
    public void A_coupon_that_ran_out_stays_expired_and_can_be_given_again()
    {
        var held = Provision(By("SAVE20"), Coupon()).Value.Subject;
        var over = Instant.FromUtc(2026, 5, 2, 0, 0);

        var again = Update(held, new(By("SAVE20")), Coupon(), over).Value.Subject.Coupons;

        Assert.Equal([AppliedCouponStatus.Expired, AppliedCouponStatus.Active], again.Select(c => c.StatusAt(over)));
        Assert.Equal(over, again[1].Terms.Start);
    }

    [Fact]
    public void A_move_in_place_to_another_plan_keeps_the_coupon_and_a_new_record_starts_without()
    {
        var held = Provision(By("SAVE20"), Coupon()).Value.Subject;
        var team = Given.ProPlan("team", 20, 200);

        SubscriptionDecision To(SubscriptionId? id) => ProvisionSubscription.Decide(
            new(Given.CustomerId, team.Id) { BillingPeriod = BillingPeriod.Monthly, Id = id },
            Given.Provision(team, Given.Held(held, Pro)), Later, Given.Ids(4000)).Value;

        Assert.Equal("SAVE20", Assert.Single(To(null).Subject.Coupons).Terms.Code);
        Assert.Empty(To(new("fresh")).Subject.Coupons);
    }
}
