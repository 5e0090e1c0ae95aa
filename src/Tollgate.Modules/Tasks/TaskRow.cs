using NodaTime;

namespace Tollgate.Modules.Tasks;

/// <summary>A row of tasks.</summary>
internal sealed class TaskRow
{
    public const string Columns = """
        uid AS Uid, environment_id AS EnvironmentId, kind AS Kind, status AS Status, total AS Total, done AS Done,
        failed AS Failed, item_position AS Position, attempts AS Attempts, version AS Version, created_at AS CreatedAt,
        started_at AS StartedAt, finished_at AS FinishedAt, error AS Error, body AS Body
        """;

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
