using System.Text.Json.Serialization;
using Tollgate.Contracts;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Modules.Tasks;

namespace Tollgate.Server.Rest.Tasks;

/// <summary>Schema <c>TollgateTask</c>.</summary>
public sealed record RestTask
{
    public required Guid Id { get; init; }
    public required string Type { get; init; }
    public required string Status { get; init; }
    public required RestTaskProgress Progress { get; init; }
    public required string? Error { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required WireInstant? StartedAt { get; init; }
    public required WireInstant? FinishedAt { get; init; }
}

/// <summary>How many items there are, are done and could not be done.</summary>
public sealed record RestTaskProgress(long Total, long Done, long Failed);

/// <summary>Schema <c>TollgateTaskFailure</c>.</summary>
public sealed record RestTaskFailure(string ItemId, string Code, string Message, WireInstant OccurredAt);

/// <summary>Source-generated JSON of tasks. Use <see cref="Wire"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RestData<RestTask>))]
[JsonSerializable(typeof(RestPage<RestTask>))]
[JsonSerializable(typeof(RestPage<RestTaskFailure>))]
internal sealed partial class TaskJson : JsonSerializerContext
{
    public static TaskJson Wire => field ??= new(WireOptions.Of(Default.Options));
}

/// <summary>Tasks as they are answered.</summary>
internal static class TaskWire
{
    public static RestTask ToRest(TaskReport task) => new()
    {
        Id = task.Uid,
        // A release after this one may have left a kind that this one does not know.
        Type = Enum.TryParse<TaskType>(task.Kind, out var type) ? Wire.Symbol(type) : task.Kind,
        Status = Wire.Symbol(task.State),
        Progress = new(task.Total, task.Done, task.Failed),
        Error = task.Error,
        CreatedAt = Wire.Instant(task.CreatedAt),
        StartedAt = Wire.Instant(task.StartedAt),
        FinishedAt = Wire.Instant(task.FinishedAt),
    };

    public static RestTaskFailure ToRest(TaskFailure failure) =>
        new(failure.ItemId, failure.Code, failure.Message, Wire.Instant(failure.At));
}
