using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Tollgate.Domain;
using Tollgate.Storage;

namespace Tollgate.Modules.Changes;

/// <summary>
/// Carries changes to the caches of this process at once, and to those of other nodes in the committing transaction. On
/// PostgreSQL a notice arrives within milliseconds of the commit; while the feed is broken <see cref="IsLive"/> is false and
/// caches bound their staleness themselves.
/// </summary>
public sealed class ChangeFeed(IServiceProvider services)
{
    private const int MaxPayload = 7_000;

    private readonly string _node = Guid.NewGuid().ToString("N")[..12];
    private IChangeListener[]? _listeners;
    private volatile bool _live;

    /// <summary>True while notices of other nodes arrive.</summary>
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

    /// <summary>Adds the changes to the transaction: other nodes hear of them when, and only when, it commits.</summary>
    public async Task NotifyAsync(Session session, IReadOnlyCollection<Change> changes, CancellationToken cancellationToken)
    {
        if (session.Kind == DatabaseKind.Sqlite || changes.Count == 0)
            return;
        var payload = new StringBuilder(_node);
        foreach (var change in changes.Distinct())
        {
            var line = string.Create(
                CultureInfo.InvariantCulture, $"\n{(int)change.Kind}|{change.Environment.Value}|{change.CustomerId}");
            if (payload.Length + Encoding.UTF8.GetByteCount(line) > MaxPayload)
            {
                await session.NotifyAsync(payload.ToString(), cancellationToken);
                payload.Clear().Append(_node);
            }

            payload.Append(line);
        }

        await session.NotifyAsync(payload.ToString(), cancellationToken);
    }

    /// <summary>Listens until cancelled; the host runs it.</summary>
    public Task RunAsync(Database database, CancellationToken cancellationToken) =>
        database.ListenAsync(Receive, SetLive, cancellationToken);

    private void SetLive(bool live)
    {
        _live = live;
        foreach (var listener in Listeners)
            listener.Missed();
    }

    private void Receive(string payload)
    {
        var lines = payload.Split('\n');
        if (lines[0] == _node)
            return;
        var changes = new List<Change>(lines.Length - 1);
        foreach (var line in lines.AsSpan(1))
        {
            var parts = line.Split('|', 3);
            changes.Add(new(
                (ChangeKind)int.Parse(parts[0], CultureInfo.InvariantCulture),
                new EnvironmentId(int.Parse(parts[1], CultureInfo.InvariantCulture)),
                parts[2].Length == 0 ? null : parts[2]));
        }

        Dispatch(changes);
    }
}
