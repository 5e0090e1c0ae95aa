using System.Text.Json;
using Tollgate.Server.Tests.Errors;
using Tollgate.Storage;

namespace Tollgate.Server.Tests.Rest.Catalog;

/// <summary>Add-ons, their versions and groups over HTTP: values, partial updates, refusals.</summary>
public sealed class AddonTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Absent_fields_stay_null_clears_and_a_list_replaces()
    {
        var client = await ClientAsync();
        var needed = await AddonAsync(client);
        var id = await AddonAsync(client, maxQuantity: 5);
        var path = $"/api/v1/addons/{id}";

        var set = await PatchAsync(client, path, new { dependencies = new[] { needed, needed }, description = "x" });
        var kept = await PatchAsync(client, path, new { displayName = "Renamed" });
        var cleared = await PatchAsync(
            client, path, new { dependencies = (string[]?)null, maxQuantity = (int?)null, description = (string?)null });

        Assert.Equal([needed], set.GetProperty("dependencies").EnumerateArray().Select(d => d.GetString()));
        Assert.Equal(5, set.GetProperty("maxQuantity").GetInt32());
        Assert.Equal(
            ("Renamed", "x", 5),
            (kept.GetProperty("displayName").GetString(), kept.GetProperty("description").GetString(),
                kept.GetProperty("maxQuantity").GetInt32()));
        Assert.Equal(0, cleared.GetProperty("dependencies").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, cleared.GetProperty("maxQuantity").ValueKind);
        Assert.Equal(JsonValueKind.Null, cleared.GetProperty("description").ValueKind);
    }

    [Theory]
    [InlineData("""{"maxQuantity": 0}""", "maxQuantity")]
    [InlineData("""{"maxQuantity": 2.5}""", "maxQuantity")]
    [InlineData("""{"maxQuantity": 2147483648}""", "maxQuantity")]
    [InlineData("""{"dependencies": ["not an id"]}""", "dependencies[0]")]
    [InlineData("""{"compatibleAddonIds": []}""", "compatibleAddonIds")]
    public async Task Bad_input_names_its_field(string body, string field)
    {
        var client = await ClientAsync();
        var id = await AddonAsync(client);

        ErrorAssert.IsBadInput(
            await client.CallAsync(HttpMethod.Patch, $"/api/v1/addons/{id}", body, Cancellation), field);
    }

    [Fact]
    public async Task Events_show_addons_and_groups_in_their_own_shapes()
    {
        var client = await servers.NewEnvironmentAsync(DatabaseKind.Sqlite, Cancellation);
        var addon = await AddonAsync(client, maxQuantity: 3);
        await PostAsync(client, "/tollgate/v1/package-groups", new { id = "extras", displayName = "Extras", productId = "product-default" });

        var ofAddon = (await client.ReadAsync($"/tollgate/v1/events?entityId={addon}", Cancellation)).Data[0];
        var ofGroup = (await client.ReadAsync("/tollgate/v1/events?entityId=extras", Cancellation)).Data[0];

        Assert.Equal(("ADDON_CREATED", "ADDON"), (TypeOf(ofAddon), ofAddon.GetProperty("entityKind").GetString()));
        Assert.Equal(3, ofAddon.GetProperty("after").GetProperty("maxQuantity").GetInt32());
        Assert.Equal(
            ("PACKAGE_GROUP_CREATED", "PACKAGE_GROUP"), (TypeOf(ofGroup), ofGroup.GetProperty("entityKind").GetString()));
        Assert.Equal("Extras", ofGroup.GetProperty("after").GetProperty("displayName").GetString());

        static string? TypeOf(JsonElement e) => e.GetProperty("type").GetString();
    }

    [Fact]
    public async Task Draft_details_name_the_changes_and_the_writer()
    {
        var client = await ClientAsync();
        var id = await AddonAsync(client);
        await PatchAsync(client, $"/api/v1/addons/{id}", new { charges = new { pricingType = "FREE" } });
        await PostAsync(client, $"/api/v1/addons/{id}/publish", new { migrationType = "NEW_CUSTOMERS" });
        await PatchAsync(client, $"/api/v1/addons/{id}", new { maxQuantity = 2, metadata = new { tier = "1" } });
        await client.CallAsync(
            HttpMethod.Put, $"/tollgate/v1/addons/{id}/visibility", new { hiddenFromWidgets = new[] { "PAYWALL" } }, Cancellation);

        var details = (await client.ReadAsync($"/tollgate/v1/addons/{id}", Cancellation)).Data;
        var changes = details.GetProperty("draftDetails").GetProperty("changes");
        var draft = (await client.ReadAsync($"/tollgate/v1/addons/{id}?versionNumber=2", Cancellation)).Data;

        Assert.Equal(1, details.GetProperty("version").GetProperty("versionNumber").GetInt32());
        Assert.Equal(2, details.GetProperty("draftSummary").GetProperty("version").GetInt32());
        Assert.Equal("APP_SERVER", details.GetProperty("draftSummary").GetProperty("updatedBy").GetProperty("type").GetString());
        Assert.Equal(3, changes.GetProperty("totalChanges").GetInt32());
        Assert.Equal(
            """{"changeType":"ADDED","before":null,"after":2}""", changes.GetProperty("maxQuantity").GetRawText());
        Assert.Equal(
            """{"changeType":"ADDED","before":null,"after":["PAYWALL"]}""",
            changes.GetProperty("hiddenFromWidgets").GetRawText());
        Assert.Equal(
            """{"changeType":"ADDED","before":null,"after":{"tier":"1"}}""",
            changes.GetProperty("additionalMetaData").GetRawText());
        Assert.Equal("DRAFT", draft.GetProperty("version").GetProperty("status").GetString());
        Assert.Equal(JsonValueKind.Null, draft.GetProperty("draftDetails").ValueKind);
    }

    [Theory]
    [InlineData("POST", "rollback", """{"versionNumber": 0}""", "versionNumber")]
    [InlineData("PUT", "visibility", """{"hiddenFromWidgets": ["KITCHEN"]}""", "hiddenFromWidgets[0]")]
    [InlineData("PUT", "entitlements/order", """{"entitlements": []}""", "entitlements")]
    public async Task Bad_input_to_our_operations_names_its_field(string method, string operation, string body, string field)
    {
        var client = await ClientAsync();
        var id = await AddonAsync(client);

        ErrorAssert.IsBadInput(
            await client.CallAsync(new(method), $"/tollgate/v1/addons/{id}/{operation}", body, Cancellation), field);
    }

    private static async Task<string> AddonAsync(HttpClient client, int? maxQuantity = null)
    {
        var id = SharedServers.NewId("addon");
        await PostAsync(client, "/api/v1/addons", new { id, displayName = "Add-on", productId = "product-default", maxQuantity });
        return id;
    }

    private static async Task<JsonElement> PatchAsync(HttpClient client, string path, object body)
    {
        var answer = await client.CallAsync(HttpMethod.Patch, path, body, Cancellation);
        Assert.True(answer.Status == 200, answer.Text);
        return answer.Data;
    }

    private static async Task PostAsync(HttpClient client, string path, object body)
    {
        var answer = await client.CallAsync(HttpMethod.Post, path, body, Cancellation);
        Assert.True(answer.Status is 200 or 201, answer.Text);
    }

    private async Task<HttpClient> ClientAsync() => (await servers.GetAsync(DatabaseKind.Sqlite)).Client;
}
