using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Errors;

public sealed class AuthenticationTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("server-key-of-nobody-000000000000")]
    [InlineData("SERVER-KEY-OF-THE-TESTS-4F1D6A0C9B7E")]
    [InlineData("server-key-of-the-tests-4f1d6a0c9b7")]
    [InlineData("server-key-of-the-tests-4f1d6a0c9b7e0")]
    public async Task Missing_or_unknown_key_is_401(string? key)
    {
        var server = await servers.GetAsync(DatabaseKind.Sqlite);
        using var client = server.CreateClient(apiKey: null);
        if (key is not null)
            client.DefaultRequestHeaders.TryAddWithoutValidation("X-API-KEY", key);
        ErrorAssert.IsError(await client.ReadAsync("/api/v1/features", Cancellation), 401, "Unauthenticated");
    }

    [Fact]
    public async Task Two_keys_in_one_request_are_401()
    {
        var server = await servers.GetAsync(DatabaseKind.Sqlite);
        using var client = server.CreateClient(apiKey: null);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/features");
        request.Headers.Add("X-API-KEY", [ServerOptions.DefaultServerKey, "other-key-00000000"]);
        ErrorAssert.IsError(await client.CallAsync(request, Cancellation), 401, "Unauthenticated");
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Publishable_key_is_403_on_reads_and_writes(DatabaseKind database)
    {
        var server = await servers.GetAsync(database);
        using var client = server.CreateClient(ServerOptions.DefaultPublishableKey);
        ErrorAssert.IsError(await client.ReadAsync("/api/v1/features", Cancellation), 403, "IdentityForbidden");
        var write = await client.CallAsync(
            HttpMethod.Post,
            "/api/v1/features",
            new { id = SharedServers.NewId("forbidden"), displayName = "Forbidden", featureType = "BOOLEAN" },
            Cancellation);
        ErrorAssert.IsError(write, 403, "IdentityForbidden");
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Revoked_key_is_401_at_once_and_others_keep_working(DatabaseKind database)
    {
        var server = await servers.GetAsync(database);
        var created = await server.Client.CallAsync(
            HttpMethod.Post, "/tollgate/v1/environments/development/api-keys", new { kind = "SERVER" }, Cancellation);
        using var client = server.CreateClient(created.Data.GetProperty("secret").GetString());
        Assert.Equal(200, (await client.ReadAsync("/api/v1/features", Cancellation)).Status);

        var id = created.Data.GetProperty("id").GetString();
        var revoked = await server.Client.CallAsync(
            HttpMethod.Delete, $"/tollgate/v1/environments/development/api-keys/{id}", null, Cancellation);
        Assert.Equal(200, revoked.Status);
        ErrorAssert.IsError(await client.ReadAsync("/api/v1/features", Cancellation), 401, "Unauthenticated");
        Assert.Equal(200, (await server.Client.ReadAsync("/api/v1/features", Cancellation)).Status);
    }

    [Fact]
    public async Task A_key_sees_its_own_environment_only()
    {
        var server = await servers.GetAsync(DatabaseKind.Sqlite);
        using var other = await servers.NewEnvironmentAsync(DatabaseKind.Sqlite, Cancellation);
        var id = SharedServers.NewId("elsewhere");
        var body = new { id, displayName = "x", featureType = "BOOLEAN" };
        Assert.Equal(201, (await server.Client.CallAsync(HttpMethod.Post, "/api/v1/features", body, Cancellation)).Status);
        ErrorAssert.IsError(await other.ReadAsync($"/api/v1/features/{id}", Cancellation), 404, "FeatureNotFound");
        Assert.Equal(201, (await other.CallAsync(HttpMethod.Post, "/api/v1/features", body, Cancellation)).Status);
    }

    [Fact]
    public async Task A_refused_key_is_told_before_any_fault_of_the_request()
    {
        var server = await servers.GetAsync(DatabaseKind.Sqlite);
        using var client = server.CreateClient("server-key-of-nobody-000000000000");
        var answer = await client.CallAsync(HttpMethod.Post, "/api/v1/features", "{not json", Cancellation);
        ErrorAssert.IsError(answer, 401, "Unauthenticated");
        Assert.Empty(answer.FaultyFields);
    }

    [Theory]
    [InlineData("x-api-key")]
    [InlineData("X-Api-Key")]
    [InlineData("X-API-KEY")]
    public async Task Header_name_is_read_in_any_case(string header)
    {
        var server = await servers.GetAsync(DatabaseKind.Sqlite);
        using var client = server.CreateClient(apiKey: null);
        client.DefaultRequestHeaders.Add(header, ServerOptions.DefaultServerKey);
        Assert.Equal(200, (await client.ReadAsync("/api/v1/features", Cancellation)).Status);
    }

    [Fact]
    public async Task Headers_of_the_official_clients_and_of_token_authentication_are_ignored()
    {
        var server = await servers.GetAsync(DatabaseKind.Sqlite);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/features");
        request.Headers.Add("X-Stainless-Lang", "js");
        request.Headers.Add("X-Stainless-Retry-Count", "1");
        request.Headers.Add("X-ENVIRONMENT-ID", "no-such-environment");
        request.Headers.Add("X-ACCOUNT-ID", "no-such-account");
        Assert.Equal(200, (await server.Client.CallAsync(request, Cancellation)).Status);
    }
}
