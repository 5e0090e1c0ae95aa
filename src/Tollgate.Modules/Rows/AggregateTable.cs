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
/// Rows of one aggregate kind: the columns that are filtered, sorted or unique, a version, and the rest as a JSON body. A
/// store says which columns there are and writes its own conditions; how a row is inserted, replaced and paged is said here.
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

    public Task InsertAsync(Session session, EnvironmentId environment, T value) =>
        session.Connection.ExecuteAsync(_insert, Parameters(environment, value), session.Transaction);

    /// <exception cref="InvalidOperationException">The row changed since it was read: a lock was forgotten.</exception>
    public async Task UpdateAsync(Session session, EnvironmentId environment, Versioned<T> read, T value)
    {
        var parameters = Parameters(environment, value);
        parameters.Add("version", read.Version);
        if (await session.Connection.ExecuteAsync(_update, parameters, session.Transaction) != 1)
            throw new InvalidOperationException($"A row of {table} changed while it was locked: {uid(value)}.");
    }

    public Task DeleteAsync(Session session, EnvironmentId environment, T value) => session.Connection.ExecuteAsync(
        $"DELETE FROM {table} WHERE environment_id = @environment AND uid = @uid",
        new { environment = environment.Value, uid = uid(value) },
        session.Transaction);

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
        return [.. rows.Select(Read)];
    }

    public async Task<Result<Page<T>>> PageAsync(
        Session session, EnvironmentId environment, RowQuery query, PageRequest request)
    {
        var page = await query.PageAsync<Row>(
            session, table, "uid, version, body", environment.Value, request, row => row.Uid);
        return page.Map(p => p.Map(row => Read(row).Value));
    }

    private Versioned<T> Read(Row row) => new(JsonSerializer.Deserialize(row.Body, json)!, row.Version);

    private DynamicParameters Parameters(EnvironmentId environment, T value)
    {
        var parameters = new DynamicParameters();
        parameters.Add("environment", environment.Value);
        parameters.Add("uid", uid(value));
        parameters.Add("body", JsonSerializer.Serialize(value, json));
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
}
