using System.Collections.Concurrent;
using Tollgate.Domain;

namespace Tollgate.Server.Rest;

/// <summary>Idempotency keys whose first request still runs in this process.</summary>
public sealed class RunningKeys
{
    private readonly ConcurrentDictionary<(int Environment, string Key), byte> _running = new();

    /// <summary>Null when the key is running; otherwise dispose of the answer when the request ends.</summary>
    public IDisposable? TryEnter(EnvironmentId environment, string key) =>
        _running.TryAdd((environment.Value, key), 0) ? new Turn(this, (environment.Value, key)) : null;

    private sealed class Turn(RunningKeys owner, (int, string) entry) : IDisposable
    {
        public void Dispose() => owner._running.TryRemove(entry, out _);
    }
}
