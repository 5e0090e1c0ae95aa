using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Contracts.Rest;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Contracts.Rest.Schemas;

namespace Tollgate.Contracts.Tests.Rest.Responses;

public sealed class ResponseTests
{
    /// <summary>The operations of this build, as the contract names them.</summary>
    private static readonly string[] InScope =
    [
        "v1.addons.list", "v1.addons.create", "v1.addons.retrieve", "v1.addons.update", "v1.addons.archive",
        "v1.addons.listCharges", "v1.addons.createDraft", "v1.addons.removeDraft", "v1.addons.publish",
        "v1.addons.entitlements.list", "v1.addons.entitlements.create", "v1.addons.entitlements.update",
        "v1.addons.entitlements.delete",
        "v1.customers.list", "v1.customers.provision", "v1.customers.import",
        "v1.customers.retrieve", "v1.customers.update", "v1.customers.archive",
        "v1.customers.retrieveEntitlements", "v1.customers.checkEntitlement",
        "v1.customers.promotionalEntitlements.list", "v1.customers.promotionalEntitlements.create",
        "v1.customers.promotionalEntitlements.revoke",
        "v1.customers.listResources", "v1.customers.unarchive", "v1.customers.listInvoices",
        "v1.customers.paymentMethod.attach", "v1.customers.paymentMethod.detach", "v1.subscriptions.invoice.markAsPaid",
        "v1.features.listFeatures", "v1.features.createFeature", "v1.features.retrieveFeature",
        "v1.features.updateFeature", "v1.features.archiveFeature", "v1.features.unarchiveFeature",
        "v1.plans.list", "v1.plans.create", "v1.plans.retrieve", "v1.plans.update", "v1.plans.archive",
        "v1.plans.listCharges", "v1.plans.createDraft", "v1.plans.removeDraft", "v1.plans.listOverageCharges",
        "v1.plans.publish", "v1.plans.entitlements.list",
        "v1.plans.entitlements.create", "v1.plans.entitlements.update", "v1.plans.entitlements.delete",
        "v1.products.listProducts", "v1.products.createProduct", "v1.products.updateProduct",
        "v1.products.archiveProduct", "v1.products.unarchiveProduct", "v1.products.duplicateProduct",
        "v1.contracts.list", "v1.contracts.create", "v1.contracts.retrieve", "v1.contracts.update", "v1.contracts.delete",
        "v1.customers.listContracts",
        "v1.coupons.list", "v1.coupons.create", "v1.coupons.retrieve", "v1.coupons.updateCoupon", "v1.coupons.archiveCoupon",
        "v1.subscriptions.import", "v1.subscriptions.list", "v1.subscriptions.provision", "v1.subscriptions.retrieve", "v1.subscriptions.update",
        "v1.subscriptions.cancel", "v1.usage.report", "v1.usage.history",
    ];

    [Fact]
    public void Every_answer_conforms_strictly_full_and_empty()
    {
        foreach (var (operations, json) in Samples.All())
        {
            foreach (var operationId in operations)
            {
                var operation = SharedContract.Instance.Operation(operationId);
                var faults = operation.Response(operation.SuccessStatus)!.FaultsOf(json);
                Assert.True(faults.Length == 0, $"{operationId}: {string.Join(" | ", faults)}\n{json}");
            }
        }
    }

    [Fact]
    public void Every_operation_in_scope_has_a_full_and_an_empty_sample()
    {
        Assert.Distinct(InScope);
        var covered = Samples.All().SelectMany(s => s.Operations).CountBy(o => o).ToDictionary();
        Assert.Equal(InScope.Order(StringComparer.Ordinal), covered.Keys.Order(StringComparer.Ordinal));
        Assert.All(covered, c => Assert.True(c.Value >= 2, c.Key));
    }

    [Fact]
    public void Every_declared_field_can_be_answered()
    {
        // Passthrough blocks echo what a billing provider was sent; without a provider there is nothing to echo.
        string[] withoutProvider = ["data.passthrough", "data[].passthrough"];
        foreach (var group in Samples.All().SelectMany(s => s.Operations.Select(o => (o, s.Json))).GroupBy(s => s.o))
        {
            var operation = SharedContract.Instance.Operation(group.Key);
            var written = new HashSet<string>(StringComparer.Ordinal);
            foreach (var (_, json) in group)
                Collect(JsonNode.Parse(json), "", written);
            var missing = Declared(operation.Response(operation.SuccessStatus)!.Node, "", [])
                .Except(written).Except(withoutProvider).ToList();
            Assert.True(missing.Count == 0, $"{group.Key} never writes {string.Join(", ", missing)}");
        }
    }

    [Fact]
    public void A_check_is_written_byte_for_byte()
    {
        var json = JsonSerializer.Serialize(
            new RestData<RestEntitlement>(Samples.Feature(isFull: true)), RestJson.Wire.RestDataRestEntitlement);
        Assert.Equal(
            "{\"data\":{\"type\":\"FEATURE\","
            + "\"feature\":{\"id\":\"seats\",\"displayName\":\"Seats\","
            + "\"featureStatus\":\"ACTIVE\",\"featureType\":\"NUMBER\"},"
            + "\"currentUsage\":3,\"hasUnlimitedUsage\":false,\"resetPeriod\":\"MONTH\",\"usageLimit\":10,"
            + "\"usagePeriodAnchor\":\"2025-01-31T12:34:56.700Z\",\"usagePeriodStart\":\"2025-01-31T12:34:56.700Z\","
            + "\"accessDeniedReason\":null,\"isGranted\":true,\"entitlementUpdatedAt\":\"2025-01-31T12:34:56.700Z\","
            + "\"usagePeriodEnd\":\"2025-01-31T12:34:56.700Z\",\"validUntil\":\"2025-01-31T12:34:56.700Z\"}}",
            json);
    }

    [Fact]
    public void What_may_not_be_null_is_left_out_and_what_must_be_there_is_null()
    {
        var json = JsonNode.Parse(JsonSerializer.Serialize(
            new(Samples.Customer(isFull: false)), RestJson.Wire.RestDataRestCustomer))!["data"]!.AsObject();
        Assert.True(json.ContainsKey("archivedAt"));
        Assert.Null(json["archivedAt"]);
        Assert.False(json.ContainsKey("metadata"));
        Assert.False(json.ContainsKey("integrations"));
        Assert.False(json.ContainsKey("passthrough"));
    }

    [Fact]
    public void Letters_and_signs_stay_readable()
    {
        var json = JsonSerializer.Serialize(new(Samples.Customer(isFull: true)), RestJson.Wire.RestDataRestCustomer);
        Assert.Contains("\"ana+1@example.com\"", json, StringComparison.Ordinal);
        Assert.Contains("\"Ana Müller\"", json, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("5.0", "5")]
    [InlineData("49.990", "49.99")]
    [InlineData("0.000", "0")]
    [InlineData("-1.50", "-1.5")]
    [InlineData("100", "100")]
    [InlineData("0.0000000000000000000000000001", "0.0000000000000000000000000001")]
    [InlineData("79228162514264337593543950335", "79228162514264337593543950335")]
    public void Decimals_are_written_in_the_shortest_form(string value, string written)
    {
        var money = new RestMoney(decimal.Parse(value, System.Globalization.CultureInfo.InvariantCulture), "usd");
        Assert.Equal(
            $$"""{"amount":{{written}},"currency":"usd"}""", JsonSerializer.Serialize(money, RestJson.Wire.RestMoney));
    }

    [Fact]
    public void An_answer_can_be_read_back()
    {
        var sample = new RestData<RestEntitlement>(Samples.Credit(isFull: false));
        var json = JsonSerializer.Serialize(sample, RestJson.Wire.RestDataRestEntitlement);
        Assert.Equal(sample, JsonSerializer.Deserialize(json, RestJson.Wire.RestDataRestEntitlement));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(429)]
    public void An_error_conforms_with_and_without_fields(int status)
    {
        var schema = SharedContract.Instance.Operation("v1.features.updateFeature").Response(status)!;
        ErrorBody[] bodies =
        [
            ErrorBody.Of("No.", "BadUserInput", "trace-1", [new("id", "id is '-'; change it.")]),
            ErrorBody.Of("No.", "FeatureNotFound", "trace-1"),
            ErrorBody.Of("No.", code: null, "trace-1", []),
            ErrorBody.Of(
                "No.", "CreditGrantAlreadyVoided", "trace-1", [],
                new Dictionary<string, string> { ["grantId"] = "cred-grant-1" }),
        ];
        foreach (var body in bodies)
            Assert.Empty(schema.FaultsOf(JsonSerializer.Serialize(body, RestJson.Wire.ErrorBody)));
    }

    [Fact]
    public void An_error_holds_both_documented_shapes() => Assert.Equal(
        """{"message":"No.","code":"X","error":{"code":"X","message":"No."},"traceId":"t"}""",
        JsonSerializer.Serialize(ErrorBody.Of("No.", "X", "t", []), RestJson.Wire.ErrorBody));

    [Fact]
    public void An_error_says_beside_them_what_it_is_about() => Assert.Equal(
        """{"message":"No.","code":"X","error":{"code":"X","message":"No."},"traceId":"t","planRefId":"pro"}""",
        JsonSerializer.Serialize(
            ErrorBody.Of("No.", "X", "t", [], new Dictionary<string, string> { ["planRefId"] = "pro" }),
            RestJson.Wire.ErrorBody));

    private static void Collect(JsonNode? node, string path, HashSet<string> written)
    {
        written.Add(path);
        if (node is JsonObject obj)
        {
            foreach (var (name, value) in obj)
                Collect(value, path.Length == 0 ? name : $"{path}.{name}", written);
        }
        else if (node is JsonArray list)
        {
            foreach (var element in list)
                Collect(element, path + "[]", written);
        }
    }

    private static IEnumerable<string> Declared(SchemaNode node, string path, HashSet<SchemaNode> above)
    {
        // A schema inside itself needs no second look.
        if (!above.Add(node))
            yield break;
        foreach (var property in node.Properties ?? [])
        {
            var inside = path.Length == 0 ? property.Name : $"{path}.{property.Name}";
            yield return inside;
            if (property.Name == "passthrough")
                continue;
            foreach (var deeper in Declared(property.Node, inside, above))
                yield return deeper;
        }

        var parts = node.AnyOf.Concat(node.AllOf).Concat(node.Discriminator?.Branches.Values ?? []);
        foreach (var deeper in parts.SelectMany(p => Declared(p, path, above).ToList()))
            yield return deeper;
        if (node.Items is { } items)
        {
            foreach (var deeper in Declared(items, path + "[]", above))
                yield return deeper;
        }

        above.Remove(node);
    }
}
