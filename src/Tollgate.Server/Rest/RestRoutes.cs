using Tollgate.Contracts.OpenApi;
using Tollgate.Contracts.Rest;
using Tollgate.Server.Hosting;

namespace Tollgate.Server.Rest;

/// <summary>Handles one operation.</summary>
public delegate Task<RestAnswer> RestHandler(RestCall call, CancellationToken cancellationToken);

/// <summary>
/// The operations this build serves, each named by its id in the contract, which gives its method, path, parameters,
/// body and statuses. What is not mapped here is not in /openapi.json and answers 404.
/// </summary>
public sealed class RestRoutes(IEndpointRouteBuilder routes, RestContract contract, RestPipeline pipeline)
{
    private readonly HashSet<string> _implemented = [];

    /// <summary>Whatever an endpoint needs of the modules.</summary>
    public IServiceProvider Services => routes.ServiceProvider;

    public RestRoutes Map(
        string operationId, RestHandler handler, long maxBodyBytes = TollgateHost.MaxBodyBytes) =>
        MapRaw(operationId, operation => context => pipeline.RunAsync(context, operation, handler), maxBodyBytes);

    /// <summary>For hot paths that read and write the request themselves.</summary>
    /// <param name="operationId">As the contract calls it.</param>
    /// <param name="handler">Makes what answers.</param>
    /// <param name="maxBodyBytes">What a body may hold, where that is more than elsewhere.</param>
    public RestRoutes MapRaw(
        string operationId, Func<RestOperation, RequestDelegate> handler, long maxBodyBytes = TollgateHost.MaxBodyBytes)
    {
        var operation = contract.Operation(operationId);
        _implemented.Add(operationId);
        routes.MapMethods(operation.Path, [operation.Method], handler(operation))
            .WithMetadata(new BodyLimit(maxBodyBytes));
        return this;
    }

    /// <summary>Serves the document of everything mapped so far.</summary>
    public void MapOpenApi()
    {
        foreach (var described in (string[])["health.live", "health.ready", "version"])
            _implemented.Add(described);
        var document = OpenApiDocument.Build(contract, _implemented, TollgateHost.Version);
        routes.MapGet("/openapi.json", async context =>
        {
            context.Response.ContentType = "application/json";
            await context.Response.Body.WriteAsync(document, context.RequestAborted);
        });
        OpenApi.OpenApiPage.Map(routes);
    }
}

/// <summary>What the body of a route may hold; routing tells the server before anything is read.</summary>
internal sealed record BodyLimit(long? MaxRequestBodySize)
    : Microsoft.AspNetCore.Http.Metadata.IRequestSizeLimitMetadata;
