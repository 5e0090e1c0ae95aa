namespace Tollgate.Modules.Entitlements;

/// <summary>
/// Remembers for a second that the database could not be asked, so that checks which have an answer in memory do not
/// each wait to find out again.
/// </summary>
public sealed class DatabaseOutage(TimeProvider time)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Null = never. Replaced without a lock: any recent value will do.</summary>
    private volatile Noticed? _last;

    public bool IsRecent => _last is { } last && time.GetElapsedTime(last.Timestamp) < RetryAfter;

    public void Notice() => _last = new(time.GetTimestamp());

    private sealed record Noticed(long Timestamp);
}
