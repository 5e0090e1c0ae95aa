using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Tests.Subscriptions;
using Xunit;

namespace Tollgate.Domain.Tests.Credits;

/// <summary>What a mapping of usage to credits may say (spec credits 5.1 and 5.3).</summary>
public sealed class CreditRateTests
{
    private static readonly Instant Now = Instant.FromUtc(2026, 1, 10, 0, 0);

    [Fact]
    public void A_formula_that_cannot_be_parsed_is_refused_with_its_field_and_position()
    {
        var refusal = Expand(new(0.01m, new("ai"), "1.1 * in +"), hasMeter: true).Refusal;

        Assert.Equal(ErrorCode.InvalidArgumentError, refusal?.Code);
        var fault = Assert.Single(refusal!.Fields);
        Assert.EndsWith(".creditRate.costFormula", fault.Path, StringComparison.Ordinal);
        Assert.Contains("at position 11", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rate_of_nothing_is_refused()
    {
        var refusal = Expand(new(0, new("ai"), null), hasMeter: true).Refusal;

        Assert.Equal(ErrorCode.InvalidArgumentError, refusal?.Code);
        Assert.EndsWith(".creditRate.amount", Assert.Single(refusal!.Fields).Path, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_a_feature_with_a_meter_burns_credits()
    {
        var refusal = Expand(new(0.01m, new("ai"), null), hasMeter: false).Refusal;

        Assert.Equal(ErrorCode.MeterMustBeAssociatedToMeteredFeature, refusal?.Code);
        Assert.EndsWith(".featureId", Assert.Single(refusal!.Fields).Path, StringComparison.Ordinal);
    }

    [Fact]
    public void Rate_and_formula_are_stored_as_sent()
    {
        var charge = Assert.Single(Expand(new(0.01m, new("ai"), "2 * tokens"), hasMeter: true).Value.Charges,
            c => c.Model == BillingModel.CreditBased);

        Assert.Equal(new(0.01m, new("ai"), "2 * tokens"), charge.CreditRate);
    }

    private static Result<PackagePricing> Expand(CreditRate rate, bool hasMeter)
    {
        var tokens = Given.Feature(new("tokens")) with { Meter = hasMeter ? Meter : null };
        var mapping = new PricingModelInput(
            BillingModel.CreditBased, [new(BillingPeriod.Monthly) { CreditRate = rate }])
        { FeatureId = tokens.Id };
        var fee = new PricingModelInput(BillingModel.FlatFee, [new(BillingPeriod.Monthly) { Price = new(10, "usd") }]);
        return ChargeRules.Expand(
            new(PricingType.Paid) { Models = [fee, mapping] },
            new Dictionary<FeatureId, Feature> { [tokens.Id] = tokens },
            () => Guid.Empty,
            Now);
    }

    private static Meter Meter => new(
        new(AggregationFunction.Sum, "tokens"),
        [new([new("eventName", ConditionOperation.Equals, "completion", null)])]);
}
