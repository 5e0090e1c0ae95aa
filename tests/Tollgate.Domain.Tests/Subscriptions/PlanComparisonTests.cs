using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

public sealed class PlanComparisonTests
{
    private static PlanDirection Direction(PackageVersion from, PackageVersion to) =>
        PlanComparison.Direction(Given.Facts(from), Given.Facts(to), null);

    [Fact]
    public void Inheritance_decides_before_price()
    {
        var cheapChild = Given.Facts(Given.ProPlan("child", 1, 1), Given.ProPlan("middle"), Given.ProPlan("base", 50,
            500));
        var root = Given.Facts(Given.ProPlan("base", 50, 500));

        Assert.Equal(PlanDirection.Upgrade, PlanComparison.Direction(root, cheapChild, null));
        Assert.Equal(PlanDirection.Downgrade, PlanComparison.Direction(cheapChild, root, null));
    }

    [Fact]
    public void Paid_plans_compare_their_lowest_monthly_equivalent()
    {
        // Basic 10 a month against Pro 9 a month or 84 a year, which is 7 a month.
        var basic = Given.Plan("basic", PricingType.Paid, Given.Charge(BillingModel.FlatFee, 10));
        var pro = Given.Plan("p", PricingType.Paid, Given.Charge(BillingModel.FlatFee, 9),
            Given.Charge(BillingModel.FlatFee, 84, BillingPeriod.Annually));

        Assert.Equal(PlanDirection.Downgrade, Direction(basic, pro));
        Assert.Equal(PlanDirection.Upgrade, Direction(pro, basic));
        Assert.Equal(PlanDirection.None, Direction(pro, pro with { Id = new("q") }));
    }

    [Fact]
    public void Without_a_common_currency_it_is_neither() => Assert.Equal(PlanDirection.None, Direction(
        Given.Plan("a", PricingType.Paid, Given.Charge(BillingModel.FlatFee, 10)),
        Given.Plan("b", PricingType.Paid, Given.Charge(BillingModel.FlatFee, 20, currency: "eur"))));

    [Theory]
    [InlineData(PricingType.Free, PricingType.Paid, PlanDirection.Upgrade)]
    [InlineData(PricingType.Paid, PricingType.Custom, PlanDirection.Upgrade)]
    [InlineData(PricingType.Custom, PricingType.Free, PlanDirection.Downgrade)]
    [InlineData(PricingType.Free, PricingType.Free, PlanDirection.None)]
    public void Kinds_rank_free_paid_custom(PricingType from, PricingType to, PlanDirection direction) =>
        Assert.Equal(direction, Direction(Given.Plan("a", from), Given.Plan("b", to)));
}
