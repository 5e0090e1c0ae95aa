using System.Collections.Concurrent;
using Dapper;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Domain;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// Remembers from which arrival on the events of a resource count at customer level too (spec entitlements-and-usage 6:
/// while the resource's own subscriptions do not grant the feature), so that a recount gives what was counted. Noted
/// for every metered feature, whether or not its meter wants the event: the next version of it may.
/// </summary>
/// <param name="known">The last entries as committed; right only where no other process writes.</param>
internal sealed class EventLevels(ConcurrentDictionary<(int Source, string Feature), bool> known)
{
    /// <summary>Entries in memory; beyond it all are forgotten and read again.</summary>
    private const int MaxKnown = 1_000_000;

    private readonly Dictionary<(int Source, string Feature), (long At, bool AtCustomer)> _noted = [];

    /// <summary>How an event of a resource counts, for every metered feature.</summary>
    public void Note(PlannedEvent planned, MeterSet meters)
    {
        foreach (var feature in meters.Features)
        {
            _noted[(planned.SenderNumber, feature.Value)] = (
                planned.ReceivedAt, planned.Access.Find(feature.Value)?.Entitlement.CountsOnResource != true);
        }
    }

    /// <summary>Stores what differs from the last entry.</summary>
    public async Task SaveAsync(Session session, CancellationToken cancellationToken)
    {
        if (_noted.Count == 0)
            return;
        var last = session.Kind == DatabaseKind.Sqlite
            ? await LastAsync(session)
            : await LastAsync(session, [.. _noted.Keys], cancellationToken);
        foreach (var ((source, feature), (at, atCustomer)) in _noted)
        {
            if (last.TryGetValue((source, feature), out var level) && level == atCustomer)
                continue;
            await session.Connection.ExecuteAsync(
                """
                INSERT INTO event_levels (source_id, feature_id, from_at, customer_level)
                VALUES (@source, @feature, @at, @level)
                ON CONFLICT (source_id, feature_id, from_at) DO UPDATE SET customer_level = excluded.customer_level
                """,
                new { source, feature, at, level = atCustomer ? 1 : 0 },
                session.Transaction);
        }
    }

    /// <summary>After the commit.</summary>
    public void Publish()
    {
        if (known.Count > MaxKnown)
            known.Clear();
        foreach (var (key, (_, atCustomer)) in _noted)
            known[key] = atCustomer;
    }

    /// <summary>
    /// How the events of a resource that came before its feature had a meter count: as they would now.
    /// </summary>
    public static Task BeginAsync(Session session, int source, FeatureId feature, bool atCustomer) =>
        session.Connection.ExecuteAsync(
            """
            INSERT INTO event_levels (source_id, feature_id, from_at, customer_level)
            VALUES (@source, @feature, @at, @level) ON CONFLICT DO NOTHING
            """,
            new { source, feature = feature.Value, at = long.MinValue, level = atCustomer ? 1 : 0 },
            session.Transaction);

    private async Task<Dictionary<(int, string), bool>> LastAsync(Session session)
    {
        var last = new Dictionary<(int, string), bool>();
        foreach (var (source, feature) in _noted.Keys)
        {
            if (known.TryGetValue((source, feature), out var level))
            {
                last[(source, feature)] = level;
                continue;
            }

            var stored = await session.Connection.QuerySingleOrDefaultAsync<int?>(
                """
                SELECT customer_level FROM event_levels WHERE source_id = @source AND feature_id = @feature
                ORDER BY from_at DESC LIMIT 1
                """,
                new { source, feature },
                session.Transaction);
            if (stored is { } found)
                last[(source, feature)] = found == 1;
        }

        return last;
    }

    private static async Task<Dictionary<(int, string), bool>> LastAsync(
        Session session, (int Source, string Feature)[] asked, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT k.n, l.customer_level FROM unnest($1, $2) WITH ORDINALITY AS k(s, f, n)
            JOIN LATERAL (
              SELECT customer_level FROM event_levels WHERE source_id = k.s AND feature_id = k.f
              ORDER BY from_at DESC LIMIT 1) l ON true
            """,
            (NpgsqlConnection)session.Connection);
        command.Parameters.Add(new NpgsqlParameter<int[]>
        {
            TypedValue = [.. asked.Select(k => k.Source)],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer,
        });
        command.Parameters.Add(new NpgsqlParameter<string[]>
        {
            TypedValue = [.. asked.Select(k => k.Feature)],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
        });
        var last = new Dictionary<(int, string), bool>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            last[asked[(int)reader.GetInt64(0) - 1]] = reader.GetInt32(1) == 1;
        return last;
    }
}

/// <summary>The last entries as committed, for all who store events in this process.</summary>
public sealed class KnownEventLevels
{
    internal ConcurrentDictionary<(int Source, string Feature), bool> Known { get; } = new();
}
