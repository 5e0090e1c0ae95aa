namespace Tollgate.Modules.Changes;

/// <summary>
/// Committed changes that other nodes have not been told yet, each once however often it happened. Thread-safe.
/// </summary>
internal sealed class OutgoingChanges
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _some = new(0, 1);
    private HashSet<Change> _changes = [];

    public void Add(IReadOnlyCollection<Change> changes)
    {
        if (changes.Count == 0)
            return;
        lock (_lock)
        {
            _changes.UnionWith(changes);
            if (_some.CurrentCount == 0)
                _some.Release();
        }
    }

    /// <summary>Everything there is; it is the caller's to send, or to add again.</summary>
    public IReadOnlyCollection<Change> Take()
    {
        lock (_lock)
        {
            var taken = _changes;
            _changes = [];
            return taken;
        }
    }

    /// <summary>Returns when there is something, or after <paramref name="most"/>.</summary>
    public Task WaitAsync(TimeSpan most, CancellationToken cancellationToken) =>
        _some.WaitAsync(most, cancellationToken);
}
