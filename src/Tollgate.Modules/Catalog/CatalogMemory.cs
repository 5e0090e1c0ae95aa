using System.Collections.Concurrent;
using Tollgate.Domain;
using Tollgate.Modules.Changes;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog;

/// <summary>
/// What this process read of the catalogs, by the <see cref="CatalogHead"/> it was read at. Whoever reads has the
/// number first, so what is kept under a number is never older than it. Nodes share the stored number and need no
/// notice of one another.
/// </summary>
public sealed class CatalogMemory : IChangeListener
{
    /// <summary>Of one environment; past it everything is read anew.</summary>
    private const int MaxKept = 20_000;

    private readonly ConcurrentDictionary<EnvironmentId, Kept> _environments = new();

    /// <summary>From memory when the session may trust it, else as <paramref name="read"/> answers.</summary>
    internal async ValueTask<T?> GetAsync<T>(
        Session session, EnvironmentId environment, object key, Func<Task<T?>> read)
        where T : class
    {
        if (await CatalogHead.ReadAsync(session, environment) is not { } head || At(environment, head) is not { } kept)
            return await read();
        if (kept.Values.TryGetValue(key, out var known))
            return (T)known;
        var value = await read();
        // What is missing is not kept: anybody may ask for what does not exist.
        if (value is not null && kept.Values.Count < MaxKept)
            kept.Values[key] = value;
        return value;
    }

    /// <summary>A node of an earlier release changes catalogs without raising their numbers, and tells.</summary>
    public void Changed(in Change change)
    {
        if (change.Kind == ChangeKind.Catalog)
            _environments.TryRemove(change.Environment, out _);
    }

    public void Missed() => _environments.Clear();

    /// <summary>Null for a session that began before a change that others have seen already.</summary>
    private Kept? At(EnvironmentId environment, long head)
    {
        while (true)
        {
            var kept = _environments.GetOrAdd(environment, static (_, number) => new(number), head);
            if (kept.Head == head && kept.Values.Count < MaxKept)
                return kept;
            if (kept.Head > head)
                return null;
            _environments.TryUpdate(environment, new(head), kept);
        }
    }

    private sealed class Kept(long head)
    {
        public long Head => head;

        public ConcurrentDictionary<object, object> Values { get; } = new();
    }
}
