using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Tollgate.Contracts.Rest;
using Tollgate.Contracts.Rest.Queries;
using Tollgate.Contracts.Rest.Schemas;
using Tollgate.Domain.Errors;
using Tollgate.Modules;
using Tollgate.Modules.Idempotency;
using Tollgate.Server.Authentication;

namespace Tollgate.Server.Rest;

/// <summary>
/// What every REST request goes through: who asks, does the request keep the contract (every fault at once), was it
/// answered before under its Idempotency-Key; then the handler; then the answer or the error in the contract's shape.
/// </summary>
public sealed class RestPipeline(
    ApiKeyAuthentication authentication, IdempotencyStore idempotency, RunningKeys runningKeys)
{
    private const string IdempotencyHeader = "Idempotency-Key";
    private const int MaxIdempotencyKeyLength = 255;

    private static readonly JsonElement EmptyBody = JsonDocument.Parse("{}").RootElement;

    public Task RunAsync(HttpContext context, RestOperation operation, RestHandler handler) =>
        RunAsync(context, operation, null, null, handler);

    /// <summary>
    /// The same for bodies that may come in other formats than JSON: <paramref name="toJson"/> makes JSON of them.
    /// </summary>
    internal Task RunAsync(
        HttpContext context, RestOperation operation, Func<HttpContext, byte[], Result<byte[]>> toJson,
        RestHandler handler) =>
        RunAsync(context, operation, null, toJson, handler);

    /// <summary>
    /// The same for bodies too large to be read in general terms: <paramref name="plain"/> answers from the bytes, or
    /// null where something about them is unusual and has to be told in the ordinary way.
    /// </summary>
    public Task RunAsync(
        HttpContext context,
        RestOperation operation,
        Func<OperationScope, byte[], CancellationToken, Task<RestAnswer?>> plain,
        RestHandler handler) => RunAsync(context, operation, plain, null, handler);

    private async Task RunAsync(
        HttpContext context,
        RestOperation operation,
        Func<OperationScope, byte[], CancellationToken, Task<RestAnswer?>>? plain,
        Func<HttpContext, byte[], Result<byte[]>>? toJson,
        RestHandler handler)
    {
        var trace = RestTrace.Begin(context);
        if (!authentication.TryAuthenticate(context, trace, out var scope, out var refusal))
        {
            await RestErrors.WriteAsync(context, refusal, operation.Declares(StatusCodes.Status404NotFound));
            return;
        }

        var answer = await AnswerAsync(context, operation, scope, plain, toJson, handler);
        if (answer.Refusal is not null)
            await RestErrors.WriteAsync(context, answer.Refusal, operation.Declares(StatusCodes.Status404NotFound));
        else
            await WriteAsync(context, answer.Status, answer.Body);
    }

    private async Task<RestAnswer> AnswerAsync(
        HttpContext context,
        RestOperation operation,
        OperationScope scope,
        Func<OperationScope, byte[], CancellationToken, Task<RestAnswer?>>? plain,
        Func<HttpContext, byte[], Result<byte[]>>? toJson,
        RestHandler handler)
    {
        var bytes = await ReadBodyAsync(context);
        if (toJson is not null && !toJson(context, bytes).TryGet(out bytes, out var unreadable))
            return new(0, [], unreadable);
        if (plain is not null && !context.Request.QueryString.HasValue
            && !context.Request.Headers.ContainsKey(IdempotencyHeader)
            && await plain(scope, bytes, context.RequestAborted) is { } answered)
        {
            return answered;
        }

        JsonDocument? document = null;
        try
        {
            var faults = new List<SchemaFault>();
            var path = ReadPath(context, operation, faults);
            var query = QueryReader.Read(operation, context.Request.QueryString.Value);
            faults.AddRange(query.Faults);
            if (operation.Body is { } schema && !TryReadBody(bytes, operation, schema, faults, out document))
                return Refuse(faults);
            if (faults.Count > 0)
                return Refuse(faults);
            var call = new RestCall(operation, scope, path, query, document?.RootElement ?? EmptyBody);
            if (context.Request.Method != HttpMethods.Post
                || !context.Request.Headers.TryGetValue(IdempotencyHeader, out var key))
            {
                return await handler(call, context.RequestAborted);
            }

            return await AnswerOnceAsync(context, call, key.ToString(), HashOf(context, bytes), handler);
        }
        finally
        {
            document?.Dispose();
        }
    }

    private async Task<RestAnswer> AnswerOnceAsync(
        HttpContext context, RestCall call, string key, byte[] hash, RestHandler handler)
    {
        if (key.Length is 0 or > MaxIdempotencyKeyLength)
        {
            return Refuse([new(IdempotencyHeader, SchemaFaultKind.Text,
                $"The header {IdempotencyHeader} has {key.Length} characters; use 1 to {MaxIdempotencyKeyLength}.")]);
        }

        using var running = runningKeys.TryEnter(call.Scope.EnvironmentId, key);
        if (running is null)
        {
            return new(0, [], new Refusal(ErrorCode.ObjectAlreadyBeingUsedByAnotherRequestError,
                $"Another request with the Idempotency-Key '{key}' is still running; retry in a moment."));
        }

        if (await ReplayAsync(call, key, hash, context.RequestAborted) is { } first)
            return first;
        try
        {
            var once = new RestCall(call, (key, hash));
            return await handler(once, context.RequestAborted);
        }
        catch (IdempotencyRaceException race)
        {
            // Another node was faster with the same key: its answer is this request's answer.
            return await ReplayAsync(call, key, hash, context.RequestAborted)
                ?? throw new InvalidOperationException($"The response under the Idempotency-Key {key} vanished.", race);
        }
    }

    private async Task<RestAnswer?> ReplayAsync(
        RestCall call, string key, byte[] hash, CancellationToken cancellationToken)
    {
        if (await idempotency.FindAsync(call.Scope.EnvironmentId, key, cancellationToken) is not { } stored)
            return null;
        return stored.RequestHash.AsSpan().SequenceEqual(hash)
            ? new(stored.Response.Status, stored.Response.Body, null)
            : new(0, [], new Refusal(ErrorCode.DuplicatedEntityNotAllowed,
                $"The Idempotency-Key '{key}' was used in the last 24 hours by a request with another method, path or "
                + "body; send the same request again or use a new key."));
    }

    private static Dictionary<string, string> ReadPath(
        HttpContext context, RestOperation operation, List<SchemaFault> faults)
    {
        var path = new Dictionary<string, string>(operation.PathParameters.Count);
        foreach (var parameter in operation.PathParameters)
        {
            var value = PathValue(context, parameter.Name);
            faults.AddRange(parameter.Validate(value));
            path[parameter.Name] = value;
        }

        return path;
    }

    /// <summary>
    /// A decoded segment. Routing decodes everything but the slash, which would have changed the segments.
    /// </summary>
    internal static string PathValue(HttpContext context, string name)
    {
        var value = (string)context.Request.RouteValues[name]!;
        return value.Contains('%') ? value.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase) : value;
    }

    /// <summary>
    /// False when the body cannot be read at all; faults of a readable body are added and reported with the others.
    /// </summary>
    private static bool TryReadBody(
        byte[] bytes, RestOperation operation, Schema schema, List<SchemaFault> faults, out JsonDocument? document)
    {
        document = null;
        if (bytes.Length == 0)
        {
            faults.AddRange(schema.Validate(EmptyBody, UnknownFields.Refused));
            return faults.Count == 0;
        }

        try
        {
            document = JsonDocument.Parse(bytes);
        }
        catch (JsonException exception)
        {
            faults.Add(new("body", SchemaFaultKind.Type,
                $"The body of {operation} is not JSON (line {exception.LineNumber + 1}, byte "
                + $"{exception.BytePositionInLine + 1}); send one JSON object."));
            return false;
        }

        faults.AddRange(schema.Validate(document.RootElement, UnknownFields.Refused));
        return true;
    }

    internal static async Task<byte[]> ReadBodyAsync(HttpContext context)
    {
        if (context.Request.ContentLength is 0 || (context.Request.ContentLength is null
            && !context.Request.Headers.ContainsKey("Transfer-Encoding")))
        {
            return [];
        }

        while (true)
        {
            var read = await context.Request.BodyReader.ReadAsync(context.RequestAborted);
            if (read.IsCompleted)
            {
                var bytes = read.Buffer.ToArray();
                context.Request.BodyReader.AdvanceTo(read.Buffer.End);
                return bytes;
            }

            context.Request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static byte[] HashOf(HttpContext context, byte[] body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{context.Request.Method} {context.Request.Path}\n"));
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }

    private static RestAnswer Refuse(List<SchemaFault> faults) => new(0, [], RestErrors.ToRefusal(faults));

    internal static async Task WriteAsync(HttpContext context, int status, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
    }
}
