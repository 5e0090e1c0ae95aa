using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using Tollgate.Contracts.Rest;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Contracts.Rest.Schemas;
using Tollgate.Domain.Errors;
using Tollgate.Storage;

namespace Tollgate.Server.Rest;

/// <summary>Writes every error in the contract's shape, those of the host (404, 405, 413, 500) included.</summary>
internal static partial class RestErrors
{
    private const int RetryAfterSeconds = 1;

    /// <summary>
    /// All faults in one refusal; metadata has a code of its own, which wins only when nothing else is wrong.
    /// </summary>
    public static Refusal ToRefusal(IReadOnlyCollection<SchemaFault> faults)
    {
        var code = faults.All(f => f.Kind == SchemaFaultKind.Metadata)
            ? ErrorCode.InvalidMetadataError
            : ErrorCode.BadUserInput;
        return Refusal.Of(code, [.. faults.Select(f => new FieldFault(f.Path, f.Message))]);
    }

    public static Task WriteAsync(HttpContext context, Refusal refusal, bool declares404) =>
        WriteAsync(context, RestStatus.Of(refusal.Code, declares404), refusal);

    private static async Task WriteAsync(HttpContext context, int status, Refusal refusal)
    {
        var trace = RestTrace.Begin(context);
        if (RestStatus.ShouldRetry(refusal.Code, status) is { } retry)
            context.Response.Headers["x-should-retry"] = retry ? "true" : "false";
        if (status is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests)
            context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString();
        await RestPipeline.WriteAsync(
            context, status, JsonSerializer.SerializeToUtf8Bytes(BodyOf(refusal, trace), RestJson.Wire.ErrorBody));
    }

    /// <summary>A refusal in the contract's shape.</summary>
    public static ErrorBody BodyOf(Refusal refusal, Guid trace) => ErrorBody.Of(
        refusal.Message,
        refusal.Code.ToString(),
        trace.ToString(),
        [.. refusal.Fields.Select(f => new ErrorField(f.Path, f.Message))],
        refusal.Details);

    /// <summary>Catches what handlers do not answer themselves.</summary>
    public static void UseRestErrors(this WebApplication application)
    {
        var log = application.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(RestErrors).FullName!);
        application.Use(async (context, next) =>
        {
            try
            {
                await next(context);
                await AnswerBareStatusAsync(context);
            }
            catch (Exception exception) when (!context.Response.HasStarted)
            {
                await AnswerAsync(context, exception, log);
            }
        });
    }

    private static async Task AnswerAsync(HttpContext context, Exception exception, ILogger log)
    {
        if (context.RequestAborted.IsCancellationRequested)
            return;
        var trace = RestTrace.Begin(context);
        switch (exception)
        {
            case DatabaseUnavailableException unavailable:
                LogUnavailable(log, trace, unavailable.Message);
                await WriteAsync(context, StatusCodes.Status503ServiceUnavailable, new Refusal(
                    ErrorCode.ServiceUnavailable,
                    "The database cannot take the request now; nothing was changed. "
                    + "Retry after the time given in Retry-After."));
                break;
            case BadHttpRequestException bad:
                await WriteAsync(context, StatusCodes.Status400BadRequest, new Refusal(
                    ErrorCode.BadUserInput,
                    bad.StatusCode == StatusCodes.Status413PayloadTooLarge
                        ? $"The body is larger than {LimitOf(context)} bytes; send less at once."
                        : $"The request cannot be read: {bad.Message}")
                {
                    Fields = [new("body", bad.Message)],
                });
                break;
            default:
                LogUnexpected(log, exception, trace);
                await WriteAsync(context, StatusCodes.Status500InternalServerError, new Refusal(
                    ErrorCode.UnexpectedError,
                    $"Something unexpected went wrong; the server's log has it under the trace id {trace}."));
                break;
        }
    }

    private static long LimitOf(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<BodyLimit>()?.MaxRequestBodySize
            ?? Hosting.TollgateHost.MaxBodyBytes;

    /// <summary>The host's own 404 and 405 have no body; clients expect one.</summary>
    private static Task AnswerBareStatusAsync(HttpContext context)
    {
        if (context.Response.HasStarted || context.Response.ContentType is not null)
            return Task.CompletedTask;
        return context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => WriteAsync(context, StatusCodes.Status404NotFound, new Refusal(
                ErrorCode.BadUserInput,
                $"There is no {context.Request.Method} {context.Request.Path}; see /openapi.json for every route.")),
            StatusCodes.Status405MethodNotAllowed => WriteAsync(context, StatusCodes.Status405MethodNotAllowed,
                new Refusal(ErrorCode.BadUserInput,
                    $"{context.Request.Path} does not answer {context.Request.Method}; "
                    + $"it answers {context.Response.Headers.Allow}.")),
            _ => Task.CompletedTask,
        };
    }

    [LoggerMessage(2001, LogLevel.Warning, "Request {TraceId} refused, the database is unavailable: {Reason}")]
    private static partial void LogUnavailable(ILogger logger, Guid traceId, string reason);

    [LoggerMessage(2002, LogLevel.Error, "Request {TraceId} failed")]
    private static partial void LogUnexpected(ILogger logger, Exception exception, Guid traceId);
}
