using Microsoft.Extensions.DependencyInjection;
using Tollgate.Storage;

namespace Tollgate.Modules.Changes;

/// <summary>
/// Carries changes to the caches of this process at once, and to those of other nodes within milliseconds of the
/// commit. While it is not sure to hear everything <see cref="IsLive"/> is false and caches bound their
/// staleness themselves.
/// </summary>
/// <remarks>
/// A notice that PostgreSQL sends with a transaction makes all such transactions commit one after the other, disk
/// included. So notices follow their commit, many in one message (<see cref="OutgoingChanges"/>). What a process that
/// dies in between never told is covered by its silence: nodes are heard of several times a second
/// (<see cref="Peers"/>), and while one has gone silent the feed is not live. A node that cannot send puts notices into
/// its transactions again.
/// </remarks>
public sealed class ChangeFeed(IServiceProvider services, TimeProvider time)
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(250);

    private readonly string _node = Guid.NewGuid().ToString("N")[..12];
    private readonly OutgoingChanges _outgoing = new();
    private readonly Peers _peers = new(time);
    private readonly Lock _liveness = new();
    private IChangeListener[]? _listeners;
    private bool _isListening;
    private volatile bool _isSending;
    private volatile bool _live;

    /// <summary>True while the notices of all other nodes arrive.</summary>
    public bool IsLive => _live;

    private IChangeListener[] Listeners => _listeners ??= [.. services.GetServices<IChangeListener>()];

    public void Dispatch(IReadOnlyList<Change> changes)
    {
        foreach (var change in changes)
        {
            foreach (var listener in Listeners)
                listener.Changed(change);
        }
    }

    /// <summary>Other nodes hear of the changes once the session commits, and not when it is rolled back.</summary>
    public async Task NotifyAsync(
        Session session, IReadOnlyCollection<Change> changes, CancellationToken cancellationToken)
    {
        if (session.Kind == DatabaseKind.Sqlite || changes.Count == 0)
            return;
        var told = changes.Distinct().ToArray();
        if (_isSending)
        {
            session.AfterCommit(() => _outgoing.Add(told));
            return;
        }

        foreach (var payload in ChangePayload.Write(_node, told))
            await session.NotifyAsync(payload, cancellationToken);
    }

    /// <summary>Listens and sends until cancelled; the host runs it.</summary>
    public Task RunAsync(Database database, CancellationToken cancellationToken) => database.Kind == DatabaseKind.Sqlite
        ? database.ListenAsync(Receive, Listening, cancellationToken)
        : Task.WhenAll(
            database.ListenAsync(Receive, Listening, cancellationToken), SendAsync(database, cancellationToken));

    private async Task SendAsync(Database database, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var changes = _outgoing.Take();
                try
                {
                    await database.NotifyAsync(ChangePayload.Write(_node, changes), cancellationToken);
                    _isSending = true;
                }
                catch (Exception) when (!cancellationToken.IsCancellationRequested)
                {
                    // Whatever stands in the way: later transactions carry their own notices until it is gone.
                    _isSending = false;
                    _outgoing.Add(changes);
                    await Task.Delay(Heartbeat, cancellationToken);
                }

                Judge();
                await _outgoing.WaitAsync(Heartbeat, cancellationToken);
            }
        }
        finally
        {
            _isSending = false;
        }
    }

    private void Listening(bool isListening)
    {
        lock (_liveness)
            _isListening = isListening;
        Judge(hasMissed: true);
    }

    /// <summary>Is the feed live, and do listeners have to know that it was not?</summary>
    private void Judge(bool hasMissed = false)
    {
        lock (_liveness)
        {
            var live = _isListening && !_peers.IsAnySilent();
            if (live == _live && !hasMissed)
                return;
            _live = live;
            foreach (var listener in Listeners)
                listener.Missed();
        }
    }

    private void Receive(string payload)
    {
        var (node, changes) = ChangePayload.Read(payload);
        if (node == _node)
            return;
        _peers.Heard(node);
        Dispatch(changes);
    }
}
