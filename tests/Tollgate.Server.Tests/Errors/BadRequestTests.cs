using System.Net.Http.Headers;
using System.Text;
using Tollgate.Storage;

namespace Tollgate.Server.Tests.Errors;

/// <summary>Requests that break the contract, shown on features: one pipeline reads every operation.</summary>
public sealed class BadRequestTests(SharedServers servers)
{
    private const string Features = "/api/v1/features";
    private const long MaxBodyBytes = 4 * 1024 * 1024;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("{")]
    [InlineData("""{"id": """)]
    [InlineData("""{'id': 'single-quotes'}""")]
    [InlineData("""{"id":"trailing-comma","displayName":"x","featureType":"BOOLEAN",}""")]
    [InlineData("""{"id":"trailing-text","displayName":"x","featureType":"BOOLEAN"} more""")]
    [InlineData("""{"id":"two-documents","displayName":"x","featureType":"BOOLEAN"}{}""")]
    [InlineData("""/* comment */ {"id":"comment","displayName":"x","featureType":"BOOLEAN"}""")]
    [InlineData("id=form&displayName=x")]
    public async Task Body_that_is_not_one_json_value_names_the_body(string body) =>
        ErrorAssert.IsBadInput(await PostAsync(body), "body");

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("7")]
    public async Task Body_of_another_json_type_is_one_fault(string body)
    {
        var answer = await PostAsync(body);
        ErrorAssert.IsError(answer, 400, "BadUserInput");
        Assert.Single(answer.FaultyFields);
    }

    [Theory]
    [InlineData("displayName", "7")]
    [InlineData("displayName", "null")]
    [InlineData("featureType", "\"SOMETHING\"")]
    [InlineData("featureType", "\"boolean\"")]
    [InlineData("featureType", "true")]
    [InlineData("id", "\"\"")]
    [InlineData("id", "\"-starts-with-a-dash\"")]
    [InlineData("id", "\"has space\"")]
    [InlineData("id", "\"slash/inside\"")]
    [InlineData("description", "[]")]
    [InlineData("noSuchField", "1")]
    [InlineData("DisplayName", "\"case matters\"")]
    public async Task A_faulty_field_is_named(string field, string value)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["id"] = $"\"{SharedServers.NewId("refused")}\"",
            ["displayName"] = "\"Refused\"",
            ["featureType"] = "\"BOOLEAN\"",
            [field] = value,
        };
        var answer = await PostAsync("{" + string.Join(',', fields.Select(pair => $"\"{pair.Key}\":{pair.Value}")) + "}");
        ErrorAssert.IsBadInput(answer, field);
        Assert.Contains(field, answer.Json.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_faults_are_told_at_once()
    {
        var answer = await PostAsync(
            """{"id":"a b","displayName":7,"featureType":"X","noSuchField":1,"enumConfiguration":[{"value":1}]}""");
        ErrorAssert.IsBadInput(
            answer,
            "id",
            "displayName",
            "featureType",
            "noSuchField",
            "enumConfiguration[0].displayName",
            "enumConfiguration[0].value");
    }

    [Fact]
    public async Task Missing_fields_are_told_at_once() =>
        ErrorAssert.IsBadInput(await PostAsync("{}"), "id", "displayName", "featureType");

    [Fact]
    public async Task Duplicate_key_is_a_fault() => ErrorAssert.IsBadInput(
        await PostAsync("""{"id":"twice","id":"twice-again","displayName":"x","featureType":"BOOLEAN"}"""), "id");

    [Theory]
    [InlineData(255, 201)]
    [InlineData(256, 400)]
    public async Task Ids_and_names_end_at_255_characters(int length, int status)
    {
        var answer = await PostAsync(new
        {
            id = SharedServers.NewId("long").PadRight(length, 'x'),
            displayName = new string('n', length),
            featureType = "BOOLEAN",
        });
        Assert.Equal(status, answer.Status);
        if (status == 400)
            ErrorAssert.IsBadInput(answer, "id", "displayName");
    }

    [Theory]
    [InlineData("""{"a":1}""")]
    [InlineData("""{"a":null}""")]
    public async Task Metadata_with_other_values_than_strings_has_its_own_code(string metadata)
    {
        var id = SharedServers.NewId("metadata");
        var answer = await PostAsync($$"""{"id":"{{id}}","displayName":"x","featureType":"BOOLEAN","metadata":{{metadata}}}""");
        ErrorAssert.IsError(answer, 400, "InvalidMetadataError");
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=101", "limit")]
    [InlineData("limit=ten", "limit")]
    [InlineData("limit=1.5", "limit")]
    [InlineData("after=no-uuid", "after")]
    [InlineData("after=01890000-0000-7000-8000-000000000000", "after")]
    [InlineData("before=01890000-0000-7000-8000-000000000000", "before")]
    [InlineData("starting_after=01890000-0000-7000-8000-000000000000", "after")]
    [InlineData("status=ARCHIVED", "status")]
    [InlineData("status=active", "status")]
    [InlineData("featureType=BOOLEAN,NUMERIC", "featureType")]
    [InlineData("createdAt[gte]=yesterday", "createdAt[gte]")]
    [InlineData("createdAt%5Blt%5D=2025-02-30T00:00:00Z", "createdAt[lt]")]
    [InlineData("createdAt[after]=2025-01-01T00:00:00Z", "createdAt[after]")]
    public async Task A_faulty_query_value_is_named(string query, string parameter)
    {
        var server = await servers.GetAsync(DatabaseKind.Sqlite);
        ErrorAssert.IsBadInput(await server.Client.ReadAsync($"{Features}?{query}", Cancellation), parameter);
    }

    [Fact]
    public async Task After_and_before_exclude_each_other()
    {
        var server = await servers.GetAsync(DatabaseKind.Sqlite);
        const string cursor = "01890000-0000-7000-8000-000000000000";
        var answer = await server.Client.ReadAsync($"{Features}?after={cursor}&before={cursor}", Cancellation);
        ErrorAssert.IsError(answer, 400, "BadUserInput");
        Assert.Single(answer.FaultyFields);
    }

    [Fact]
    public async Task Faults_of_query_values_are_told_at_once_and_unknown_names_are_ignored()
    {
        var server = await servers.GetAsync(DatabaseKind.Sqlite);
        var answer = await server.Client.ReadAsync(
            $"{Features}?limit=0&status=X&noSuchParameter=1&createdAt[gt]=x", Cancellation);
        ErrorAssert.IsBadInput(answer, "limit", "status", "createdAt[gt]");
        Assert.Equal(200, (await server.Client.ReadAsync($"{Features}?noSuchParameter=1", Cancellation)).Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Body_over_the_limit_is_refused_whether_its_length_is_declared_or_not(bool declared)
    {
        var server = await servers.GetAsync(DatabaseKind.Sqlite);
        using var request = new HttpRequestMessage(HttpMethod.Post, Features);
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(new string(' ', (int)MaxBodyBytes + 1)));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        // The server answers before it has read the body: wait for its word instead of racing the reset.
        request.Headers.ExpectContinue = true;
        request.Headers.TransferEncodingChunked = declared ? null : true;
        ErrorAssert.IsBadInput(await server.Client.CallAsync(request, Cancellation), "body");
    }

    [Fact]
    public async Task Nothing_of_a_refused_request_stays()
    {
        var server = await servers.GetAsync(DatabaseKind.Sqlite);
        var id = SharedServers.NewId("half");
        ErrorAssert.IsBadInput(await PostAsync(new { id, displayName = "x", featureType = "BOOLEAN", extra = 1 }), "extra");
        ErrorAssert.IsError(await server.Client.ReadAsync($"{Features}/{id}", Cancellation), 404, "FeatureNotFound");
    }

    private async Task<Answer> PostAsync(object body)
    {
        var server = await servers.GetAsync(DatabaseKind.Sqlite);
        return await server.Client.CallAsync(HttpMethod.Post, Features, body, Cancellation);
    }
}
