using System.Text.Json;
using Dapper;
using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Storage;

namespace Tollgate.Modules.Rows;

/// <summary>
/// The WHERE clause and the parameters of one list query. Conditions are hand-written SQL; values travel as
/// parameters only.
/// </summary>
internal sealed class RowQuery
{
    private readonly List<string> _conditions = [];

    public DynamicParameters Parameters { get; } = new();

    public string Where => string.Join(" AND ", _conditions);

    public RowQuery And(string condition, string name, object? value)
    {
        _conditions.Add(condition);
        Parameters.Add(name, value);
        return this;
    }

    public RowQuery And(string condition)
    {
        _conditions.Add(condition);
        return this;
    }

    /// <summary>Adds the condition only when there is a value to compare with.</summary>
    public RowQuery AndIf(string condition, string name, object? value) =>
        value is null ? this : And(condition, name, value);

    /// <summary>Adds <c>column IN (...)</c> when at least one value is given.</summary>
    public RowQuery AndAny(string column, string name, IReadOnlyCollection<string>? values)
    {
        if (values is null || values.Count == 0)
            return this;
        var names = values.Select((value, i) =>
        {
            Parameters.Add($"{name}{i}", value);
            return $"@{name}{i}";
        });
        return And($"{column} IN ({string.Join(", ", names)})");
    }

    /// <summary>
    /// The same as one parameter, for hot paths: the text does not change with the number of values, so that it is
    /// prepared once.
    /// </summary>
    public RowQuery AndAnyOf(DatabaseKind kind, string column, string name, string[] values) =>
        kind == DatabaseKind.PostgreSql
        ? And($"{column} = ANY(@{name})", name, values)
        : And(
            $"{column} IN (SELECT value FROM json_each(@{name}))",
            name,
            JsonSerializer.Serialize(values, BodyJson.Default.StringArray));

    public RowQuery AndCreated(CreatedRange range, string column = "created_at") => this
        .AndIf($"{column} > @created_gt", "created_gt", Milliseconds(range.After))
        .AndIf($"{column} >= @created_gte", "created_gte", Milliseconds(range.From))
        .AndIf($"{column} < @created_lt", "created_lt", Milliseconds(range.Before))
        .AndIf($"{column} <= @created_lte", "created_lte", Milliseconds(range.To));

    /// <summary>
    /// One page of <paramref name="columns"/> from <paramref name="table"/>, newest first by its row number. The cursor
    /// names a row of the same environment, which may itself have left the filter since.
    /// </summary>
    public async Task<Result<Page<TRow>>> PageAsync<TRow>(
        Session session, string table, string columns, int environment, PageRequest request, Func<TRow, Guid> uid)
    {
        var backwards = request.Before is not null;
        var cursor = request.After ?? request.Before;
        if (cursor is not null)
        {
            var seq = await session.Connection.ExecuteScalarAsync<long?>(
                $"SELECT seq FROM {table} WHERE environment_id = @environment AND uid = @uid",
                new { environment, uid = cursor.Value },
                session.Transaction);
            if (seq is null)
                return PageCut.UnknownCursor(backwards, cursor.Value.ToString());
            And(backwards ? "seq > @seq" : "seq < @seq", "seq", seq.Value);
        }

        And("environment_id = @environment", "environment", environment);
        Parameters.Add("take", request.Limit + 1);
        var rows = (await session.Connection.QueryAsync<TRow>(
            $"SELECT {columns} FROM {table} WHERE {Where} ORDER BY seq {(backwards ? "ASC" : "DESC")} LIMIT @take",
            Parameters,
            session.Transaction)).AsList();
        var (hasNext, hasPrevious) = PageCut.Take(rows, request.Limit, backwards, cursor is not null);
        return new Page<TRow>(rows, hasNext ? uid(rows[^1]) : null, hasPrevious ? uid(rows[0]) : null);
    }

    private static long? Milliseconds(Instant? instant) => instant?.ToUnixTimeMilliseconds();
}
