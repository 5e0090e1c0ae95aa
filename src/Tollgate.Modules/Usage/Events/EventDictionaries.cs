using System.Collections.Concurrent;
using System.Text.Json;
using Dapper;
using Npgsql;
using Tollgate.Domain;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// The numbers of what repeats in events: who sent them, their names, the names of their dimensions. New ones are
/// stored in a transaction of their own before the events that need them: one that no event follows does no harm.
/// </summary>
public sealed class EventDictionaries(Database database)
{
    /// <summary>Shapes an environment may have; events of further ones carry their names themselves.</summary>
    internal const int MaxShapes = 10_000;

    /// <summary>The shape of events that carry the names of their dimensions.</summary>
    internal const int NoShape = 0;

    /// <summary>Sources kept in memory; beyond it they are forgotten and looked up again.</summary>
    private const int MaxSources = 1_000_000;

    private readonly ConcurrentDictionary<EventSource, int> _sources = new();
    private readonly ConcurrentDictionary<(int Environment, string Name), int> _names = new();
    private readonly ConcurrentDictionary<int, string> _nameTexts = new();
    private readonly ConcurrentDictionary<(int Environment, string Names), int> _shapes = new();
    private readonly ConcurrentDictionary<int, string[]> _shapeNames = new();

    /// <summary>Fills in the numbers of planned events.</summary>
    internal async ValueTask ResolveAsync(IReadOnlyList<PlannedEvent> events, CancellationToken cancellationToken)
    {
        if (TryResolve(events))
            return;
        await AddAsync(events, cancellationToken);
        if (!TryResolve(events))
            throw new InvalidOperationException("What was stored of an event's dictionaries is not there.");
    }

    internal async ValueTask<string> NameAsync(Session session, int id)
    {
        if (_nameTexts.TryGetValue(id, out var name))
            return name;
        name = await session.Connection.QuerySingleAsync<string>(
            "SELECT name FROM event_names WHERE seq = @id", new { id }, session.Transaction);
        return _nameTexts.GetOrAdd(id, name);
    }

    internal async ValueTask<EventDimensions> DimensionsAsync(Session session, int shape, byte[] bytes)
    {
        if (shape == NoShape)
            return DimensionCoding.DecodeNamed(bytes);
        if (!_shapeNames.TryGetValue(shape, out var names))
        {
            var json = await session.Connection.QuerySingleAsync<string>(
                "SELECT names FROM event_shapes WHERE seq = @shape", new { shape }, session.Transaction);
            names = _shapeNames.GetOrAdd(shape, JsonSerializer.Deserialize(json, BodyJson.Default.StringArray)!);
        }

        return DimensionCoding.Decode(names, bytes);
    }

    private bool TryResolve(IReadOnlyList<PlannedEvent> events)
    {
        string[]? lastNames = null;
        var lastShape = 0;
        foreach (var planned in events)
        {
            var reported = planned.Event;
            if (!_sources.TryGetValue(planned.Sender, out var source)
                || !_names.TryGetValue((planned.Sender.Environment, reported.Name), out var name))
            {
                return false;
            }

            var names = reported.Dimensions.Names;
            var shape = NoShape;
            if (names.Length > 0)
            {
                // Events of one call mostly look alike.
                if (lastNames is null || !names.AsSpan().SequenceEqual(lastNames))
                {
                    if (!_shapes.TryGetValue((planned.Sender.Environment, Json(names)), out lastShape))
                        return false;
                    lastNames = names;
                }

                shape = lastShape;
            }

            planned.Number(source, name, shape);
        }

        return true;
    }

    private async Task AddAsync(IReadOnlyList<PlannedEvent> events, CancellationToken cancellationToken)
    {
        if (_sources.Count > MaxSources)
            _sources.Clear();
        var sources = events.Select(e => e.Sender).Distinct().Where(s => !_sources.ContainsKey(s))
            .OrderBy(s => s.Customer, StringComparer.Ordinal).ThenBy(s => s.Resource, StringComparer.Ordinal).ToList();
        var names = events.Select(e => (e.Sender.Environment, e.Event.Name)).Distinct()
            .Where(n => !_names.ContainsKey(n)).Order().ToList();
        var shapes = events.Where(e => e.Event.Dimensions.Count > 0)
            .Select(e => (e.Sender.Environment, Names: Json(e.Event.Dimensions.Names))).Distinct()
            .Where(s => !_shapes.ContainsKey(s)).Order().ToList();
        var found = new List<Action>();
        await database.WriteAsync(
            [],
            async (session, _) =>
            {
                found.Clear();
                foreach (var (source, seq) in await AddSourcesAsync(session, sources))
                    found.Add(() => _sources[source] = seq);
                foreach (var (environment, name) in names)
                {
                    var id = await AddAsync(session, "event_names", "name", environment, name);
                    found.Add(() => _names[(environment, name)] = id);
                }

                foreach (var (environment, json) in shapes)
                {
                    var id = await AddShapeAsync(session, environment, json);
                    found.Add(() => _shapes[(environment, json)] = id);
                }

                return true;
            },
            cancellationToken);
        // Only what is committed is known.
        foreach (var keep in found)
            keep();
    }

    private static async Task<int> AddShapeAsync(Session session, int environment, string json)
    {
        var known = await session.Connection.QuerySingleOrDefaultAsync<int?>(
            "SELECT seq FROM event_shapes WHERE environment_id = @environment AND names = @json",
            new { environment, json },
            session.Transaction);
        if (known is { } id)
            return id;
        var count = await session.Connection.ExecuteScalarAsync<long>(
            "SELECT count(*) FROM event_shapes WHERE environment_id = @environment", new { environment },
            session.Transaction);
        return count >= MaxShapes ? NoShape : await AddAsync(session, "event_shapes", "names", environment, json);
    }

    private static async Task<int> AddAsync(
        Session session, string table, string column, int environment, string value)
    {
        var parameters = new { environment, value };
        await session.Connection.ExecuteAsync(
            $"INSERT INTO {table} (environment_id, {column}) VALUES (@environment, @value) ON CONFLICT DO NOTHING",
            parameters,
            session.Transaction);
        return await session.Connection.QuerySingleAsync<int>(
            $"SELECT seq FROM {table} WHERE environment_id = @environment AND {column} = @value",
            parameters,
            session.Transaction);
    }

    private static async Task<IReadOnlyList<(EventSource Source, int Seq)>> AddSourcesAsync(
        Session session, List<EventSource> sources)
    {
        var added = new List<(EventSource, int)>(sources.Count);
        if (sources.Count == 0)
            return added;
        if (session.Kind == DatabaseKind.PostgreSql)
        {
            const string rows = "unnest($1::int[], $2::text[], $3::text[]) WITH ORDINALITY AS k(e, c, r, n)";
            await using (var insert = Command(
                session,
                $"""
                INSERT INTO event_sources (environment_id, customer_id, resource_id)
                SELECT e, c, r FROM {rows} ORDER BY n ON CONFLICT DO NOTHING
                """,
                sources))
            {
                await insert.ExecuteNonQueryAsync();
            }

            await using var select = Command(
                session,
                $"""
                SELECT k.n, s.seq FROM {rows}
                JOIN event_sources s ON s.environment_id = k.e AND s.customer_id = k.c AND s.resource_id = k.r
                """,
                sources);
            await using var reader = await select.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                added.Add((sources[(int)reader.GetInt64(0) - 1], (int)reader.GetInt64(1)));
            return added;
        }

        foreach (var source in sources)
        {
            await session.Connection.ExecuteAsync(
                """
                INSERT INTO event_sources (environment_id, customer_id, resource_id)
                VALUES (@Environment, @Customer, @Resource) ON CONFLICT DO NOTHING
                """,
                source,
                session.Transaction);
            added.Add((source, await session.Connection.QuerySingleAsync<int>(
                """
                SELECT seq FROM event_sources
                WHERE environment_id = @Environment AND customer_id = @Customer AND resource_id = @Resource
                """,
                source,
                session.Transaction)));
        }

        return added;
    }

    private static NpgsqlCommand Command(Session session, string sql, List<EventSource> sources)
    {
        var command = new NpgsqlCommand(sql, (NpgsqlConnection)session.Connection);
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. sources.Select(s => s.Environment)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. sources.Select(s => s.Customer)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. sources.Select(s => s.Resource)] });
        return command;
    }

    private static string Json(string[] names) => JsonSerializer.Serialize(names, BodyJson.Default.StringArray);
}

/// <summary>Who sends an event; <paramref name="Resource"/> '' = no resource.</summary>
internal sealed record EventSource(int Environment, string Customer, string Resource);
