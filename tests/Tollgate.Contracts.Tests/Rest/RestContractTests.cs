using System.Text.Json.Nodes;
using Tollgate.Contracts.Rest;
using Tollgate.Contracts.Rest.Schemas;

namespace Tollgate.Contracts.Tests.Rest;

public sealed class RestContractTests
{
    private static readonly RestContract Contract = SharedContract.Instance;

    private static readonly List<RestOperation> Compatible =
        [.. Contract.Operations.Where(o => o.Path.StartsWith("/api/", StringComparison.Ordinal))];

    [Fact]
    public void All_122_compatible_operations_load_with_one_success_and_an_error_schema_each()
    {
        Assert.Equal(122, Compatible.Count);
        Assert.Equal(122, Compatible.Select(o => o.OperationId).Distinct().Count());
        Assert.Equal(122, Compatible.Select(o => o.ToString()).Distinct().Count());
        Assert.All(Compatible, operation =>
        {
            Assert.Single(operation.Statuses, status => status < 300);
            Assert.NotNull(operation.Response(operation.SuccessStatus));
            foreach (var status in new[] { 400, 401, 403, 429 })
                Assert.NotNull(operation.Response(status));
        });
    }

    [Fact]
    public void The_contract_counts_53_bodies_and_19_creations()
    {
        Assert.Equal(53, Compatible.Count(o => o is { Body: not null, IsBodyRequired: true }));
        Assert.Equal(19, Compatible.Count(o => o.SuccessStatus == 201));
        Assert.Equal(85, Compatible.Count(o => o.Declares(404)));
        Assert.Equal(80, Compatible.Count(o => o.Declares(409)));
    }

    [Fact]
    public void Our_own_operations_stand_beside_them()
    {
        Assert.All(Contract.Operations.Except(Compatible), o => Assert.Matches("^/(tollgate/v1|health|version)", o.Path));
        var advance = Contract.Operation("tollgate.testClock.advance");
        Assert.Empty(advance.QueryParameters);
        Assert.Empty(advance.Body!.FaultsOf("""{"by":"P1M","frozen":true}"""));
        Assert.Equal(
            ["Exclusive: to is given together with by; give one of the two."],
            advance.Body!.FaultsOf("""{"by":"P1M","to":"2025-01-01T00:00:00Z"}"""));
        Assert.NotNull(Contract.Operation("health.ready").Response(503));
    }

    [Fact]
    public void Every_path_parameter_of_a_template_is_declared()
    {
        Assert.All(Contract.Operations, operation => Assert.Equal(
            operation.Path.Split('/').Where(s => s.StartsWith('{')).Select(s => s.Trim('{', '}')),
            operation.PathParameters.Select(p => p.Name)));
    }

    [Fact]
    public void An_operation_knows_its_parts()
    {
        var operation = Contract.Operation("v1.plans.entitlements.create");
        Assert.Equal("POST", operation.Method);
        Assert.Equal("/api/v1/plans/{planId}/entitlements", operation.Path);
        Assert.Equal("PackageEntitlementsCreateRequest", operation.Body!.Name);
        Assert.Equal(201, operation.SuccessStatus);
        Assert.True(operation.Declares(404));
        Assert.False(operation.Declares(200));
        Assert.Null(operation.Response(200));
        Assert.False(operation.IsPaged);
        Assert.True(Contract.Operation("v1.plans.list").IsPaged);
        Assert.Null(Contract.Operation("v1.plans.archive").Body);
        Assert.False(Contract.Operation("v1.usage.report").Declares(404));
    }

    [Fact]
    public void An_unknown_operation_or_schema_is_a_broken_call()
    {
        Assert.Throws<ArgumentException>(() => Contract.Operation("v1.features.nothing"));
        Assert.Throws<ArgumentException>(() => Contract.Schema("Nothing"));
    }

    [Fact]
    public void A_path_parameter_is_validated()
    {
        var id = Assert.Single(Contract.Operation("v1.customers.retrieve").PathParameters);
        Assert.Empty(id.Validate("customer-1"));
        Assert.Equal("id is empty; give at least 1 character.", Assert.Single(id.Validate("")).Message);
        Assert.Equal(SchemaFaultKind.Text, Assert.Single(id.Validate(new string('x', 256))).Kind);
    }

    [Fact]
    public void An_overlay_address_that_does_not_exist_fails_the_start()
    {
        var document = JsonNodes.Object("""{"components":{"schemas":{"A":{"properties":{"id":{"type":"string"}}}}}}""");
        JsonObject Overlay(string address) => JsonNodes.Object(
            $$"""{"rules":[{"apply":{"maxLength":3},"at":["{{address}}"]}],"extend":[]}""");
        Assert.Throws<FormatException>(() => ContractOverlay.Apply(document, Overlay("A.name")));
        Assert.Throws<FormatException>(() => ContractOverlay.Apply(document, Overlay("B.id")));
        Assert.Throws<FormatException>(() => ContractOverlay.Apply(document, Overlay("A.id[]")));
        ContractOverlay.Apply(document, Overlay("A.id"));
        Assert.Equal(3, document["components"]!["schemas"]!["A"]!["properties"]!["id"]!["maxLength"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("""{"type":"string","contentEncoding":"base64"}""", "contentEncoding")]
    [InlineData("""{"properties":{"a":{"type":"string","uniqueItems":true}}}""", "uniqueItems")]
    [InlineData("""{"items":{"not":{}}}""", "not")]
    [InlineData("""{"type":"string","format":"hostname"}""", "hostname")]
    [InlineData("""{"type":"text"}""", "text")]
    [InlineData("""{"oneOf":[{"type":"string"}]}""", "discriminator")]
    [InlineData("""{"type":"object","properties":{},"required":["a"]}""", "a")]
    [InlineData("""{"$ref":"#/components/schemas/Nowhere"}""", "Nowhere")]
    public void What_nothing_would_check_fails_the_start(string schema, string named)
    {
        var exception = Assert.Throws<FormatException>(() => Schema.Compile(schema));
        Assert.Contains(named, exception.Message, StringComparison.Ordinal);
    }
}
