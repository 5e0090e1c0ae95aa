using System.Text;
using System.Text.Json;
using Tollgate.Contracts.Rest;
using Tollgate.Server.Tests.Contract;
using Tollgate.Server.Tests.Errors;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Rest.Catalog;

/// <summary>Our own operations on features: every refusal, and what of imports only the wire shows.</summary>
public sealed class FeatureTests(SharedServers servers)
{
    private const string Import = "/tollgate/v1/features/import";
    private const string Counting =
        """{"aggregation": {"function": "COUNT"}, "filters": [{"conditions": [{"field": "eventName", "operation": "IS_NOT_NULL"}]}]}""";

    private static readonly RestContract Contract = RestContract.Load();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Meter_is_taken_with_the_creation_and_answered()
    {
        using var client = await servers.NewEnvironmentAsync(DatabaseKind.Sqlite, Cancellation);
        var created = await client.CallAsync(
            HttpMethod.Post, "/tollgate/v1/features", Metered("calls", "NUMBER", "INCREMENTAL", Counting), Cancellation);

        Assert.Equal(201, created.Status);
        JsonAssert.Equal(Counting, created.Data.GetProperty("meter").GetRawText());
        var compatible = (await client.ReadAsync("/api/v1/features/calls", Cancellation)).Data;
        Assert.False(compatible.TryGetProperty("meter", out _));
        JsonAssert.Contains(compatible.GetRawText(), created.Data.GetRawText());
    }

    [Fact]
    public async Task Creation_is_refused_as_a_later_change_of_the_meter_is()
    {
        using var client = await servers.NewEnvironmentAsync(DatabaseKind.Sqlite, Cancellation);
        var walk = new Walk(Contract, client, [], []);
        const string create = "tollgate.features.create";
        const string noField =
            """{"aggregation": {"function": "SUM"}, "filters": [{"conditions": [{"field": "a", "operation": "IS_NULL"}]}]}""";
        await walk.DoesAsync(create, [], Metered("seats", "NUMBER", "FLUCTUATING"));
        await RefusesAsync(400, "MeteringNotAvailableForFeatureType", Metered("f", "BOOLEAN", null, Counting), "meter");
        await RefusesAsync(400, "MeteringNotAvailableForFeatureType", Metered("f", "BOOLEAN", "INCREMENTAL"), "meterType");
        await RefusesAsync(400, "MeterMustBeAssociatedToMeteredFeature", Metered("f", "NUMBER", null, Counting), "meter");
        await RefusesAsync(400, "MeterMustBeAssociatedToMeteredFeature", Metered("f", "NUMBER", "None", Counting), "meter");
        await RefusesAsync(400, "BadUserInput", Metered("f", "NUMBER", "INCREMENTAL", noField), "meter.aggregation.field");
        await RefusesAsync(
            400, "BadUserInput", Metered("f", "NUMBER", "INCREMENTAL", """{"aggregation": {"function": "COUNT"}, "filters": []}"""),
            "meter.filters");
        await RefusesAsync(400, "BadUserInput", Metered("f", "NUMBER", "INCREMENTAL", "{}"), "meter.aggregation", "meter.filters");
        await RefusesAsync(400, "BadUserInput", Metered("f", "NUMBER", "INCREMENTAL", "null"), "meter");
        await RefusesAsync(400, "BadUserInput", Metered("-", "NUMBER", "INCREMENTAL"), "id");
        await RefusesAsync(400, "BadUserInput", new { id = "f", displayName = "f", featureType = "ENUM" }, "enumConfiguration");
        await RefusesAsync(400, "BadUserInput", new { id = "f", displayName = "f", featureType = "BOOLEAN", metre = 1 }, "metre");
        await RefusesAsync(409, "DuplicatedEntityNotAllowed", Metered("seats", "NUMBER", null));
        await walk.DoesAsync("v1.features.archiveFeature", ["seats"]);
        await RefusesAsync(409, "DuplicatedEntityNotAllowed", Metered("seats", "NUMBER", null));

        Assert.True(Exists(await walk.DoesAsync("tollgate.features.exists", ["seats"])));
        Assert.False(Exists(await walk.DoesAsync("tollgate.features.exists", ["f"])));
        await walk.RefusesAsync("tollgate.features.exists", 400, "BadUserInput", [new string('x', 256)]);
        await walk.RefusesAsync("tollgate.features.listPackages", 404, "FeatureNotFound", ["f"]);
        await walk.RefusesAsync("tollgate.features.listPackages", 400, "BadUserInput", ["seats"], query: "limit=0");
        Assert.True(walk.Faults.Count == 0, string.Join('\n', walk.Faults));

        async Task RefusesAsync(int status, string code, object body, params string[] fields) => Assert.Equal(
            fields.Order(), (await walk.RefusesAsync(create, status, code, [], body, keepsContract: false)).FaultyFields.Order());
    }

    [Fact]
    public async Task Import_reports_every_row_and_is_replayed_under_its_key()
    {
        using var client = await servers.NewEnvironmentAsync(DatabaseKind.Sqlite, Cancellation);
        var body = $$"""
            {"features": [
              {"id": "calls", "displayName": "Calls", "featureType": "NUMBER", "meterType": "INCREMENTAL", "meter": {{Counting}}},
              {"id": "calls", "displayName": "Calls", "featureType": "BOOLEAN"},
              {"id": 7, "featureType": "BOOL"},
              ["calls"],
              {"id": "\ud800", "displayName": "x", "featureType": "BOOLEAN"},
              {"id": "sso", "displayName": "SSO", "featureType": "BOOLEAN"}]}
            """;
        var first = await SendAsync(client, body, "application/json", "import-1");

        Assert.Equal(200, first.Status);
        JsonAssert.Contains(
            """
            {"created": 2, "failed": 4, "rows": [
              {"row": 1, "id": "calls", "outcome": "CREATED", "error": null},
              {"row": 2, "id": "calls", "outcome": "FAILED", "error": {"code": "DuplicatedEntityNotAllowed", "traceId": "<uuid>"}},
              {"row": 3, "id": null, "outcome": "FAILED", "error": {"code": "BadUserInput"}},
              {"row": 4, "id": null, "outcome": "FAILED", "error": {"code": "BadUserInput"}},
              {"row": 5, "id": null, "outcome": "FAILED", "error": {"code": "BadUserInput"}},
              {"row": 6, "id": "sso", "outcome": "CREATED", "error": null}]}
            """,
            first.Data.GetRawText());
        var faulty = first.Data.GetProperty("rows")[2].GetProperty("error").GetProperty("fields").EnumerateArray()
            .Select(field => field.GetProperty("path").GetString()).Order(StringComparer.Ordinal);
        Assert.Equal(["displayName", "featureType", "id"], faulty);
        Assert.Equal(first.Text, (await SendAsync(client, body, "application/json", "import-1")).Text);
        Assert.Equal(200, (await client.ReadAsync("/api/v1/features/sso", Cancellation)).Status);
    }

    [Fact]
    public async Task Lines_and_csv_say_the_same_as_json()
    {
        using var client = await servers.NewEnvironmentAsync(DatabaseKind.Sqlite, Cancellation);
        var lines = await SendAsync(
            client,
            """
            {"id": "l1", "displayName": "L", "featureType": "BOOLEAN"}

            {"id": "l2",
            {"id": "l3", "displayName": "L", "featureType": "BOOLEAN"}
            """,
            "application/x-ndjson; charset=utf-8");
        Assert.Equal(["l1 CREATED", " FAILED", "l3 CREATED"], Outcomes(lines));

        var csv = await SendAsync(
            client,
            "\uFEFFid,displayName,featureType,meterType,meter,enumConfiguration,unitTransformation,metadata.team,description\r\n"
            + $"tokens,\"Tokens, all\",NUMBER,INCREMENTAL,{Quoted(Counting)},,{Quoted("""{"divide": 1000}""")},ai,\"two\r\nlines\"\r\n"
            + $"regions,Regions,ENUM,,,{Quoted("""[{"value": "eu", "displayName": "EU"}]""")},,,\r\n"
            + "broken,Broken,NUMBER,INCREMENTAL,{,,,,\r\n"
            + "wide,Wide,BOOLEAN,,,,,,,more\r\n"
            + "last,Last,BOOLEAN\r\n",
            "text/csv");
        Assert.Equal(["tokens CREATED", "regions CREATED", "broken FAILED", "wide FAILED", "last CREATED"], Outcomes(csv));
        Assert.Equal(
            ["meter is '{'; give an object.", "column 10 is not known here; remove it."],
            csv.Data.GetProperty("rows").EnumerateArray().Skip(2).Take(2)
                .Select(row => row.GetProperty("error").GetProperty("message").GetString()));
        JsonAssert.Contains(
            """
            {"displayName": "Tokens, all", "meterType": "INCREMENTAL", "unitTransformation": {"divide": 1000},
             "metadata": {"team": "ai"}, "description": "two\r\nlines"}
            """,
            (await client.ReadAsync("/api/v1/features/tokens", Cancellation)).Data.GetRawText());

        foreach (var (body, type) in ((string, string)[])[
            ("", "text/csv"), ("id,displayname\nx,y\n", "text/csv"), ("id,displayName\n\"x\"y\",z\n", "text/csv"),
            ("", "application/x-ndjson"), ("", "application/json"), ("{}", "application/json"),
            ("""{"features": {}}""", "application/json"), ("[]", "application/json")])
        {
            ErrorAssert.IsError(await SendAsync(client, body, type), 400, "BadUserInput");
        }

        using var latin = new ByteArrayContent([0x22, 0xE4, 0x22]);
        latin.Headers.ContentType = new("application/x-ndjson");
        using var request = new HttpRequestMessage(HttpMethod.Post, Import) { Content = latin };
        ErrorAssert.IsBadInput(await client.CallAsync(request, Cancellation), "body");
    }

    private static bool Exists(JsonElement answer) => answer.GetProperty("data").GetProperty("exists").GetBoolean();

    private static IEnumerable<string> Outcomes(Answer answer) => answer.Data.GetProperty("rows").EnumerateArray().Select(row =>
        $"{row.GetProperty("id").GetString()} {row.GetProperty("outcome").GetString()}");

    private static string Quoted(string json) => $"\"{json.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static JsonElement JsonElementOf(string json) => JsonSerializer.Deserialize<JsonElement>(json);

    private static JsonElement Metered(string id, string type, string? meterType, string? meter = null) => JsonElementOf(
        $"{{\"id\": \"{id}\", \"displayName\": \"{id}\", \"featureType\": \"{type}\""
        + (meterType is null ? "" : $", \"meterType\": \"{meterType}\"")
        + (meter is null ? "" : $", \"meter\": {meter}") + "}");

    private static async Task<Answer> SendAsync(HttpClient client, string body, string type, string? key = null)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse(type);
        using var request = new HttpRequestMessage(HttpMethod.Post, Import) { Content = content };
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        return await client.CallAsync(request, Cancellation);
    }
}
