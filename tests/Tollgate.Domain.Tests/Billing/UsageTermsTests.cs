using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Given = Tollgate.Domain.Tests.Entitlements.Given;

namespace Tollgate.Domain.Tests.Billing;

/// <summary>What a subscription includes before overage begins (spec catalog 9.7).</summary>
public sealed class UsageTermsTests
{
    private static readonly Charge Overage = Given.ChargeOf(BillingModel.UsageBased);

    private static UsageTerms Terms(SubscriptionContent content) => UsageTerms.Of(
        content with { Plan = content.Plan with { OverageCharges = [Overage] } },
        new Dictionary<FeatureId, Feature> { [Given.F] = Given.Metered() }, Given.Now)[Given.F];

    [Fact]
    public void Included_is_the_limit_of_plan_and_addons_with_the_plans_reset()
    {
        var content = Given.On(
            Given.Plan("p", Given.Limit(1000, reset: Given.Monthly)), Given.Addon("a", Given.Limit(500), quantity: 2));

        Assert.Equal(new UsageTerms(2000, Given.Monthly, Given.Start), Terms(content));
    }

    [Fact]
    public void Included_of_a_commitment_is_the_committed_limit()
    {
        var committed = Given.ChargeOf(BillingModel.PerUnit) with { BlockSize = 1000 };
        var content = Given.On(Given.Plan("p") with { Charges = [committed] });

        // 2 500 committed in blocks of 1 000 give 3 000.
        Assert.Equal(3000, Terms(content with
        {
            Subscription = content.Subscription with
            {
                Quantities = new Dictionary<FeatureId, decimal> { [Given.F] = 2500 },
            },
        }).Included);
    }

    [Fact]
    public void Unlimited_or_revoked_has_no_overage()
    {
        Assert.Null(Terms(Given.On(Given.Plan("p", Given.Unlimited()))).Included);
        Assert.Null(Terms(Given.On(Given.Plan("p", Given.Limit(10)), Given.Addon("a", Given.Revoke()))).Included);
    }

    [Fact]
    public void Only_features_with_an_overage_have_terms()
    {
        var features = new Dictionary<FeatureId, Feature> { [Given.F] = Given.Metered() };
        var content = Given.On(Given.Plan("p", Given.Limit(10)));

        Assert.Empty(UsageTerms.Of(content, features, Given.Now));
    }
}
