using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Dapper;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Storage;

namespace Tollgate.Modules.Rows;

/// <summary>An aggregate with the version of the row it was read from.</summary>
public sealed record Versioned<T>(T Value, long Version);

/// <summary>
/// Rows of one aggregate kind: the columns that are filtered, sorted or unique, a version, and the rest as a JSON body.
/// A store says which columns there are and writes its own conditions; how a row is inserted, replaced and paged is
/// said here.
/// </summary>
internal sealed class AggregateTable<T>(
    string table, JsonTypeInfo<T> json, Func<T, Guid> uid, params (string Name, Func<T, object?> Value)[] columns)
    where T : class
{
    private readonly string _insert = $"""
        INSERT INTO {table} (uid, environment_id, version, body, {string.Join(", ", columns.Select(c => c.Name))})
        VALUES (@uid, @environment, 1, @body, {string.Join(", ", columns.Select(c => "@" + c.Name))})
        """;

    private readonly string _update = $"""
        UPDATE {table} SET version = version + 1, body = @body,
        {string.Join(", ", columns.Select(c => $"{c.Name} = @{c.Name}"))}
        WHERE environment_id = @environment AND uid = @uid AND version = @version
        """;

    private readonly Func<T, object?>? _keptOf;

    /// <summary>
    /// The column of text by whose value rows are kept for the rest of a session once they were read
    /// (<see cref="ListKeptAsync"/>); null = none are. Those who change a row hold the lock of what the column names.
    /// </summary>
    public string? KeptBy
    {
        get;
        init
        {
            field = value;
            _keptOf = columns.First(c => c.Name == value).Value;
        }
    }

    /// <summary>Runs after each write, in its transaction; null = nothing follows from one.</summary>
    public Func<Session, EnvironmentId, Task>? Written { get; init; }

    public async Task InsertAsync(Session session, EnvironmentId environment, T value)
    {
        await session.Connection.ExecuteAsync(_insert, Parameters(session, environment, value), session.Transaction);
        Forget(session, environment, value);
        await ToldAsync(session, environment);
    }

    /// <summary>The same for several, in one round trip where there are any: not on SQLite.</summary>
    public async Task InsertAsync(Session session, EnvironmentId environment, IReadOnlyList<T> values)
    {
        if (session.Kind == DatabaseKind.Sqlite || values.Count < 2)
        {
            foreach (var value in values)
                await InsertAsync(session, environment, value);
            return;
        }

        await using var batch = session.Connection.CreateBatch();
        batch.Transaction = session.Transaction;
        foreach (var value in values)
        {
            var command = batch.CreateBatchCommand();
            command.CommandText = _insert;
            var parameters = Parameters(session, environment, value);
            foreach (var name in parameters.ParameterNames)
            {
                var parameter = command.CreateParameter();
                parameter.ParameterName = name;
                parameter.Value = parameters.Get<object?>(name) ?? DBNull.Value;
                command.Parameters.Add(parameter);
            }

            batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync();
        foreach (var value in values)
            Forget(session, environment, value);
        await ToldAsync(session, environment);
    }

    /// <exception cref="InvalidOperationException">The row changed since it was read: a lock was forgotten.</exception>
    public async Task UpdateAsync(Session session, EnvironmentId environment, Versioned<T> read, T value)
    {
        var parameters = Parameters(session, environment, value);
        parameters.Add("version", read.Version);
        if (await session.Connection.ExecuteAsync(_update, parameters, session.Transaction) != 1)
            throw new InvalidOperationException($"A row of {table} changed while it was locked: {uid(value)}.");
        Forget(session, environment, read.Value);
        Forget(session, environment, value);
        await ToldAsync(session, environment);
    }

    public async Task DeleteAsync(Session session, EnvironmentId environment, T value)
    {
        await session.Connection.ExecuteAsync(
            $"DELETE FROM {table} WHERE environment_id = @environment AND uid = @uid",
            new { environment = environment.Value, uid = uid(value) },
            session.Transaction);
        Forget(session, environment, value);
        await ToldAsync(session, environment);
    }

    /// <summary>The one row the condition names, or null.</summary>
    public async Task<Versioned<T>?> FindAsync(
        Session session, EnvironmentId environment, string condition, object parameters) =>
        (await ListAsync(session, environment, condition, parameters)).FirstOrDefault();

    /// <summary>Every row the condition names, oldest first.</summary>
    public async Task<IReadOnlyList<Versioned<T>>> ListAsync(
        Session session, EnvironmentId environment, string condition, object parameters)
    {
        var all = new DynamicParameters(parameters);
        all.Add("environment", environment.Value);
        var rows = await session.Connection.QueryAsync<Row>(
            $"SELECT uid, version, body FROM {table} WHERE environment_id = @environment AND {condition} ORDER BY seq",
            all,
            session.Transaction);
        return [.. rows.Select(row => Read(session, row))];
    }

    /// <summary>Every row with this value of <see cref="KeptBy"/>, oldest first; the session reads them once.</summary>
    public async ValueTask<IReadOnlyList<Versioned<T>>> ListKeptAsync(
        Session session, EnvironmentId environment, string value)
    {
        var key = new KeptKey(table, environment, value);
        if (session.Notes.TryGetValue(key, out var kept))
            return (IReadOnlyList<Versioned<T>>)kept!;
        var rows = await ListAsync(session, environment, $"{KeptBy} = @value", new { value });
        session.Notes[key] = rows;
        return rows;
    }

    /// <summary>
    /// Reads for <see cref="ListKeptAsync"/> ahead and together, where asking costs more than the answer: not
    /// on SQLite.
    /// </summary>
    public async Task KeepAsync(Session session, EnvironmentId environment, IReadOnlyCollection<string> values)
    {
        if (session.Kind == DatabaseKind.Sqlite || values.Count < 2)
            return;
        var rows = await ListAsync(session, environment, $"{KeptBy} = ANY(@values)", new { values = values.ToArray() });
        var byValue = rows.ToLookup(row => (string?)_keptOf!(row.Value), StringComparer.Ordinal);
        foreach (var value in values)
            session.Notes.TryAdd(new KeptKey(table, environment, value), (List<Versioned<T>>)[.. byValue[value]]);
    }

    public async Task<Result<Page<T>>> PageAsync(
        Session session, EnvironmentId environment, RowQuery query, PageRequest request)
    {
        var page = await query.PageAsync<Row>(
            session, table, "uid, version, body", environment.Value, request, row => row.Uid);
        return page.Map(p => p.Map(row => Read(session, row).Value));
    }

    private void Forget(Session session, EnvironmentId environment, T value)
    {
        if (_keptOf is not null)
            session.Notes.Remove(new KeptKey(table, environment, (string?)_keptOf(value)));
    }

    private Task ToldAsync(Session session, EnvironmentId environment) =>
        Written?.Invoke(session, environment) ?? Task.CompletedTask;

    private Versioned<T> Read(Session session, Row row)
    {
        var value = JsonSerializer.Deserialize(row.Body, json)!;
        BodyTexts.Keep(session, value, row.Body);
        return new(value, row.Version);
    }

    private DynamicParameters Parameters(Session session, EnvironmentId environment, T value)
    {
        var parameters = new DynamicParameters();
        parameters.Add("environment", environment.Value);
        parameters.Add("uid", uid(value));
        parameters.Add("body", BodyTexts.Write(session, value, json));
        foreach (var (name, read) in columns)
            parameters.Add(name, read(value));
        return parameters;
    }

    internal sealed class Row
    {
        public Guid Uid { get; set; }
        public long Version { get; set; }
        public string Body { get; set; } = "";
    }

    private sealed record KeptKey(string Table, EnvironmentId Environment, string? Value);
}
