using System.Net.Http.Headers;
using Tollgate.Storage;

namespace Tollgate.Server.Tests.Errors;

public sealed class RoutingTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/api/v1/no-such-list")]
    [InlineData("/api/v2/features")]
    [InlineData("/api/v1/features/one/no-such-part")]
    [InlineData("/")]
    public async Task Unknown_route_is_404_in_the_error_shape(string path)
    {
        var server = await servers.GetAsync(DatabaseKind.Sqlite);
        var answer = await server.Client.ReadAsync(path, Cancellation);
        ErrorAssert.IsError(answer, 404, answer.Code);
        Assert.Contains(path, answer.Json.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PUT", "/api/v1/features", "GET, POST")]
    [InlineData("DELETE", "/api/v1/features/any", "GET, PATCH")]
    public async Task Wrong_method_is_405_and_names_the_right_ones(string method, string path, string allowed)
    {
        var server = await servers.GetAsync(DatabaseKind.Sqlite);
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await server.Client.SendAsync(request, Cancellation);
        Assert.Equal(405, (int)response.StatusCode);
        Assert.Equal(
            allowed.Split(", ").Order(StringComparer.Ordinal),
            response.Content.Headers.Allow.Order(StringComparer.Ordinal));
        var answer = await server.Client.CallAsync(new HttpMethod(method), path, null, Cancellation);
        ErrorAssert.IsError(answer, 405, answer.Code);
    }

    [Fact]
    public async Task Trailing_slash_is_tolerated()
    {
        var server = await servers.GetAsync(DatabaseKind.Sqlite);
        Assert.Equal(200, (await server.Client.ReadAsync("/api/v1/features/", Cancellation)).Status);
    }

    [Theory]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a%2fb", "a/b")]
    [InlineData("a%20b", "a b")]
    [InlineData("caf%C3%A9", "café")]
    public async Task Path_values_are_decoded_once(string encoded, string id)
    {
        var server = await servers.GetAsync(DatabaseKind.Sqlite);
        var answer = await server.Client.ReadAsync($"/api/v1/features/{encoded}", Cancellation);
        ErrorAssert.IsError(answer, 404, "FeatureNotFound");
        Assert.Contains($"'{id}'", answer.Json.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    /// <summary>The official clients send an empty body with and without a content type to operations that take none.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("application/json")]
    public async Task Actions_without_a_body_answer_an_empty_one(string? contentType)
    {
        var server = await servers.GetAsync(DatabaseKind.Sqlite);
        var id = SharedServers.NewId("empty-body");
        var created = await server.Client.CallAsync(
            HttpMethod.Post, "/api/v1/features", new { id, displayName = "x", featureType = "BOOLEAN" }, Cancellation);
        Assert.Equal(201, created.Status);

        using var content = new ByteArrayContent([]);
        content.Headers.ContentType = contentType is null ? null : new MediaTypeHeaderValue(contentType);
        var archived = await server.Client.CallAsync(
            HttpMethod.Post, $"/api/v1/features/{id}/archive", content, Cancellation);
        Assert.Equal(200, archived.Status);
        Assert.Equal("SUSPENDED", archived.Data.GetProperty("featureStatus").GetString());
    }

    [Fact]
    public async Task Body_is_read_as_json_whatever_the_content_type_says()
    {
        var server = await servers.GetAsync(DatabaseKind.Sqlite);
        var id = SharedServers.NewId("content-type");
        using var content = new StringContent($$"""{"id":"{{id}}","displayName":"x","featureType":"BOOLEAN"}""");
        content.Headers.ContentType = new MediaTypeHeaderValue("text/plain");
        Assert.Equal(201, (await server.Client.CallAsync(HttpMethod.Post, "/api/v1/features", content, Cancellation)).Status);
    }

    [Fact]
    public async Task Every_answer_has_a_trace_id_of_its_own()
    {
        var server = await servers.GetAsync(DatabaseKind.Sqlite);
        var first = await server.Client.ReadAsync("/api/v1/features", Cancellation);
        var second = await server.Client.ReadAsync("/api/v1/features", Cancellation);
        Assert.True(Guid.TryParse(first.Header("x-trace-id"), out var one));
        Assert.True(Guid.TryParse(second.Header("x-trace-id"), out var two));
        Assert.NotEqual(one, two);
    }
}
