using System.Text.Json.Nodes;
using Tollgate.Contracts.OpenApi;

namespace Tollgate.Contracts.Tests.OpenApi;

public sealed class OpenApiDocumentTests
{
    private static readonly HashSet<string> Three =
        ["v1.features.createFeature", "v1.plans.entitlements.update", "tollgate.testClock.advance"];

    private static readonly JsonObject Document =
        JsonNode.Parse(OpenApiDocument.Build(SharedContract.Instance, Three, "1.2.3"))!.AsObject();

    [Fact]
    public void It_names_this_product_and_its_own_server()
    {
        Assert.Equal("3.1.0", Document["openapi"]!.GetValue<string>());
        Assert.Equal("Tollgate REST API", Document["info"]!["title"]!.GetValue<string>());
        Assert.Equal("1.2.3", Document["info"]!["version"]!.GetValue<string>());
        Assert.Equal("/", Document["servers"]![0]!["url"]!.GetValue<string>());
        Assert.False(Document.ContainsKey("webhooks"));
    }

    [Fact]
    public void It_shows_what_is_implemented_and_nothing_else()
    {
        var ids = Operations(Document).Select(o => o["operationId"]!.GetValue<string>()).ToList();
        Assert.Equal(
            ["tollgate.testClock.advance", "v1.features.createFeature", "v1.plans.entitlements.update"],
            ids.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_reference_leads_somewhere_and_every_component_is_used()
    {
        var references = References(Document).ToHashSet();
        Assert.All(references, r => Assert.NotNull(
            r.Split('/').Skip(1).Aggregate((JsonNode?)Document, (node, part) => node?[part])));
        foreach (var kind in new[] { "schemas", "responses", "parameters" })
        {
            Assert.All(
                Document["components"]![kind]!.AsObject(),
                c => Assert.Contains($"#/components/{kind}/{c.Key}", references));
        }

        Assert.False(Document["components"]!["schemas"]!.AsObject().ContainsKey("Customer"));
    }

    [Fact]
    public void Path_templates_tags_and_responses_are_declared()
    {
        var tags = Document["tags"]!.AsArray().Select(t => t!["name"]!.GetValue<string>()).ToList();
        Assert.Equal(tags.Distinct(), tags);
        Assert.DoesNotContain("Coupons", tags);
        foreach (var (path, item) in Document["paths"]!.AsObject())
        {
            foreach (var (_, operation) in item!.AsObject())
            {
                Assert.All(operation!["tags"]!.AsArray(), t => Assert.Contains(t!.GetValue<string>(), tags));
                Assert.All(operation["responses"]!.AsObject(), r => Assert.True(
                    r.Value!.AsObject().ContainsKey("$ref") || r.Value["description"] is not null, path));
                var declared = (operation["parameters"]?.AsArray() ?? [])
                    .Where(p => p!["in"]?.GetValue<string>() == "path")
                    .Select(p => p!["name"]!.GetValue<string>());
                var inTemplate = path.Split('/').Where(s => s.StartsWith('{')).Select(s => s.Trim('{', '}'));
                Assert.Equal(inTemplate.Order(StringComparer.Ordinal), declared.Order(StringComparer.Ordinal));
            }
        }
    }

    [Fact]
    public void The_limits_of_the_overlay_are_published()
    {
        var properties = Document["components"]!["schemas"]!["FeatureCreateRequest"]!["properties"]!;
        Assert.Equal(255, properties["displayName"]!["maxLength"]!.GetValue<int>());
    }

    [Fact]
    public void Building_twice_gives_the_same_bytes_and_all_operations_fit()
    {
        Assert.Equal(
            OpenApiDocument.Build(SharedContract.Instance, Three, "1"),
            OpenApiDocument.Build(SharedContract.Instance, Three, "1"));
        var all = SharedContract.Instance.Operations.Select(o => o.OperationId).ToHashSet();
        var document = JsonNode.Parse(OpenApiDocument.Build(SharedContract.Instance, all, "1"))!.AsObject();
        Assert.Equal(all.Count, Operations(document).Count());
    }

    [Fact]
    public void An_unknown_operation_is_a_broken_call() => Assert.Throws<ArgumentException>(
        () => OpenApiDocument.Build(SharedContract.Instance, new HashSet<string> { "v1.nothing" }, "1"));

    private static IEnumerable<JsonObject> Operations(JsonObject document) =>
        document["paths"]!.AsObject().SelectMany(p => p.Value!.AsObject()).Select(o => o.Value!.AsObject());

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject obj => obj.SelectMany(p => p is { Key: "$ref", Value: JsonValue value }
            ? [value.GetValue<string>()]
            : References(p.Value)),
        JsonArray list => list.SelectMany(References),
        _ => [],
    };
}
