using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Customers;

/// <summary>One coupon at most on a customer, and since when (spec catalog 12, subscriptions 12).</summary>
public sealed class CustomerCouponTests
{
    private static readonly Instant Later = Given.Now + Duration.FromDays(3);

    private static readonly Customer Holder = Given.Customer() with { CouponId = "TEN", CouponAppliedAt = Given.Now };

    private static Coupon Coupon(string id, bool isArchived = false) => new()
    {
        Uid = Given.Uid(8),
        Id = id,
        Name = id,
        PercentOff = 10,
        IsArchived = isArchived,
        CreatedAt = Given.Now,
        UpdatedAt = Given.Now,
    };

    private static Result<Change<Customer>> Give(Customer customer, string? couponId, Coupon? coupon) =>
        CustomerRules.Update(
            customer, new() { CouponId = new(couponId) }, billingIsSynced: false, coupon, Later);

    [Fact]
    public void Coupon_is_held_from_the_call_that_gave_it()
    {
        var given = Give(Given.Customer(), "TEN", Coupon("TEN")).Value;
        var created = CustomerRules.Create(
            new("new"), new() { CouponId = "TEN" }, idIsTaken: false, Coupon("TEN"), Given.Uid(1), Later).Value.Value;

        Assert.Equal(EventType.CustomerUpdated, Assert.Single(given.Events).Type);
        Assert.Equal(("TEN", Later), (given.Value.CouponId, given.Value.CouponAppliedAt));
        Assert.Equal(("TEN", Later), (created.CouponId, created.CouponAppliedAt));
    }

    [Fact]
    public void Same_coupon_again_changes_nothing_even_when_it_is_archived_by_now()
    {
        Assert.True(Give(Holder, "TEN", Coupon("TEN")).Value.IsNoChange);
        Assert.True(Give(Holder, "TEN", Coupon("TEN", isArchived: true)).Value.IsNoChange);
        Assert.Equal(Given.Now, Give(Holder, "TEN", Coupon("TEN")).Value.Value.CouponAppliedAt);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Null_and_an_empty_id_clear(string? nothing)
    {
        var cleared = Give(Holder, nothing, null).Value.Value;
        Assert.Null(cleared.CouponId);
        Assert.Null(cleared.CouponAppliedAt);
        Assert.True(Give(Given.Customer(), nothing, null).Value.IsNoChange);
    }

    [Fact]
    public void Another_coupon_an_archived_one_and_an_unknown_one_are_refused()
    {
        var another = Give(Holder, "TWENTY", Coupon("TWENTY")).Refusal!;

        Assert.Equal(ErrorCode.CustomerAlreadyHaveCustomerCoupon, another.Code);
        Assert.Contains("'TEN'", another.Message, StringComparison.Ordinal);
        Assert.Contains("'TWENTY'", another.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.ArchivedCouponCantBeApplied,
            Given.Code(Give(Given.Customer(), "OLD", Coupon("OLD", isArchived: true))));
        Assert.Equal(ErrorCode.CouponNotFound, Given.Code(Give(Given.Customer(), "NONE", null)));
        Assert.Equal(ErrorCode.CouponNotFound, Given.Code(Give(Holder, "NONE", null)));
    }

    [Fact]
    public void Other_fields_leave_the_coupon_alone()
    {
        var renamed = CustomerRules.Update(
            Holder, new() { Name = "Acme" }, billingIsSynced: false, coupon: null, Later).Value.Value;
        Assert.Equal(("TEN", Given.Now), (renamed.CouponId, renamed.CouponAppliedAt));
    }
}
