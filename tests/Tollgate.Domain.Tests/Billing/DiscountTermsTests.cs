using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Billing;

public sealed class DiscountTermsTests
{
    private static readonly Coupon Coupon = new()
    {
        Uid = Given.Uid(8),
        Id = "AUTUMN",
        Name = "Autumn",
        AmountsOff = [new(10, "usd"), new(9, "eur")],
        DurationInMonths = 3,
        CreatedAt = Given.Now,
        UpdatedAt = Given.Now,
    };

    [Fact]
    public void Terms_of_a_customer_say_what_its_coupon_says_from_when_it_was_given()
    {
        var given = Given.Now + Duration.FromDays(40);
        var customer = Given.Customer() with { CouponId = "AUTUMN", CouponAppliedAt = given };

        var terms = DiscountTerms.OfCustomer(customer, Coupon)!;

        Assert.Equal(("AUTUMN", "Autumn", 3, given), (terms.Code, terms.Name, terms.DurationInMonths, terms.Start));
        Assert.Null(terms.PercentOff);
        Assert.Equal([new Money(10, "usd"), new Money(9, "eur")], terms.AmountsOff);
    }

    [Fact]
    public void Archiving_a_coupon_takes_nothing_from_its_holders()
    {
        var customer = Given.Customer() with { CouponId = "AUTUMN", CouponAppliedAt = Given.Now };
        Assert.NotNull(DiscountTerms.OfCustomer(customer, Coupon with { IsArchived = true }));
    }

    [Fact]
    public void Customer_without_a_coupon_has_no_discount_and_the_wrong_coupon_is_a_broken_call()
    {
        Assert.Null(DiscountTerms.OfCustomer(Given.Customer(), null));
        Assert.Throws<ArgumentException>(() => DiscountTerms.OfCustomer(
            Given.Customer() with { CouponId = "OTHER", CouponAppliedAt = Given.Now }, Coupon));
    }
}
