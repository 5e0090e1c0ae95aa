using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Errors;
using Tollgate.Storage;

namespace Tollgate.Server.Tests.Rest.Catalog;

/// <summary>What of coupons only the wire shows: shapes, statuses, and the fields an error names.</summary>
public sealed class CouponTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Coupon_is_answered_in_full()
    {
        var client = (await servers.GetAsync(DatabaseKind.Sqlite)).Client;
        var id = SharedServers.NewId("coupon");
        var created = await client.CallAsync(HttpMethod.Post, "/api/v1/coupons", Body(id), Cancellation);

        Assert.Equal(201, created.Status);
        Assert.Equal("PERCENTAGE", created.Data.GetProperty("type").GetString());
        Assert.Equal("ACTIVE", created.Data.GetProperty("status").GetString());
        Assert.Equal("STIGG", created.Data.GetProperty("source").GetString());
        Assert.Equal("20", created.Data.GetProperty("percentOff").GetRawText());
        Assert.Equal("null", created.Data.GetProperty("amountsOff").GetRawText());
        Assert.Equal("{}", created.Data.GetProperty("metadata").GetRawText());
        var read = await client.ReadAsync($"/api/v1/coupons/{id}", Cancellation);
        Assert.Equal(created.Data.GetRawText(), read.Data.GetRawText());
    }

    [Theory]
    [InlineData("percentOff", "null", "percentOff")]
    [InlineData("percentOff", "12.5", "percentOff")]
    [InlineData("percentOff", "101", "percentOff")]
    [InlineData("amountsOff", """[{"amount":1,"currency":"usd"}]""", "percentOff")]
    [InlineData("amountsOff", """[{"amount":1,"currency":"XXX"}]""", "amountsOff[0].currency")]
    [InlineData("durationInMonths", "0", "durationInMonths")]
    [InlineData("durationInMonths", "100000000000000", "durationInMonths")]
    [InlineData("name", "\"\"", "name")]
    [InlineData("name", "\"a name that is longer than forty characters\"", "name")]
    [InlineData("id", "\"-\"", "id")]
    public async Task Faulty_field_is_named(string field, string value, string named)
    {
        var client = (await servers.GetAsync(DatabaseKind.Sqlite)).Client;
        var body = Body(SharedServers.NewId("coupon"));
        body[field] = JsonNode.Parse(value);
        ErrorAssert.IsBadInput(
            await client.CallAsync(HttpMethod.Post, "/api/v1/coupons", body, Cancellation), named);
    }

    [Fact]
    public async Task Every_key_is_required_and_discount_and_duration_cannot_be_sent_again()
    {
        var client = (await servers.GetAsync(DatabaseKind.Sqlite)).Client;
        var id = SharedServers.NewId("coupon");
        ErrorAssert.IsBadInput(
            await client.CallAsync(HttpMethod.Post, "/api/v1/coupons", new { id, name = "x", percentOff = 5 }, Cancellation),
            "amountsOff",
            "description",
            "durationInMonths",
            "metadata");
        await client.CallAsync(HttpMethod.Post, "/api/v1/coupons", Body(id), Cancellation);
        ErrorAssert.IsBadInput(
            await client.CallAsync(
                HttpMethod.Patch, $"/api/v1/coupons/{id}", new { percentOff = 5, durationInMonths = 1 }, Cancellation),
            "percentOff",
            "durationInMonths");
    }

    [Fact]
    public async Task Amounts_that_no_invoice_can_show_and_metadata_beyond_its_limits_have_their_own_codes()
    {
        var client = (await servers.GetAsync(DatabaseKind.Sqlite)).Client;
        var tooFine = Body(SharedServers.NewId("coupon"));
        tooFine["percentOff"] = null;
        tooFine["amountsOff"] = JsonNode.Parse("""[{"amount":0.001,"currency":"usd"}]""");
        var tooLong = Body(SharedServers.NewId("coupon"));
        tooLong["metadata"] = new JsonObject { [new string('k', 41)] = "" };

        ErrorAssert.IsError(
            await client.CallAsync(HttpMethod.Post, "/api/v1/coupons", tooFine, Cancellation), 400, "InvalidArgumentError");
        ErrorAssert.IsError(
            await client.CallAsync(HttpMethod.Post, "/api/v1/coupons", tooLong, Cancellation), 400, "InvalidMetadataError");
    }

    private static JsonObject Body(string id) => new()
    {
        ["id"] = id,
        ["name"] = "20 off",
        ["amountsOff"] = null,
        ["description"] = null,
        ["durationInMonths"] = 3,
        ["metadata"] = null,
        ["percentOff"] = 20,
    };
}
