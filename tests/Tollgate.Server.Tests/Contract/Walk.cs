using System.Text.Json;
using Tollgate.Contracts.Rest;
using Tollgate.Contracts.Rest.Queries;
using Tollgate.Contracts.Rest.Schemas;
using Tollgate.Server.Tests.Errors;

namespace Tollgate.Server.Tests.Contract;

/// <summary>
/// Calls operations by their name in the contract, checks each request and each answer against it, and records both. Faults are
/// collected, so that one walk reports everything that breaks the contract.
/// </summary>
internal sealed class Walk(RestContract contract, HttpClient client, List<Exchange> exchanges, List<string> faults)
{
    private const string FileUpload = "tollgate.usage.uploadFile";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public IReadOnlyList<Exchange> Exchanges => exchanges;

    public IReadOnlyList<string> Faults => faults;

    /// <summary>The same walk with another key.</summary>
    public Walk With(HttpClient other) => new(contract, other, exchanges, faults);

    /// <summary>A call that succeeds with the contract's status; its answer.</summary>
    /// <param name="operationId">The contract's name.</param>
    /// <param name="path">The path parameters in order.</param>
    /// <param name="body">Serialized as JSON; null for none.</param>
    /// <param name="query">Without the question mark.</param>
    public async Task<JsonElement> DoesAsync(string operationId, string[] path, object? body = null, string query = "")
    {
        var operation = contract.Operation(operationId);
        var answer = await CallAsync(operation, path, body, query, keepsContract: true);
        Assert.True(
            answer.Status == operation.SuccessStatus,
            $"{operationId} ({string.Join(", ", path)}) answers {answer.Status} instead of {operation.SuccessStatus}: {answer.Text}");
        return answer.Json;
    }

    /// <summary>A call that is refused with this status and code; unless the status is 400 the request itself keeps the contract.</summary>
    /// <remarks>A null code is not compared.</remarks>
    public async Task<Answer> RefusesAsync(
        string operationId,
        int status,
        string? code,
        string[] path,
        object? body = null,
        string query = "",
        bool? keepsContract = null)
    {
        var answer = await CallAsync(contract.Operation(operationId), path, body, query, keepsContract ?? status != 400);
        try
        {
            ErrorAssert.IsError(answer, status, code ?? answer.Code);
        }
        catch (Xunit.Sdk.XunitException exception)
        {
            faults.Add($"{operationId} ({string.Join(", ", path)}): {exception.Message} {answer.Text}");
        }

        return answer;
    }

    private async Task<Answer> CallAsync(
        RestOperation operation, string[] path, object? body, string query, bool keepsContract)
    {
        Assert.Equal(operation.PathParameters.Count, path.Length);
        var target = operation.PathParameters.Zip(path).Aggregate(operation.Path, (text, pair) => text.Replace(
            "{" + pair.First.Name + "}", Uri.EscapeDataString(pair.Second), StringComparison.Ordinal));
        if (query.Length > 0)
            target += "?" + query;
        JsonElement? request = body is null ? null : JsonSerializer.SerializeToElement(body);
        var answer = await client.CallAsync(new(operation.Method), target, request, Cancellation);

        // The content of a file is no JSON that a schema describes, even when it is one line of JSON.
        if (operation.OperationId == FileUpload)
            request = null;
        exchanges.Add(new(operation.OperationId, operation.Method, target, keepsContract, request, answer.Status, answer.Json));
        var where = $"{operation.OperationId} ({operation.Method} {target})";
        if (keepsContract)
            faults.AddRange(RequestFaults(operation, request, query).Select(fault => $"{where} request: {fault.Message}"));
        if (operation.Response(answer.Status) is { } schema)
        {
            faults.AddRange(schema.Validate(answer.Json, UnknownFields.Refused)
                .Select(fault => $"{where} {answer.Status}: {fault.Message}"));
        }
        else
        {
            faults.Add($"{where}: {answer.Status} is not declared: {answer.Text}");
        }

        return answer;
    }

    private static IEnumerable<SchemaFault> RequestFaults(RestOperation operation, JsonElement? request, string query)
    {
        foreach (var fault in QueryReader.Read(operation, query).Faults)
            yield return fault;
        if (operation.Body is null)
        {
            Assert.Null(request);
            yield break;
        }

        var given = request ?? JsonSerializer.SerializeToElement(new { });
        foreach (var fault in operation.Body.Validate(given, UnknownFields.Refused))
            yield return fault;
    }
}
