using System.Collections.Concurrent;

namespace Tollgate.Modules.Changes;

/// <summary>
/// The other nodes by when they were last heard of, in real time. One that has gone silent may have died between a
/// commit and its notice. Thread-safe.
/// </summary>
internal sealed class Peers(TimeProvider time)
{
    /// <summary>A node is heard of four times a second; a busy one may be late.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(2);

    /// <summary>After so long whatever it had sent to the database before it died is committed or gone.</summary>
    private static readonly TimeSpan Gone = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, long> _heard = new(StringComparer.Ordinal);

    public void Heard(string node) => _heard[node] = time.GetTimestamp();

    public bool IsAnySilent()
    {
        var isAny = false;
        foreach (var (node, at) in _heard)
        {
            var silence = time.GetElapsedTime(at);
            if (silence > Gone)
                _heard.TryRemove(new(node, at));
            else
                isAny |= silence > Silence;
        }

        return isAny;
    }
}
