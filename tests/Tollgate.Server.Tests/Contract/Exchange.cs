using System.Text.Json;

namespace Tollgate.Server.Tests.Contract;

/// <summary>One recorded request and its answer, as a line of JSON for the independent validator.</summary>
/// <param name="OperationId">The contract's name of what was called.</param>
/// <param name="Method">In upper case.</param>
/// <param name="Target">Path and query as sent.</param>
/// <param name="KeepsContract">False for requests that are wrong on purpose.</param>
/// <param name="RequestBody">Null when none was sent.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="ResponseBody">Whole.</param>
internal sealed record Exchange(
    string OperationId,
    string Method,
    string Target,
    bool KeepsContract,
    JsonElement? RequestBody,
    int Status,
    JsonElement ResponseBody)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    public string ToLine() => JsonSerializer.Serialize(this, Options);
}
