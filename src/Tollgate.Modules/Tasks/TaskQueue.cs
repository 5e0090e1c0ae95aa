using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Accounts;
using Tollgate.Storage;

namespace Tollgate.Modules.Tasks;

/// <summary>
/// The rows of <see cref="TaskStore"/> as runners take them. A claim holds a task until its lease ends; on PostgreSQL
/// nodes skip what others are claiming. Leases run in real time, whatever an environment's clock shows.
/// </summary>
public sealed class TaskQueue(AccountDirectory directory, TimeProvider time)
{
    /// <summary>How long a claim lasts without a renewal.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    /// <summary>A task that got no further in this many claims is given up.</summary>
    public const int MaxAttempts = 15;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private const string Due = """
        ((status = 'Pending' AND available_at <= @now) OR (status = 'InProgress' AND lease_until <= @now))
        """;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>A look without a lock: whether a claim would find something.</summary>
    public async Task<bool> AnyDueAsync(Session session) => await session.Connection.ExecuteScalarAsync<long?>(
        $"SELECT 1 FROM tasks WHERE {Due} LIMIT 1", new { now = Now }, session.Transaction) is not null;

    /// <summary>
    /// Takes the oldest task that is due, or null. Tasks that were claimed too often without getting on are given up.
    /// </summary>
    public async Task<EnvironmentTask?> ClaimAsync(Session session)
    {
        var skip = session.Kind == DatabaseKind.PostgreSql ? "FOR UPDATE SKIP LOCKED" : "";
        while (await session.Connection.QueryFirstOrDefaultAsync<TaskRow>(
            $"SELECT {TaskRow.Columns} FROM tasks WHERE {Due} ORDER BY seq LIMIT 1 {skip}",
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

    private async Task<EnvironmentTask> TakeAsync(Session session, TaskRow row, long present)
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
}
