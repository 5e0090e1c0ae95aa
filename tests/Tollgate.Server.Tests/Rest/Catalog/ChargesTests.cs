using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Errors;
using Tollgate.Storage;

namespace Tollgate.Server.Tests.Rest.Catalog;

/// <summary>Every way of charging can be put on a plan and on an add-on, and is read back as it was sent (spec catalog 9).</summary>
public sealed class ChargesTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Pricing models as requests spell them; one way of charging each.</summary>
    public static TheoryData<string, string> Models => new()
    {
        {
            "flat fee",
            """
            {"billingModel": "FLAT_FEE", "pricePeriods": [
              {"billingPeriod": "MONTHLY", "price": {"amount": 49, "currency": "usd"}},
              {"billingPeriod": "ANNUALLY", "price": {"amount": 490.5, "currency": "usd"}}]}
            """
        },
        {
            "one-off fee",
            """
            {"billingModel": "FLAT_FEE", "billingCadence": "ONE_OFF", "pricePeriods": [
              {"billingPeriod": "MONTHLY", "price": {"amount": 199, "currency": "usd"}}]}
            """
        },
        {
            "localized fee",
            """
            {"billingModel": "FLAT_FEE", "pricePeriods": [
              {"billingPeriod": "MONTHLY", "price": {"amount": 20, "currency": "usd"}},
              {"billingPeriod": "MONTHLY", "billingCountryCode": "IN", "price": {"amount": 900, "currency": "inr"}}]}
            """
        },
        {
            "commitment",
            """
            {"billingModel": "PER_UNIT", "featureId": "$seats", "minUnitQuantity": 0, "maxUnitQuantity": 999999,
             "pricePeriods": [{"billingPeriod": "MONTHLY", "price": {"amount": 7, "currency": "usd"}}]}
            """
        },
        {
            "commitment in blocks",
            """
            {"billingModel": "PER_UNIT", "featureId": "$seats", "minUnitQuantity": 10, "pricePeriods": [
              {"billingPeriod": "ANNUALLY", "blockSize": 10, "price": {"amount": 70, "currency": "usd"}}]}
            """
        },
        {
            "pay as you go",
            """
            {"billingModel": "USAGE_BASED", "featureId": "$seats", "pricePeriods": [
              {"billingPeriod": "MONTHLY", "price": {"amount": 0.00275, "currency": "usd"}}]}
            """
        },
        {
            "graduated tiers",
            """
            {"billingModel": "USAGE_BASED", "featureId": "$seats", "tiersMode": "GRADUATED", "pricePeriods": [
              {"billingPeriod": "MONTHLY", "tiers": [
                {"upTo": 5, "unitPrice": {"amount": 20, "currency": "usd"}, "flatPrice": {"amount": 10, "currency": "usd"}},
                {"upTo": 10, "unitPrice": {"amount": 15, "currency": "usd"}},
                {"unitPrice": {"amount": 10, "currency": "usd"}}]}]}
            """
        },
        {
            "volume tiers",
            """
            {"billingModel": "PER_UNIT", "featureId": "$seats", "tiersMode": "VOLUME", "pricePeriods": [
              {"billingPeriod": "MONTHLY", "tiers": [
                {"upTo": 5, "unitPrice": {"amount": 20, "currency": "usd"}},
                {"unitPrice": {"amount": 10, "currency": "usd"}}]}]}
            """
        },
        {
            "stair-step",
            """
            {"billingModel": "PER_UNIT", "featureId": "$seats", "tiersMode": "VOLUME", "pricePeriods": [
              {"billingPeriod": "MONTHLY", "tiers": [
                {"upTo": 10, "flatPrice": {"amount": 100, "currency": "usd"}},
                {"upTo": 50, "flatPrice": {"amount": 400, "currency": "usd"}},
                {"flatPrice": {"amount": 900, "currency": "usd"}}]}]}
            """
        },
        {
            "minimum spend",
            """
            {"billingModel": "MINIMUM_SPEND", "pricePeriods": [
              {"billingPeriod": "MONTHLY", "price": {"amount": 100, "currency": "usd"}}]}
            """
        },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Model_is_read_back_as_it_was_sent(string name, string model)
    {
        foreach (var kind in (string[])["plans", "addons"])
        {
            var package = await DraftAsync(kind);
            var sent = JsonNode.Parse(model.Replace("$seats", package.Feature, StringComparison.Ordinal))!;

            var updated = await PriceAsync(package, new() { ["pricingType"] = "PAID", ["pricingModels"] = new JsonArray(sent) });
            var listed = await package.Client.ReadAsync($"{package.Path}/charges", Cancellation);

            Assert.True(updated.Status == 200, $"{kind}, {name}: {updated.Text}");
            var rows = listed.Data.EnumerateArray().ToList();
            var periods = sent["pricePeriods"]!.AsArray();
            Assert.Equal(periods.Count, rows.Count);
            foreach (var (row, period) in rows.Zip(periods))
                AssertHolds(row, sent.AsObject(), period!.AsObject());
        }
    }

    [Fact]
    public async Task Overage_includes_what_its_entitlement_says_and_makes_the_limit_soft()
    {
        var package = await DraftAsync("plans");
        var overage = new JsonObject
        {
            ["billingModel"] = "USAGE_BASED",
            ["featureId"] = package.Feature,
            ["entitlement"] = new JsonObject
            {
                ["featureId"] = package.Feature,
                ["usageLimit"] = 1000,
                ["resetPeriod"] = "MONTH",
                ["monthlyResetPeriodConfiguration"] = new JsonObject { ["accordingTo"] = "StartOfTheMonth" },
            },
            ["pricePeriods"] = new JsonArray(Priced("MONTHLY", 2m, blockSize: 100)),
        };

        var updated = await PriceAsync(package, new()
        {
            ["pricingType"] = "PAID",
            ["pricingModels"] = new JsonArray(Model("FLAT_FEE", null, Priced("MONTHLY", 49m))),
            ["overagePricingModels"] = new JsonArray(overage),
            ["overageBillingPeriod"] = "MONTHLY",
        });
        var row = (await package.Client.ReadAsync($"{package.Path}/overage-charges", Cancellation)).Data[0];
        var entitlement = (await package.Client.ReadAsync($"{package.Path}/entitlements", Cancellation)).Data[0];

        Assert.Equal(200, updated.Status);
        Assert.Equal((100m, 2m), (row.GetProperty("blockSize").GetDecimal(), AmountOf(row)));
        Assert.Equal(1000m, entitlement.GetProperty("usageLimit").GetDecimal());
        Assert.True(entitlement.GetProperty("hasSoftLimit").GetBoolean());
        Assert.Equal("MONTH", entitlement.GetProperty("resetPeriod").GetString());
    }

    [Fact]
    public async Task Overage_of_a_limit_that_is_there_makes_it_soft_and_one_of_none_is_refused()
    {
        var package = await DraftAsync("plans");
        JsonObject Pricing() => new()
        {
            ["pricingType"] = "PAID",
            ["pricingModels"] = new JsonArray(Model("FLAT_FEE", null, Priced("MONTHLY", 49m))),
            ["overagePricingModels"] = new JsonArray(Model("USAGE_BASED", package.Feature, Priced("MONTHLY", 0.01m))),
        };

        ErrorAssert.IsBadInput(await PriceAsync(package, Pricing()), "charges.overagePricingModels[0].featureId");
        var granted = await package.Client.CallAsync(
            HttpMethod.Post,
            $"{package.Path}/entitlements",
            new { entitlements = new[] { new { type = "FEATURE", id = package.Feature, usageLimit = 10 } } },
            Cancellation);
        Assert.Equal(201, granted.Status);
        Assert.Equal(200, (await PriceAsync(package, Pricing())).Status);
        var entitlement = (await package.Client.ReadAsync($"{package.Path}/entitlements", Cancellation)).Data[0];
        Assert.True(entitlement.GetProperty("hasSoftLimit").GetBoolean());
    }

    [Fact]
    public async Task Overage_of_credits_grants_what_it_includes_and_is_listed_where_overages_are()
    {
        var package = await DraftAsync("plans");
        var currency = $"ai-{Guid.NewGuid():N}";
        Assert.Equal(201, (await package.Client.CallAsync(
            HttpMethod.Post, "/api/v1/credits/custom-currencies", new { id = currency, displayName = "AI" }, Cancellation)).Status);
        JsonObject Pricing(JsonObject overage) => new()
        {
            ["pricingType"] = "PAID",
            ["pricingModels"] = new JsonArray(Model("FLAT_FEE", null, Priced("MONTHLY", 49m))),
            ["overagePricingModels"] = new JsonArray(overage),
            ["overageBillingPeriod"] = "MONTHLY",
        };
        JsonObject Overage() => new()
        {
            ["billingModel"] = "USAGE_BASED",
            ["currencyId"] = currency,
            ["pricePeriods"] = new JsonArray(Priced("MONTHLY", 2m, blockSize: 100)),
        };
        var including = Overage();
        including["creditEntitlement"] = new JsonObject
        {
            ["customCurrencyId"] = currency,
            ["amount"] = 1000,
            ["cadence"] = "MONTH",
        };

        ErrorAssert.IsBadInput(await PriceAsync(package, Pricing(Overage())), "charges.overagePricingModels[0].currencyId");
        Assert.Equal(200, (await PriceAsync(package, Pricing(including))).Status);
        var row = (await package.Client.ReadAsync($"{package.Path}/overage-charges", Cancellation)).Data[0];
        var entitlement = (await package.Client.ReadAsync($"{package.Path}/entitlements", Cancellation)).Data[0];

        Assert.Equal(
            (currency, 100m, 2m, "USAGE_BASED"),
            (row.GetProperty("topUpCustomCurrencyId").GetString(), row.GetProperty("blockSize").GetDecimal(), AmountOf(row),
                row.GetProperty("billingModel").GetString()));
        Assert.Equal(
            ("CREDIT", currency, 1000m, "MONTH", true),
            (entitlement.GetProperty("type").GetString(), entitlement.GetProperty("id").GetString(),
                entitlement.GetProperty("amount").GetDecimal(), entitlement.GetProperty("cadence").GetString(),
                entitlement.GetProperty("hasSoftLimit").GetBoolean()));
    }

    [Fact]
    public async Task Minimum_spend_is_listed_as_the_charge_it_is_and_cleared_by_leaving_it_out()
    {
        var package = await DraftAsync("plans");
        var flat = Model("FLAT_FEE", null, Priced("MONTHLY", 49m));
        await PriceAsync(package, new()
        {
            ["pricingType"] = "PAID",
            ["pricingModels"] = new JsonArray(flat.DeepClone()),
            ["minimumSpend"] = new JsonArray(new JsonObject
            {
                ["billingPeriod"] = "MONTHLY",
                ["minimum"] = new JsonObject { ["amount"] = 100, ["currency"] = "usd" },
            }),
        });

        var listed = (await package.Client.ReadAsync($"{package.Path}/charges", Cancellation)).Data;
        await PriceAsync(package, new()
        {
            ["pricingType"] = "PAID",
            ["pricingModels"] = new JsonArray(flat.DeepClone()),
            ["minimumSpend"] = null,
        });
        var cleared = (await package.Client.ReadAsync($"{package.Path}/charges", Cancellation)).Data;

        Assert.Equal(["FLAT_FEE", "MINIMUM_SPEND"], listed.EnumerateArray().Select(ModelOf));
        Assert.Equal(100m, AmountOf(listed[1]));
        Assert.Equal(["FLAT_FEE"], cleared.EnumerateArray().Select(ModelOf));
    }

    [Theory]
    [InlineData("plans")]
    [InlineData("addons")]
    public async Task Bad_pricing_is_refused_with_its_code(string kind)
    {
        var package = await DraftAsync(kind);
        var monthly = Priced("MONTHLY", 1m);
        var annually = Priced("ANNUALLY", 10m);

        await RefusesAsync("InvalidArgumentError", new() { ["pricingType"] = "FREE", ["pricingModels"] = Models(Flat(monthly)) });
        await RefusesAsync("InvalidArgumentError", Paid(Model("PER_UNIT", null, monthly)));
        await RefusesAsync("InvalidArgumentError", Paid(Flat(Priced("MONTHLY", -1m))));
        await RefusesAsync("InvalidArgumentError", Paid(Flat(Priced("MONTHLY", 0.000001m))));
        await RefusesAsync("AmountTooLarge", Paid(Flat(Priced("MONTHLY", 1_000_000_000_000m))));
        await RefusesAsync("InvalidArgumentError", Paid(Flat(Priced("MONTHLY", 1m, blockSize: 0))));
        await RefusesAsync("InvalidArgumentError", Paid(Flat(new JsonObject { ["billingPeriod"] = "MONTHLY" })));
        await RefusesAsync("DuplicatedEntityNotAllowed", Paid(Flat(monthly), Flat(annually)));
        await RefusesAsync("InvalidArgumentError", Paid(Flat(monthly, annually), Model("PER_UNIT", package.Feature, monthly)));
        await RefusesAsync("CustomCurrencyNotFound", Paid(TopUp()));
        await RefusesAsync("FeatureNotFound", Paid(Model("PER_UNIT", "no-such-feature", monthly)));

        async Task RefusesAsync(string code, JsonObject pricing) => ErrorAssert.IsError(
            await PriceAsync(package, pricing),
            code is "DuplicatedEntityNotAllowed" ? 409 : code is "CustomCurrencyNotFound" or "FeatureNotFound" ? 404 : 400,
            code);

        static JsonObject Paid(params JsonObject[] models) =>
            new() { ["pricingType"] = "PAID", ["pricingModels"] = Models(models) };

        static JsonArray Models(params JsonObject[] models) => new([.. models.Select(model => (JsonNode)model)]);

        static JsonObject Flat(params JsonObject[] periods) => Model("FLAT_FEE", null, periods);

        static JsonObject TopUp()
        {
            var model = Model("PER_UNIT", null, Priced("MONTHLY", 1m));
            model["topUpCustomCurrencyId"] = "tokens";
            model["billingCadence"] = "ONE_OFF";
            return model;
        }
    }

    private static void AssertHolds(JsonElement row, JsonObject model, JsonObject period)
    {
        foreach (var (name, value) in model.Concat(period).Where(field => field.Key != "pricePeriods"))
            Assert.True(JsonNode.DeepEquals(value, Given(row.GetProperty(name))), $"{name}: {row}");
        Assert.Equal(model.ContainsKey("billingCadence") ? "ONE_OFF" : "RECURRING", row.GetProperty("billingCadence").GetString());
    }

    /// <summary>What an answer says, without the fields it answers with null because they were not sent.</summary>
    private static JsonNode? Given(JsonElement answered) => answered.ValueKind switch
    {
        JsonValueKind.Object => new JsonObject(answered.EnumerateObject()
            .Where(field => field.Value.ValueKind != JsonValueKind.Null)
            .Select(field => KeyValuePair.Create(field.Name, Given(field.Value)))),
        JsonValueKind.Array => new JsonArray([.. answered.EnumerateArray().Select(Given)]),
        _ => JsonNode.Parse(answered.GetRawText()),
    };

    private static string? ModelOf(JsonElement row) => row.GetProperty("billingModel").GetString();

    private static decimal AmountOf(JsonElement row) => row.GetProperty("price").GetProperty("amount").GetDecimal();

    private static JsonObject Model(string billingModel, string? feature, params JsonObject[] periods)
    {
        var model = new JsonObject
        {
            ["billingModel"] = billingModel,
            ["pricePeriods"] = new JsonArray([.. periods.Select(period => period.DeepClone())]),
        };
        if (feature is not null)
            model["featureId"] = feature;
        return model;
    }

    private static JsonObject Priced(string period, decimal amount, int? blockSize = null)
    {
        var priced = new JsonObject
        {
            ["billingPeriod"] = period,
            ["price"] = new JsonObject { ["amount"] = amount, ["currency"] = "usd" },
        };
        if (blockSize is not null)
            priced["blockSize"] = blockSize;
        return priced;
    }

    private static Task<Answer> PriceAsync(Package package, JsonObject charges) => package.Client.CallAsync(
        HttpMethod.Patch, package.Path, new JsonObject { ["charges"] = charges.DeepClone() }, Cancellation);

    private async Task<Package> DraftAsync(string kind)
    {
        var client = (await servers.GetAsync(DatabaseKind.Sqlite)).Client;
        var feature = SharedServers.NewId("seats");
        var id = SharedServers.NewId("package");
        var metered = await client.CallAsync(
            HttpMethod.Post,
            "/api/v1/features",
            new { id = feature, displayName = "Seats", featureType = "NUMBER", meterType = "FLUCTUATING" },
            Cancellation);
        Assert.Equal(201, metered.Status);
        var created = await client.CallAsync(
            HttpMethod.Post,
            $"/api/v1/{kind}",
            new { id, displayName = "Package", productId = "product-default", pricingType = "PAID" },
            Cancellation);
        Assert.Equal(201, created.Status);
        return new(client, $"/api/v1/{kind}/{id}", feature);
    }

    private sealed record Package(HttpClient Client, string Path, string Feature);
}
