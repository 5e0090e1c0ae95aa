using NodaTime;

namespace Tollgate.Modules.Tasks;

/// <summary>A task as callers see it; instants are the environment's.</summary>
public sealed record TaskReport
{
    public required Guid Uid { get; init; }
    public required string Kind { get; init; }
    public required TaskState State { get; init; }

    /// <summary>Items to do as counted when the task was asked for; once it has ended, those done and failed.</summary>
    public required long Total { get; init; }

    /// <summary>Items done so far.</summary>
    public required long Done { get; init; }

    /// <summary>Items that could not be done.</summary>
    public required long Failed { get; init; }

    /// <summary>Why the last run ended early, if it did; of a failed task, why it was given up.</summary>
    public string? Error { get; init; }
    public required Instant CreatedAt { get; init; }
    public Instant? StartedAt { get; init; }
    public Instant? FinishedAt { get; init; }

    public bool HasEnded => State is not (TaskState.Pending or TaskState.InProgress);
}

/// <summary>An item that could not be done.</summary>
/// <param name="Uid">Its cursor in lists.</param>
/// <param name="ItemId">The item, such as the id of a subscription.</param>
/// <param name="Code">The code of the refusal.</param>
/// <param name="Message">What was wrong and what helps.</param>
/// <param name="At">When it failed.</param>
public sealed record TaskFailure(Guid Uid, string ItemId, string Code, string Message, Instant At);

/// <summary>Which tasks are asked for.</summary>
public sealed record TaskFilter(string? Kind = null, IReadOnlyCollection<TaskState>? States = null);
