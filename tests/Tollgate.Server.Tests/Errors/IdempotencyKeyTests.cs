using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Errors;

/// <summary>The header Idempotency-Key on POST (REST notes "Retries, idempotency, timeouts").</summary>
public sealed class IdempotencyKeyTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Same_request_again_answers_the_same_bytes_without_a_second_effect(DatabaseKind database)
    {
        var server = await servers.GetAsync(database);
        var (key, body) = (SharedServers.NewId("key"), NewFeature());
        var first = await PostAsync(server.Client, key, body);
        var second = await PostAsync(server.Client, key, body);
        Assert.Equal(201, first.Status);
        Assert.Equal(201, second.Status);
        Assert.Equal(first.Text, second.Text);

        // Without the key the same body is a second creation.
        ErrorAssert.IsError(
            await server.Client.CallAsync(HttpMethod.Post, "/api/v1/features", body, Cancellation),
            409,
            "DuplicatedEntityNotAllowed");
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Same_key_with_another_body_or_path_is_a_conflict_that_names_the_key(DatabaseKind database)
    {
        var server = await servers.GetAsync(database);
        var key = SharedServers.NewId("key");
        Assert.Equal(201, (await PostAsync(server.Client, key, NewFeature())).Status);

        var otherBody = await PostAsync(server.Client, key, NewFeature());
        ErrorAssert.IsError(otherBody, 409, "DuplicatedEntityNotAllowed");
        Assert.Contains(key, otherBody.Json.GetProperty("message").GetString(), StringComparison.Ordinal);

        var otherPath = await PostAsync(server.Client, key, "", "/api/v1/features/any/archive");
        ErrorAssert.IsError(otherPath, 409, "DuplicatedEntityNotAllowed");
    }

    [Fact]
    public async Task A_refused_request_does_not_use_up_its_key()
    {
        var server = await servers.GetAsync(DatabaseKind.Sqlite);
        var key = SharedServers.NewId("key");
        ErrorAssert.IsBadInput(await PostAsync(server.Client, key, "{}"), "id", "displayName", "featureType");
        Assert.Equal(201, (await PostAsync(server.Client, key, NewFeature())).Status);
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Concurrent_requests_with_one_key_have_one_effect(DatabaseKind database)
    {
        var server = await servers.GetAsync(database);
        var (key, body) = (SharedServers.NewId("key"), NewFeature());
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => PostAsync(server.Client, key, body)));
        var successes = answers.Where(answer => answer.Status == 201).ToList();
        Assert.NotEmpty(successes);
        Assert.Single(successes.Select(answer => answer.Text).Distinct(StringComparer.Ordinal));
        foreach (var other in answers.Where(answer => answer.Status != 201))
            ErrorAssert.IsError(other, 409, "ObjectAlreadyBeingUsedByAnotherRequestError");
        Assert.Equal(successes[0].Text, (await PostAsync(server.Client, key, body)).Text);
    }

    [Fact]
    public async Task A_key_belongs_to_its_environment()
    {
        var server = await servers.GetAsync(DatabaseKind.Sqlite);
        using var other = await servers.NewEnvironmentAsync(DatabaseKind.Sqlite, Cancellation);
        var key = SharedServers.NewId("key");
        Assert.Equal(201, (await PostAsync(server.Client, key, NewFeature())).Status);
        Assert.Equal(201, (await PostAsync(other, key, NewFeature())).Status);
    }

    [Theory]
    [InlineData(1, 201)]
    [InlineData(255, 201)]
    [InlineData(256, 400)]
    public async Task Keys_have_at_most_255_characters(int length, int status)
    {
        // One character cannot be unique among tests, but the environment can.
        using var client = await servers.NewEnvironmentAsync(DatabaseKind.Sqlite, Cancellation);
        var answer = await PostAsync(client, new string('k', length), NewFeature());
        Assert.Equal(status, answer.Status);
        if (status == 400)
            ErrorAssert.IsBadInput(answer, "Idempotency-Key");
    }

    [Fact]
    public async Task Get_ignores_the_header()
    {
        var server = await servers.GetAsync(DatabaseKind.Sqlite);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/features?limit=1");
        request.Headers.Add("Idempotency-Key", new string('k', 300));
        Assert.Equal(200, (await server.Client.CallAsync(request, Cancellation)).Status);
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task A_kept_answer_survives_a_kill(DatabaseKind database)
    {
        await using var server = await ServerProcess.StartAsync(database, Cancellation);
        var (key, body) = (SharedServers.NewId("key"), NewFeature());
        var first = await PostAsync(server.Client, key, body);
        Assert.Equal(201, first.Status);
        server.Kill();
        await server.StartAgainAsync(Cancellation);
        Assert.Equal(first.Text, (await PostAsync(server.Client, key, body)).Text);
    }

    private static string NewFeature() =>
        $$"""{"id":"{{SharedServers.NewId("once")}}","displayName":"Once","featureType":"BOOLEAN"}""";

    private static async Task<Answer> PostAsync(HttpClient client, string key, string body, string path = "/api/v1/features")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Calls.ToContent(body) };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return await client.CallAsync(request, Cancellation);
    }
}
