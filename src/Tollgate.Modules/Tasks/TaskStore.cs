using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Tasks;

/// <summary>
/// Rows of tasks and of their failed items. A claim holds a task until its lease ends; on PostgreSQL nodes skip what
/// others are claiming. Leases run in real time, whatever an environment's clock shows.
/// </summary>
public sealed class TaskStore(AccountDirectory directory, TimeProvider time)
{
    /// <summary>How long a claim lasts without a renewal.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    /// <summary>A task that got no further in this many claims is given up.</summary>
    public const int MaxAttempts = 15;

    /// <summary>How many tasks, and how many failures, one batch of a sweep deletes at most.</summary>
    internal const int SweptTasks = 100;
    internal const int SweptFailures = 1_000;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private const string Open = "status IN ('Pending', 'InProgress')";

    private const string Due = """
        ((status = 'Pending' AND available_at <= @now) OR (status = 'InProgress' AND lease_until <= @now))
        """;

    private const string Columns = """
        uid AS Uid, environment_id AS EnvironmentId, kind AS Kind, status AS Status, total AS Total, done AS Done,
        failed AS Failed, item_position AS Position, attempts AS Attempts, version AS Version, created_at AS CreatedAt,
        started_at AS StartedAt, finished_at AS FinishedAt, error AS Error, body AS Body
        """;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

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
                now = Now,
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

    /// <summary>A look without a lock: whether a claim would find something.</summary>
    public async Task<bool> AnyDueAsync(Session session) => await session.Connection.ExecuteScalarAsync<long?>(
        $"SELECT 1 FROM tasks WHERE {Due} LIMIT 1", new { now = Now }, session.Transaction) is not null;

    /// <summary>
    /// Takes the oldest task that is due, or null. Tasks that were claimed too often without getting on are given up.
    /// </summary>
    public async Task<EnvironmentTask?> ClaimAsync(Session session)
    {
        var skip = session.Kind == DatabaseKind.PostgreSql ? "FOR UPDATE SKIP LOCKED" : "";
        while (await session.Connection.QueryFirstOrDefaultAsync<Row>(
            $"SELECT {Columns} FROM tasks WHERE {Due} ORDER BY seq LIMIT 1 {skip}",
            new { now = Now },
            session.Transaction) is { } row)
        {
            var environment = new EnvironmentId((int)row.EnvironmentId);
            var present = directory.Now(environment).ToUnixTimeMilliseconds();
            if (row.Attempts < MaxAttempts)
                return await TakeAsync(session, row, present);
            await session.Connection.ExecuteAsync(
                """
                UPDATE tasks SET status = 'Failed', lease_until = NULL, finished_at = @present,
                  error = COALESCE(error, @error)
                WHERE uid = @uid
                """,
                new
                {
                    uid = row.Uid,
                    present,
                    error = $"It was begun {row.Attempts} times without getting on; the server's log may say why.",
                },
                session.Transaction);
        }

        return null;
    }

    /// <summary>Lengthens the claim.</summary>
    public Task RenewAsync(Session session, EnvironmentTask task) => UpdateAsync(
        session, task, "lease_until = @lease", new { lease = Now + (long)Lease.TotalMilliseconds });

    /// <summary>One item more is done or failed, when the transaction commits.</summary>
    internal Task ProgressAsync(Session session, EnvironmentTask task, TaskItem item, bool isFailed) => UpdateAsync(
        session,
        task,
        $"{(isFailed ? "failed = failed + 1" : "done = done + 1")}, item_position = @position, attempts = 0",
        new { position = item.Position });

    /// <summary>The task has ended, well or badly as its items did, when the transaction commits.</summary>
    internal Task FinishAsync(Session session, EnvironmentTask task, Instant at) => UpdateAsync(
        session,
        task,
        """
        status = CASE WHEN failed = 0 THEN 'Completed' WHEN done = 0 THEN 'Failed' ELSE 'PartiallyFailed' END,
        total = done + failed, lease_until = NULL, error = NULL, finished_at = @at
        """,
        new { at = at.ToUnixTimeMilliseconds() });

    /// <summary>Puts a task that failed back for later: each failure doubles the pause, up to a minute.</summary>
    public Task RescheduleAsync(Session session, EnvironmentTask task, string error)
    {
        var doubled = TimeSpan.FromSeconds(1 << Math.Min(task.Attempts - 1, 10));
        var pause = doubled < LongestPause ? doubled : LongestPause;
        return UpdateAsync(
            session,
            task,
            "status = 'Pending', lease_until = NULL, available_at = @available, error = @error",
            new { available = Now + (long)pause.TotalMilliseconds, error });
    }

    internal Task InsertFailureAsync(
        Session session, EnvironmentTask task, string itemId, Refusal refusal, Instant at) =>
        session.Connection.ExecuteAsync(
            """
            INSERT INTO task_failures (uid, environment_id, task_uid, item_id, code, message, created_at)
            VALUES (@uid, @environment, @task, @item, @code, @message, @at)
            """,
            new
            {
                uid = Guid.CreateVersion7(),
                environment = task.EnvironmentId.Value,
                task = task.Uid,
                item = itemId,
                code = refusal.Code.ToString(),
                message = refusal.Message,
                at = at.ToUnixTimeMilliseconds(),
            },
            session.Transaction);

    internal async Task<TaskReport?> FindAsync(Session session, EnvironmentId environment, Guid uid) =>
        (await session.Connection.QuerySingleOrDefaultAsync<Row>(
            $"SELECT {Columns} FROM tasks WHERE environment_id = @environment AND uid = @uid",
            new { environment = environment.Value, uid },
            session.Transaction))?.ToReport();

    /// <summary>Newest first.</summary>
    internal async Task<Result<Page<TaskReport>>> PageAsync(
        Session session, EnvironmentId environment, TaskFilter filter, PageRequest request)
    {
        var query = new RowQuery()
            .AndIf("kind = @kind", "kind", filter.Kind)
            .AndAny("status", "status", filter.States?.Select(s => s.ToString()).ToArray());
        var page = await query.PageAsync<Row>(session, "tasks", Columns, environment.Value, request, row => row.Uid);
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

    private async Task<EnvironmentTask> TakeAsync(Session session, Row row, long present)
    {
        var task = new EnvironmentTask(
            row.Uid,
            new((int)row.EnvironmentId),
            row.Kind,
            row.Body,
            row.Position,
            (int)row.Version + 1,
            (int)row.Attempts + 1);
        await session.Connection.ExecuteAsync(
            """
            UPDATE tasks SET status = 'InProgress', lease_until = @lease, version = @claim, attempts = @attempts,
              started_at = COALESCE(started_at, @present)
            WHERE uid = @uid
            """,
            new
            {
                uid = task.Uid,
                lease = Now + (long)Lease.TotalMilliseconds,
                claim = task.Claim,
                attempts = task.Attempts,
                present,
            },
            session.Transaction);
        return task;
    }

    /// <exception cref="TaskStoppedException">It was canceled, or another run has the task.</exception>
    private static async Task UpdateAsync(Session session, EnvironmentTask task, string set, object parameters)
    {
        var all = new DynamicParameters(parameters);
        all.Add("uid", task.Uid);
        all.Add("claim", task.Claim);
        if (await session.Connection.ExecuteAsync(
            $"UPDATE tasks SET {set} WHERE uid = @uid AND version = @claim AND status = 'InProgress'",
            all,
            session.Transaction) != 1)
        {
            throw new TaskStoppedException(task);
        }
    }

    private sealed class Row
    {
        public Guid Uid { get; set; }
        public long EnvironmentId { get; set; }
        public string Kind { get; set; } = "";
        public string Status { get; set; } = "";
        public long Total { get; set; }
        public long Done { get; set; }
        public long Failed { get; set; }
        public long Position { get; set; }
        public long Attempts { get; set; }
        public long Version { get; set; }
        public long CreatedAt { get; set; }
        public long? StartedAt { get; set; }
        public long? FinishedAt { get; set; }
        public string? Error { get; set; }
        public string Body { get; set; } = "";

        public TaskReport ToReport() => new()
        {
            Uid = Uid,
            Kind = Kind,
            State = Enum.Parse<TaskState>(Status),
            Total = Total,
            Done = Done,
            Failed = Failed,
            Error = Error,
            CreatedAt = Instant.FromUnixTimeMilliseconds(CreatedAt),
            StartedAt = Of(StartedAt),
            FinishedAt = Of(FinishedAt),
        };

        private static Instant? Of(long? milliseconds) =>
            milliseconds is { } given ? Instant.FromUnixTimeMilliseconds(given) : null;
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
