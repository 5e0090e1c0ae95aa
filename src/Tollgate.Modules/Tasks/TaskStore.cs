using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Tasks;

/// <summary>
/// Rows of tasks and of their failed items, as those see them who ask for tasks and look after them.
/// </summary>
public sealed class TaskStore(TimeProvider time)
{
    /// <summary>How many tasks, and how many failures, one batch of a sweep deletes at most.</summary>
    internal const int SweptTasks = 100;
    internal const int SweptFailures = 1_000;

    private const string Open = "status IN ('Pending', 'InProgress')";

    /// <summary>Adds a task that may run once the transaction commits; its id.</summary>
    /// <param name="session">The caller's transaction.</param>
    /// <param name="scope">Whose task it is.</param>
    /// <param name="kind">Which handler does it.</param>
    /// <param name="body">What the handler reads.</param>
    /// <param name="total">How many items there are to do.</param>
    public async Task<Guid> EnqueueAsync(Session session, OperationScope scope, string kind, string body, long total)
    {
        var uid = Guid.CreateVersion7();
        await session.Connection.ExecuteAsync(
            """
            INSERT INTO tasks
              (uid, environment_id, kind, status, available_at, lease_until, created_at, version, body, total)
            VALUES (@uid, @environment, @kind, 'Pending', @now, NULL, @created, 0, @body, @total)
            """,
            new
            {
                uid,
                environment = scope.EnvironmentId.Value,
                kind,
                now = time.GetUtcNow().ToUnixTimeMilliseconds(),
                created = scope.Now.ToUnixTimeMilliseconds(),
                body,
                total,
            },
            session.Transaction);
        return uid;
    }

    /// <summary>The bodies of the tasks of a kind that have not ended, oldest first.</summary>
    public async Task<IReadOnlyList<string>> ListOpenAsync(Session session, EnvironmentId environment, string kind) =>
        [.. await session.Connection.QueryAsync<string>(
            $"SELECT body FROM tasks WHERE environment_id = @environment AND kind = @kind AND {Open} ORDER BY seq",
            new { environment = environment.Value, kind },
            session.Transaction)];

    internal async Task<TaskReport?> FindAsync(Session session, EnvironmentId environment, Guid uid) =>
        (await session.Connection.QuerySingleOrDefaultAsync<TaskRow>(
            $"SELECT {TaskRow.Columns} FROM tasks WHERE environment_id = @environment AND uid = @uid",
            new { environment = environment.Value, uid },
            session.Transaction))?.ToReport();

    /// <summary>Newest first.</summary>
    internal async Task<Result<Page<TaskReport>>> PageAsync(
        Session session, EnvironmentId environment, TaskFilter filter, PageRequest request)
    {
        var query = new RowQuery()
            .AndIf("kind = @kind", "kind", filter.Kind)
            .AndAny("status", "status", filter.States?.Select(s => s.ToString()).ToArray());
        var page = await query.PageAsync<TaskRow>(
            session, "tasks", TaskRow.Columns, environment.Value, request, row => row.Uid);
        return page.Map(p => p.Map(row => row.ToReport()));
    }

    /// <summary>Newest first.</summary>
    internal async Task<Result<Page<TaskFailure>>> PageFailuresAsync(
        Session session, EnvironmentId environment, Guid task, PageRequest request)
    {
        var query = new RowQuery().And("task_uid = @task", "task", task);
        var page = await query.PageAsync<FailureRow>(
            session,
            "task_failures",
            "uid AS Uid, item_id AS ItemId, code AS Code, message AS Message, created_at AS CreatedAt",
            environment.Value,
            request,
            row => row.Uid);
        return page.Map(p => p.Map(row => new TaskFailure(
            row.Uid, row.ItemId, row.Code, row.Message, Instant.FromUnixTimeMilliseconds(row.CreatedAt))));
    }

    /// <summary>Stops a task that has not ended: its run finds out before its next item.</summary>
    internal Task CancelAsync(Session session, EnvironmentId environment, Guid uid, Instant at) =>
        session.Connection.ExecuteAsync(
            $"""
            UPDATE tasks SET status = 'Canceled', lease_until = NULL, finished_at = @at
            WHERE environment_id = @environment AND uid = @uid AND {Open}
            """,
            new { environment = environment.Value, uid, at = at.ToUnixTimeMilliseconds() },
            session.Transaction);

    /// <summary>When the task of the environment ended that ended first; null when none has.</summary>
    internal async Task<Instant?> EarliestEndAsync(Session session, EnvironmentId environment)
    {
        var ended = await session.Connection.ExecuteScalarAsync<long?>(
            "SELECT MIN(finished_at) FROM tasks WHERE environment_id = @environment AND finished_at IS NOT NULL",
            new { environment = environment.Value },
            session.Transaction);
        return ended is { } milliseconds ? Instant.FromUnixTimeMilliseconds(milliseconds) : null;
    }

    /// <summary>
    /// Deletes some of the tasks that ended at <paramref name="until"/> or before, oldest first, or only some of their
    /// failures when there are many: a task goes with its last one. The caller holds the lock of sweeping.
    /// </summary>
    internal static async Task<Swept> SweepAsync(Session session, EnvironmentId environment, Instant until)
    {
        const string expired = """
            SELECT uid FROM tasks WHERE environment_id = @environment AND finished_at <= @until
            ORDER BY finished_at, seq LIMIT @tasks
            """;
        var parameters = new
        {
            environment = environment.Value,
            until = until.ToUnixTimeMilliseconds(),
            tasks = SweptTasks,
            failures = SweptFailures,
        };
        var failures = await session.Connection.ExecuteAsync(
            $"""
            DELETE FROM task_failures WHERE environment_id = @environment AND uid IN (
              SELECT uid FROM task_failures WHERE environment_id = @environment AND task_uid IN ({expired})
              LIMIT @failures)
            """,
            parameters,
            session.Transaction);
        if (failures == SweptFailures)
            return new(0, failures);
        return new(
            await session.Connection.ExecuteAsync(
                $"DELETE FROM tasks WHERE environment_id = @environment AND uid IN ({expired})",
                parameters,
                session.Transaction),
            failures);
    }

    /// <summary>What one batch deleted.</summary>
    internal readonly record struct Swept(int Tasks, int Failures)
    {
        public bool MayHaveMore => Tasks == SweptTasks || Failures == SweptFailures;
    }

    private sealed class FailureRow
    {
        public Guid Uid { get; set; }
        public string ItemId { get; set; } = "";
        public string Code { get; set; } = "";
        public string Message { get; set; } = "";
        public long CreatedAt { get; set; }
    }
}
