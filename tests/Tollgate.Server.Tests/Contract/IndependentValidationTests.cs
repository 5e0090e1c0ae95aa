using System.Text.Json;

namespace Tollgate.Server.Tests.Contract;

/// <summary>The independent validator does find what breaks the contract; without these the walk's silence would prove nothing.</summary>
public sealed class IndependentValidationTests
{
    private const string Request = """{"id":"sso","displayName":"SSO","featureType":"BOOLEAN"}""";

    private const string Response = """
        {"data":{"id":"sso","createdAt":"2025-01-31T00:00:00.000Z","description":null,"displayName":"SSO","enumConfiguration":null,
        "featureStatus":"ACTIVE","featureType":"BOOLEAN","featureUnits":null,"featureUnitsPlural":null,"metadata":{},
        "meterType":"None","unitTransformation":null,"updatedAt":"2025-01-31T00:00:00.000Z"}}
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task Exchange_that_keeps_the_contract_passes() => CheckAsync(Request, 201, Response);

    [Theory]
    [InlineData("\"featureStatus\":\"ACTIVE\"", "\"featureStatus\":\"ARCHIVED\"", "/data/featureStatus")]
    [InlineData("\"description\":null,", "", "description")]
    [InlineData("\"metadata\":{}", "\"metadata\":{},\"ours\":1", "ours")]
    [InlineData("\"metadata\":{}", "\"metadata\":{\"a\":1}", "/data/metadata/a")]
    [InlineData("31T00:00:00.000Z\",\"description", "32T00:00:00.000Z\",\"description", "/data/createdAt")]
    public async Task Fault_of_the_response_is_named(string part, string replacement, string named)
    {
        Assert.Contains(part, Response, StringComparison.Ordinal);
        var failure = await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(
            () => CheckAsync(Request, 201, Response.Replace(part, replacement, StringComparison.Ordinal)));
        Assert.Contains("v1.features.createFeature", failure.Message, StringComparison.Ordinal);
        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"id":"sso","featureType":"BOOLEAN"}""", "displayName")]
    [InlineData("""{"id":"sso","displayName":"SSO","featureType":"BOOLEAN","extra":1}""", "extra")]
    public async Task Fault_of_the_request_is_named(string request, string named)
    {
        var failure = await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => CheckAsync(request, 201, Response));
        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(202, """{"data":{}}""", "does not declare")]
    [InlineData(400, """{"code":"BadUserInput"}""", "message")]
    [InlineData(400, """{"message":1,"code":null}""", "/message")]
    [InlineData(409, """{"message":"x","code":null,"ours":1}""", "ours")]
    public async Task Undeclared_status_and_faulty_errors_are_named(int status, string response, string named)
    {
        var failure = await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => CheckAsync(Request, status, response));
        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
    }

    private static Task CheckAsync(string request, int status, string response) => IndependentValidation.CheckAsync(
        [
            new(
                "v1.features.createFeature",
                "POST",
                "/api/v1/features",
                KeepsContract: true,
                JsonElement.Parse(request),
                status,
                JsonElement.Parse(response)),
        ],
        Cancellation);
}
