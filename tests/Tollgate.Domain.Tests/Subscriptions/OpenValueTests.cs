using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

/// <summary>
/// Values that a plan leaves to each subscription are given when it starts or its list is; a version that leaves open
/// one more does not stand in the way of other changes (spec catalog 8.3, subscriptions 3.6).
/// </summary>
public sealed class OpenValueTests
{
    private static readonly FeatureId Calls = new("calls");
    private static readonly IReadOnlyDictionary<FeatureId, Feature> Features =
        Given.Features(Given.Feature(Given.Seats), Given.Feature(Calls));
    private static readonly PackageVersion Deal = Given.Plan("deal", PricingType.Custom) with
    {
        Entitlements = [Open(Given.Seats)],
    };
    private static readonly PackageVersion Newer = Deal with { Entitlements = [Open(Given.Seats), Open(Calls)] };

    private static PackageEntitlement Open(FeatureId feature) => new()
    {
        FeatureId = feature,
        IsCustom = true,
        CreatedAt = Given.Now,
        UpdatedAt = Given.Now,
    };

    private static Subscription Held => ProvisionSubscription.Decide(
        new(Given.CustomerId, Deal.Id) { Overrides = [new(Given.Seats) { UsageLimit = 3 }], CreditOverrides = [] },
        Given.Provision(Deal) with { Features = Features }, Given.Now, Given.Ids()).Value.Subject;

    private static Result<SubscriptionDecision> Update(UpdateRequest request) => UpdateSubscription.Decide(
        request, new(Given.Held(Held, Newer), Given.Journey(), Features, [Held]), Given.Now, Given.Ids());

    [Fact]
    public void Other_changes_do_not_ask_for_a_value_that_was_left_open_since()
    {
        var request = new UpdateRequest { SalesforceId = new("sf") };

        Assert.Equal("sf", Update(request).Value.Subject.SalesforceId);
        Assert.Null(Update(new() { CancellationDate = new(null) }).Refusal);
        Assert.True(ProvisionSubscription.Decide(
            new(Given.CustomerId, Deal.Id), Given.Provision(Newer, Given.Held(Held, Newer)) with { Features = Features },
            Given.Now, Given.Ids()).Value.IsNoChange);
    }

    [Fact]
    public void A_list_and_a_new_subscription_still_need_every_value()
    {
        OverrideInput[] seats = [new(Given.Seats) { UsageLimit = 4 }];
        OverrideInput[] both = [.. seats, new(Calls) { UsageLimit = 5 }];

        Assert.Equal(ErrorCode.BadUserInput, Given.Code(Update(new() { Overrides = seats, CreditOverrides = [] })));
        Assert.Null(Update(new() { Overrides = both, CreditOverrides = [] }).Refusal);
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(ProvisionSubscription.Decide(
            new(Given.CustomerId, Deal.Id) { Overrides = seats, CreditOverrides = [] },
            Given.Provision(Newer) with { Features = Features }, Given.Now, Given.Ids())));
    }
}
