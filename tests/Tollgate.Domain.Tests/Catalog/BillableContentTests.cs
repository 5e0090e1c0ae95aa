using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Catalog;

/// <summary>Publishing where a billing provider cannot bill everything (spec catalog 4.4).</summary>
public sealed class BillableContentTests
{
    private static readonly BillableCharges FlatOnly = new() { Models = [BillingModel.FlatFee] };

    private static Refusal? Publish(PackageVersion draft, params (string Vendor, BillableCharges Charges)[] connected) =>
        PublishPackage.Decide(
            draft.Id, MigrationType.NewCustomers,
            new()
            {
                Draft = draft with { Status = PackageStatus.Draft },
                Published = null,
                Billing = [.. connected.Select(each => new ConnectedBilling(each.Vendor, each.Charges))],
            },
            () => Given.Uid(500), Given.Now).Refusal;

    [Fact]
    public void A_refusal_names_model_vendor_and_package()
    {
        var refusal = Publish(Given.ProPlan(), ("stripe", BillableCharges.All), ("acme", FlatOnly))!;

        Assert.Equal(ErrorCode.PricingModelNotSupportedByBillingIntegration, refusal.Code);
        Assert.Equal(
            [("pricingModel", "PER_UNIT"), ("vendorIdentifier", "ACME"), ("planRefId", "pro")],
            refusal.Details.Select(detail => (detail.Key, detail.Value)));
        Assert.Contains("'acme' cannot bill PER_UNIT charges", refusal.Message, StringComparison.Ordinal);
        Assert.Null(Publish(Given.ProPlan()));
        Assert.Null(Publish(Given.ProPlan(), ("stripe", BillableCharges.All)));
    }

    [Fact]
    public void Models_tiers_and_cadences_are_judged_where_there_is_money()
    {
        var flat = Given.Plan("flat", PricingType.Paid, Given.Charge(BillingModel.FlatFee, 9));
        PackageVersion With(Charge charge) => flat with { Charges = [.. flat.Charges, charge] };
        var tiered = Given.PerSeat(1, BillingPeriod.Monthly) with { TiersMode = TiersMode.Graduated };
        string? Model(PackageVersion draft, BillableCharges charges) =>
            Publish(draft, ("acme", charges))?.Details["pricingModel"];

        Assert.Null(Model(flat, FlatOnly));
        Assert.Equal("PER_UNIT", Model(With(tiered), new() { TiersModes = [TiersMode.Volume] }));
        Assert.Null(Model(With(tiered with { TiersMode = TiersMode.Volume }), new() { TiersModes = [TiersMode.Volume] }));
        Assert.Null(Model(With(tiered with { TiersMode = null }), new() { TiersModes = [] }));
        Assert.Equal("FLAT_FEE", Model(
            With(flat.Charges[0] with { Cadence = BillingCadence.OneOff }), new() { Cadences = [BillingCadence.Recurring] }));
        Assert.Equal("MINIMUM_SPEND", Model(
            flat with { MinimumSpend = [new(BillingPeriod.Monthly, new(1, "usd"))] }, FlatOnly));
        Assert.Equal("USAGE_BASED", Model(
            flat with { OverageCharges = [Given.Charge(BillingModel.UsageBased, 1)] }, FlatOnly));
        // A mapping of usage to credits costs no money, and what is not PAID has no catalog price.
        Assert.Null(Model(With(Given.Charge(BillingModel.CreditBased, 0) with { Price = null }), FlatOnly));
        Assert.Null(Model(With(tiered) with { PricingType = PricingType.Custom }, FlatOnly));
    }
}
