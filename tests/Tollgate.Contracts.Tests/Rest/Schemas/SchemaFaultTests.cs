using Tollgate.Contracts.Rest.Schemas;

namespace Tollgate.Contracts.Tests.Rest.Schemas;

/// <summary>Real bodies: which faults are found and what their messages say.</summary>
public sealed class SchemaFaultTests
{
    [Fact]
    public void A_good_feature_has_no_fault() => Assert.Empty(SharedContract.Faults("FeatureCreateRequest", """
        {"id":"feature-seats","displayName":"Seats","featureType":"NUMBER","meterType":"FLUCTUATING",
         "featureUnits":"seat","unitTransformation":{"divide":10,"round":"UP"},"metadata":{"team":"core"}}
        """));

    [Fact]
    public void All_faults_of_a_body_are_collected_and_named()
    {
        Assert.Equal(
            [
                "Symbol: featureType is 'BOOL'; use one of BOOLEAN, NUMBER, ENUM.",
                "Text: id is '-seats'; start with a letter or digit, then use letters, digits and _ | . -.",
                "Type: unitTransformation.divide is 1.5; give a whole number.",
                "Type: enumConfiguration[0].value is 7; give a string.",
                "Missing: enumConfiguration[0].displayName is missing; give a string.",
                "Unknown: descripton is not known here; use description.",
                "Unknown: colour is not known here; remove it.",
                "Metadata: metadata.tier is 3; give a string.",
                "Missing: displayName is missing; give a string.",
            ],
            SharedContract.Faults("FeatureCreateRequest", """
                {"featureType":"BOOL","id":"-seats","unitTransformation":{"divide":1.5},
                 "enumConfiguration":[{"value":7}],"descripton":"x","colour":"red","metadata":{"tier":3}}
                """));
    }

    [Fact]
    public void A_body_of_another_type_is_one_fault() =>
        Assert.Equal(
            ["Type: The body is a list of 2; give an object."], SharedContract.Faults("FeatureCreateRequest", "[1,2]"));

    [Theory]
    [InlineData("""{"metadata":{"a":null}}""", "Metadata: metadata.a is null; give a string.")]
    [InlineData("""{"metadata":{"a":{"b":"c"}}}""", "Metadata: metadata.a is an object; give a string.")]
    [InlineData("""{"metadata":"a"}""", "Metadata: metadata is 'a'; give an object.")]
    [InlineData("""{"metadata":{"a":1e400}}""", "Metadata: metadata.a is 1e400; give a string.")]
    [InlineData("""{"metadata":null}""", "Metadata: metadata is null; give an object.")]
    [InlineData("""{"metadata":{"a":"1","a":"2"}}""", "Duplicate: metadata.a is given twice; keep one.")]
    [InlineData("""{"displayName":"a","displayName":"b"}""", "Duplicate: displayName is given twice; keep one.")]
    [InlineData("""{"zzz":1,"zzz":2}""",
        "Unknown: zzz is not known here; remove it.|Duplicate: zzz is given twice; keep one.")]
    [InlineData("""{"enumConfiguration":[]}""", "Count: enumConfiguration has 0 elements; give 1 to 255.")]
    [InlineData("""{"meter":{"aggregation":{},"filters":[]}}""",
        "Missing: meter.aggregation.function is missing; give one of SUM, MAX, MIN, AVG, COUNT, UNIQUE.")]
    public void An_update_reports(string json, string faults) =>
        Assert.Equal(faults.Split('|'), SharedContract.Faults("FeatureUpdateRequest", json));

    [Fact]
    public void Only_the_branch_that_the_discriminator_names_is_validated()
    {
        Assert.Empty(SharedContract.Faults("PackageEntitlementsCreateRequest", """
            {"entitlements":[{"type":"FEATURE","id":"seats","usageLimit":5},
                             {"type":"CREDIT","id":"gold","amount":10.5,"cadence":"MONTH"}]}
            """));
        Assert.Equal(
            [
                "Unknown: entitlements[0].amount is not known here; remove it.",
                "Missing: entitlements[1].amount is missing; give a number or null.",
                "Missing: entitlements[1].cadence is missing; give one of MONTH, YEAR.",
            ],
            SharedContract.Faults("PackageEntitlementsCreateRequest", """
                {"entitlements":[{"type":"FEATURE","id":"seats","amount":1},{"type":"CREDIT","id":"gold"}]}
                """));
    }

    [Theory]
    [InlineData("""{"usageLimit":1}""", "Discriminator: type is missing; use one of FEATURE, CREDIT.")]
    [InlineData("""{"type":"feature"}""", "Discriminator: type is 'feature'; use one of FEATURE, CREDIT.")]
    [InlineData("""{"type":1}""", "Discriminator: type is 1; use one of FEATURE, CREDIT.")]
    [InlineData("\"FEATURE\"", "Type: The body is 'FEATURE'; give an object.")]
    public void A_missing_or_unknown_discriminator_is_said(string json, string fault) =>
        Assert.Equal([fault], SharedContract.Faults("PackageEntitlementUpdateRequest", json));

    [Fact]
    public void A_discriminator_given_twice_is_a_duplicate() => Assert.Equal(
        ["Duplicate: type is given twice; keep one."],
        SharedContract.Faults("PackageEntitlementUpdateRequest", """{"type":"FEATURE","type":"FEATURE"}"""));

    [Fact]
    public void Of_several_branches_the_best_fitting_one_speaks()
    {
        const string Entitlement = """
            {"id":"a","behavior":"Increment","createdAt":"2025-01-01T00:00:00.000Z","description":null,
             "displayNameOverride":null,"enumValues":null,"hasSoftLimit":null,"hasUnlimitedUsage":null,
             "hiddenFromWidgets":[],"isCustom":null,"isGranted":true,"order":null,"resetPeriod":"WEEK",
             "resetPeriodConfiguration":{"accordingTo":"ANCHOR"},"type":"FEATURE",
             "updatedAt":"2025-01-01T00:00:00.000Z","usageLimit":1}
            """;
        foreach (var anchor in new[] { "SubscriptionStart", "StartOfTheMonth", "EveryMonday" })
        {
            Assert.Empty(SharedContract.Faults(
                "PackageFeatureEntitlement", Entitlement.Replace("ANCHOR", anchor, StringComparison.Ordinal)));
        }

        Assert.StartsWith(
            "Symbol: resetPeriodConfiguration.accordingTo is 'ANCHOR'; use ",
            Assert.Single(SharedContract.Faults("PackageFeatureEntitlement", Entitlement)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_overlay_limits_names_ids_and_quantities()
    {
        var tooLong = new string('n', 256);
        Assert.Equal(
            [
                "Text: id is '_a'; start with a letter or digit, then use letters, digits and _ | . -.",
                $"Text: displayName is '{new string('n', 40)}...' with 256 characters; use at most 255.",
                "Text: productId is empty; give at least 1 character.",
                "Text: parentPlanId is 'a@b'; start with a letter or digit, then use letters, digits and _ | . -.",
            ],
            SharedContract.Faults(
                "PlanCreateRequest",
                $$"""{"id":"_a","displayName":"{{tooLong}}","productId":"","parentPlanId":"a@b"}"""));
        Assert.Equal(
            [
                "Range: charges.pricingModels[0].minUnitQuantity is -1; use 0 to 999999.",
                "Range: charges.pricingModels[0].maxUnitQuantity is 1000000; use 0 to 999999.",
            ],
            SharedContract.Faults("PlanUpdateRequest", """
                {"charges":{"pricingType":"PAID","pricingModels":[{"billingModel":"PER_UNIT","minUnitQuantity":-1,
                 "maxUnitQuantity":1000000,"pricePeriods":[{"billingPeriod":"MONTHLY","price":{"amount":1}}]}]}}
                """));
    }

    [Fact]
    public void A_list_of_51_pricing_models_is_one_too_long()
    {
        var model = """{"billingModel":"FLAT_FEE","pricePeriods":[{"billingPeriod":"MONTHLY","price":{"amount":1}}]}""";
        string Body(int count) =>
            """{"charges":{"pricingType":"PAID","pricingModels":["""
            + string.Join(',', Enumerable.Repeat(model, count)) + "]}}";
        Assert.Empty(SharedContract.Faults("PlanUpdateRequest", Body(50)));
        Assert.Equal(
            ["Count: charges.pricingModels has 51 elements; give at most 50."],
            SharedContract.Faults("PlanUpdateRequest", Body(51)));
    }

    [Fact]
    public void Customer_ids_may_hold_an_at_sign_and_other_ids_may_not()
    {
        Assert.Empty(SharedContract.Faults("CustomerProvisionRequest", """{"id":"ana@example.com","couponId":""}"""));
        Assert.Empty(SharedContract.Faults(
            "UsageReportRequest", """{"usages":[{"customerId":"ana@example.com","featureId":"calls","value":-5}]}"""));
        Assert.Equal(
            ["Text: usages[0].featureId is 'a@b'; start with a letter or digit, then use letters, digits and _ | . -."],
            SharedContract.Faults(
                "UsageReportRequest", """{"usages":[{"customerId":"c","featureId":"a@b","value":1}]}"""));
    }

    [Fact]
    public void Dimensions_take_three_types_and_are_no_metadata() => Assert.Equal(
        ["Type: usages[0].dimensions.d is null; give a string or a number or true or false."],
        SharedContract.Faults("UsageReportRequest", """
            {"usages":[{"customerId":"c","featureId":"f","value":1,"dimensions":{"a":"x","b":1,"c":true,"d":null}}]}
            """));

    [Fact]
    public void Long_lists_of_symbols_are_shortened()
    {
        var fault = Assert.Single(
            SharedContract.Faults("CustomerProvisionRequest", """{"id":"c","billingCurrency":"EUR"}"""));
        Assert.StartsWith(
            "Symbol: billingCurrency is 'EUR'; use one of the 116 symbols usd, aed, ", fault, StringComparison.Ordinal);
        Assert.True(fault.Length < 250, fault);
    }

    [Fact]
    public void Unknown_fields_of_answers_are_tolerated_on_demand()
    {
        const string Body = """{"data":{"id":"a","more":1},"extra":true}""";
        var schema = SharedContract.Instance.Schema("IdRefResponse");
        Assert.Empty(schema.FaultsOf(Body, UnknownFields.Tolerated));
        Assert.Equal(2, schema.FaultsOf(Body).Length);
    }
}
