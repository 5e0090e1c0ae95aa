using Dapper;
using Tollgate.Domain;
using Tollgate.Storage;

namespace Tollgate.Modules.Tasks;

/// <summary>
/// Rows of tasks. A claim holds a task until its lease ends; on PostgreSQL nodes skip what others are claiming. Leases
/// run in real time, whatever an environment's clock shows.
/// </summary>
public sealed class TaskStore(TimeProvider time)
{
    /// <summary>How long a claim lasts without a renewal.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private const string Due = """
        ((status = 'Pending' AND available_at <= @now) OR (status = 'InProgress' AND lease_until <= @now))
        """;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Adds a task that may run once the transaction commits; its id.</summary>
    public async Task<Guid> EnqueueAsync(Session session, OperationScope scope, string kind, string body)
    {
        var uid = Guid.CreateVersion7();
        await session.Connection.ExecuteAsync(
            """
            INSERT INTO tasks (uid, environment_id, kind, status, available_at, lease_until, created_at, version, body)
            VALUES (@uid, @environment, @kind, 'Pending', @now, NULL, @created, 0, @body)
            """,
            new
            {
                uid,
                environment = scope.EnvironmentId.Value,
                kind,
                now = Now,
                created = scope.Now.ToUnixTimeMilliseconds(),
                body,
            },
            session.Transaction);
        return uid;
    }

    /// <summary>The bodies of the tasks of a kind that are not completed, oldest first.</summary>
    public async Task<IReadOnlyList<string>> ListOpenAsync(Session session, EnvironmentId environment, string kind) =>
        [.. await session.Connection.QueryAsync<string>(
            """
            SELECT body FROM tasks
            WHERE environment_id = @environment AND kind = @kind AND status <> 'Completed' ORDER BY seq
            """,
            new { environment = environment.Value, kind },
            session.Transaction)];

    /// <summary>A look without a lock: whether a claim would find something.</summary>
    public async Task<bool> AnyDueAsync(Session session) => await session.Connection.ExecuteScalarAsync<long?>(
        $"SELECT 1 FROM tasks WHERE {Due} LIMIT 1", new { now = Now }, session.Transaction) is not null;

    /// <summary>Takes the oldest task that is due, or null.</summary>
    public async Task<EnvironmentTask?> ClaimAsync(Session session)
    {
        var skip = session.Kind == DatabaseKind.PostgreSql ? "FOR UPDATE SKIP LOCKED" : "";
        var row = await session.Connection.QuerySingleOrDefaultAsync<Row>(
            $"""
            SELECT uid AS Uid, environment_id AS EnvironmentId, kind AS Kind, body AS Body, version AS Version
            FROM tasks WHERE {Due} ORDER BY seq LIMIT 1 {skip}
            """,
            new { now = Now },
            session.Transaction);
        if (row is null)
            return null;
        var task = new EnvironmentTask(row.Uid, new((int)row.EnvironmentId), row.Kind, row.Body, (int)row.Version + 1);
        await session.Connection.ExecuteAsync(
            "UPDATE tasks SET status = 'InProgress', lease_until = @lease, version = @claim WHERE uid = @uid",
            new { uid = task.Uid, lease = Now + (long)Lease.TotalMilliseconds, claim = task.Claim },
            session.Transaction);
        return task;
    }

    /// <summary>Lengthens the claim.</summary>
    public Task RenewAsync(Session session, EnvironmentTask task) => UpdateAsync(
        session, task, "lease_until = @lease", new { lease = Now + (long)Lease.TotalMilliseconds });

    /// <summary>The task is done when the transaction commits.</summary>
    public Task CompleteAsync(Session session, EnvironmentTask task) =>
        UpdateAsync(session, task, "status = 'Completed', lease_until = NULL", new { });

    /// <summary>Puts a task that failed back for later: each failure doubles the pause, up to a minute.</summary>
    public Task RescheduleAsync(Session session, EnvironmentTask task)
    {
        var doubled = TimeSpan.FromSeconds(1 << Math.Min(task.Claim - 1, 10));
        var pause = doubled < LongestPause ? doubled : LongestPause;
        return UpdateAsync(
            session,
            task,
            "status = 'Pending', lease_until = NULL, available_at = @available",
            new { available = Now + (long)pause.TotalMilliseconds });
    }

    /// <exception cref="InvalidOperationException">The claim was lost: another run has the task.</exception>
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
            throw new InvalidOperationException(
                $"The claim {task.Claim} on task {task.Uid} was lost; its lease had run out.");
        }
    }

    private sealed class Row
    {
        public Guid Uid { get; set; }
        public long EnvironmentId { get; set; }
        public string Kind { get; set; } = "";
        public string Body { get; set; } = "";
        public long Version { get; set; }
    }
}
