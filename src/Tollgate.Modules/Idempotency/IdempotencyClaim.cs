namespace Tollgate.Modules.Idempotency;

/// <summary>
/// The Idempotency-Key of a request: stored with the response in the transaction of the effect, so a retry after a
/// crash finds either both or neither. <see cref="Render"/> turns the use case's value into the response.
/// </summary>
public sealed class IdempotencyClaim(string key, byte[] requestHash, Func<object, StoredResponse> render)
{
    public string Key { get; } = key;

    /// <summary>Of the method, the path and the body: another request under the same key is a conflict.</summary>
    public byte[] RequestHash { get; } = requestHash;

    public Func<object, StoredResponse> Render { get; } = render;
}

/// <summary>A response as first sent.</summary>
public sealed record StoredResponse(int Status, byte[] Body);

/// <summary>Another request with the same key committed first; its response is stored and to be replayed.</summary>
public sealed class IdempotencyRaceException(string key, Exception inner)
    : Exception($"The Idempotency-Key {key} was used by another request at the same time.", inner);
