using System.Globalization;
using System.Text.Json.Nodes;
using Tollgate.Contracts.Rest.Schemas;

namespace Tollgate.Contracts.Rest;

/// <summary>One operation of the contract.</summary>
public sealed class RestOperation
{
    private readonly Dictionary<int, Schema?> _responses;

    private RestOperation(Dictionary<int, Schema?> responses) => _responses = responses;

    /// <summary>The contract's name, such as <c>v1.customers.retrieve</c>.</summary>
    public required string OperationId { get; init; }

    /// <summary>The HTTP method in upper case.</summary>
    public required string Method { get; init; }

    /// <summary>The route template, such as <c>/api/v1/customers/{id}</c>.</summary>
    public required string Path { get; init; }

    public required IReadOnlyList<RestParameter> PathParameters { get; init; }

    public required IReadOnlyList<RestParameter> QueryParameters { get; init; }

    /// <summary>The schema of the request body; null when the operation takes none.</summary>
    public required Schema? Body { get; init; }

    /// <summary>A request without a body is a fault.</summary>
    public required bool IsBodyRequired { get; init; }

    /// <summary>The declared statuses in contract order, successes first.</summary>
    public IReadOnlyCollection<int> Statuses => _responses.Keys;

    /// <summary>The one declared status of success: 200 or 201.</summary>
    public int SuccessStatus => _responses.Keys.First(status => status is >= 200 and < 300);

    /// <summary>The operation answers pages and takes <c>after</c> and, mostly, <c>before</c>.</summary>
    public bool IsPaged => QueryParameters.Any(p => p.Name == "after");

    /// <summary>
    /// The contract knows this status for this operation (404 in particular is not declared everywhere).
    /// </summary>
    public bool Declares(int status) => _responses.ContainsKey(status);

    /// <summary>
    /// The schema of the answer with this status; null when the status is undeclared or has no content.
    /// </summary>
    public Schema? Response(int status) => _responses.GetValueOrDefault(status);

    public override string ToString() => $"{Method} {Path}";

    internal static RestOperation Read(
        string method, string path, JsonObject operation, JsonObject document, SchemaCompiler compiler)
    {
        var parameters = (operation["parameters"]?.AsArray() ?? [])
            .Select(p => p!.AsObject().Resolved(document))
            .Select(p => (In: p.Text("in"), Parameter: RestParameter.Read(p, compiler)))
            .ToList();
        var body = operation["requestBody"]?.AsObject();
        var responses = operation["responses"]!.AsObject().ToDictionary(
            r => int.Parse(r.Key, CultureInfo.InvariantCulture),
            r => ContentSchema(r.Value!.AsObject().Resolved(document), compiler));
        return new(responses)
        {
            OperationId = operation.Text("operationId"),
            Method = method,
            Path = path,
            PathParameters = [.. parameters.Where(p => p.In == "path").Select(p => p.Parameter)],
            QueryParameters = [.. parameters.Where(p => p.In == "query").Select(p => p.Parameter)],
            Body = body is null ? null : ContentSchema(body, compiler),
            IsBodyRequired = body?.Flag("required") ?? false,
        };
    }

    private static Schema? ContentSchema(JsonObject holder, SchemaCompiler compiler) =>
        holder["content"]?["application/json"]?["schema"] is JsonObject schema ? new(compiler.Compile(schema)) : null;
}
