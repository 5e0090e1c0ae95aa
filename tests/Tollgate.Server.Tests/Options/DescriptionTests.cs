using System.Text.Json;
using Tollgate.Contracts.Rest;
using Tollgate.Contracts.Rest.Schemas;
using Tollgate.Storage;

namespace Tollgate.Server.Tests.Options;

/// <summary>What a server says about itself without a key: health, version, operations.</summary>
public sealed class DescriptionTests(SharedServers servers)
{
    private static readonly RestContract Contract = RestContract.Load();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Ready_names_the_database_and_every_worker(DatabaseKind database)
    {
        var answer = await ReadAsync(database, "/health/ready");
        var body = answer.Json;
        Assert.Equal("ready", body.GetProperty("status").GetString());
        Assert.Equal(database.ToString(), body.GetProperty("database").GetProperty("kind").GetString());
        Assert.True(body.GetProperty("database").GetProperty("reachable").GetBoolean());
        Assert.True(body.GetProperty("migrated").GetBoolean());
        var workers = body.GetProperty("workers").EnumerateArray().ToList();
        Assert.NotEmpty(workers);
        Assert.All(workers, worker => Assert.True(worker.GetProperty("alive").GetBoolean()));
        // The slowest worker rests ten minutes between rounds and counts as alive for half a minute more.
        Assert.All(workers, worker => Assert.InRange(worker.GetProperty("lagMilliseconds").GetInt64(), 0, 630_000));
        Assert.Equal(
            ["due-work", "provider-sync"],
            workers.Where(worker => worker.TryGetProperty("dueLagMilliseconds", out _))
                .Select(worker => worker.GetProperty("name").GetString()));
    }

    [Theory]
    [InlineData("health.live")]
    [InlineData("health.ready")]
    [InlineData("version")]
    public async Task Answer_fits_the_document(string operationId)
    {
        var operation = Contract.Operation(operationId);
        var answer = await ReadAsync(DatabaseKind.Sqlite, operation.Path);
        Assert.Empty(operation.Response(200)!.Validate(answer.Json, UnknownFields.Refused).Select(fault => fault.Message));
    }

    [Fact]
    public async Task Version_is_the_build()
    {
        var version = (await ReadAsync(DatabaseKind.Sqlite, "/version")).Json.GetProperty("version").GetString();
        Assert.Matches(@"^\d+\.\d+\.\d+", version);
    }

    /// <summary>Neither an operation that answers 404 is listed, nor is one missing that answers.</summary>
    [Fact]
    public async Task Document_lists_exactly_what_is_served()
    {
        var document = (await ReadAsync(DatabaseKind.Sqlite, "/openapi.json")).Json;
        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        var listed = document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject())
            .Select(operation => operation.Value.GetProperty("operationId").GetString()!)
            .ToHashSet(StringComparer.Ordinal);

        var server = await servers.GetAsync(DatabaseKind.Sqlite);
        // No key: a mapped operation answers 401 and has no effect, whatever its parameters.
        using var client = server.CreateClient(apiKey: null);
        foreach (var operation in Contract.Operations.Where(operation => !operation.Path.StartsWith("/health", StringComparison.Ordinal)))
        {
            var path = operation.PathParameters.Aggregate(
                operation.Path, (text, parameter) => text.Replace("{" + parameter.Name + "}", "x", StringComparison.Ordinal));
            var answer = await client.CallAsync(new HttpMethod(operation.Method), path, null, Cancellation);
            // Billing providers have no key: what they send names its environment, and there is none of this name.
            var isServed = answer.Status is 401 or 200 || answer.Code == "EnvironmentMissing";
            Assert.True(
                listed.Contains(operation.OperationId) == isServed,
                $"{operation} answers {answer.Status}; listed: {listed.Contains(operation.OperationId)}");
        }
    }

    [Fact]
    public async Task Every_reference_of_the_document_leads_somewhere()
    {
        var document = (await ReadAsync(DatabaseKind.Sqlite, "/openapi.json")).Json;
        var references = References(document).Distinct(StringComparer.Ordinal).ToList();
        Assert.NotEmpty(references);
        Assert.All(references, reference => Assert.True(Resolves(document, reference), reference));
    }

    [Fact]
    public async Task Page_for_people_needs_nothing_from_elsewhere()
    {
        var answer = await ReadAsync(DatabaseKind.Sqlite, "/docs");
        Assert.Equal("text/html", answer.MediaType);
        Assert.Contains("/openapi.json", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotMatch("(src|href)=\"(https?:)?//", answer.Text);
    }

    private async Task<Answer> ReadAsync(DatabaseKind database, string path)
    {
        var server = await servers.GetAsync(database);
        using var client = server.CreateClient(apiKey: null);
        var answer = await client.ReadAsync(path, Cancellation);
        Assert.Equal(200, answer.Status);
        return answer;
    }

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property =>
            property is { Name: "$ref", Value.ValueKind: JsonValueKind.String }
                ? [property.Value.GetString()!]
                : References(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };

    private static bool Resolves(JsonElement document, string reference)
    {
        var at = document;
        return reference.Split('/').Skip(1).All(segment => at.TryGetProperty(segment, out at));
    }
}
