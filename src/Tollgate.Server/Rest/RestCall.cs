using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Tollgate.Contracts.Rest;
using Tollgate.Contracts.Rest.Queries;
using Tollgate.Domain.Errors;
using Tollgate.Modules;
using Tollgate.Modules.Idempotency;

namespace Tollgate.Server.Rest;

/// <summary>
/// One authenticated request whose path, query and body keep the contract. A handler reads its input here, runs a use
/// case and says how its value looks on the wire.
/// </summary>
public sealed class RestCall
{
    internal RestCall(
        RestOperation operation, OperationScope scope, IReadOnlyDictionary<string, string> path, QueryValues query,
        JsonElement body)
    {
        Operation = operation;
        Scope = scope;
        Query = query;
        Body = body;
        _path = path;
    }

    /// <summary>The same call, to be answered once under its Idempotency-Key.</summary>
    internal RestCall(RestCall call, (string Key, byte[] Hash) replay)
        : this(call.Operation, call.Scope, call._path, call.Query, call.Body) => Replay = replay;

    private readonly IReadOnlyDictionary<string, string> _path;

    public RestOperation Operation { get; }

    public OperationScope Scope { get; }

    public QueryValues Query { get; }

    /// <summary>The JSON body; an empty object when the request has none.</summary>
    public JsonElement Body { get; }

    /// <summary>The key and hash of a request to be answered once; null without an Idempotency-Key.</summary>
    private (string Key, byte[] Hash)? Replay { get; }

    /// <summary>A decoded path segment.</summary>
    public string Path(string name) => _path[name];

    /// <summary>
    /// Runs a use case and answers its value in the contract's success status. Under an Idempotency-Key the answer is
    /// rendered inside the use case's transaction and stored with its effect.
    /// </summary>
    public async Task<RestAnswer> AnswerAsync<T, TWire>(
        Func<OperationScope, Task<Result<T>>> run, Func<T, TWire> toWire, JsonTypeInfo<TWire> json)
    {
        var status = Operation.SuccessStatus;
        byte[]? rendered = null;
        var scope = Replay is not { } replay
            ? Scope
            : Scope with
            {
                Idempotency = new IdempotencyClaim(
                    replay.Key,
                    replay.Hash,
                    value => new(status, rendered = JsonSerializer.SerializeToUtf8Bytes(toWire((T)value), json))),
            };
        var result = await run(scope);
        return result.TryGet(out var value, out var refusal)
            ? new(status, rendered ?? JsonSerializer.SerializeToUtf8Bytes(toWire(value), json), null)
            : new(0, [], refusal);
    }
}

/// <summary>What to send: bytes of JSON with a status, or a refusal.</summary>
public sealed record RestAnswer(int Status, byte[] Body, Refusal? Refusal);
