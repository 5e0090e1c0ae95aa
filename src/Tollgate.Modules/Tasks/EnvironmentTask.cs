using Tollgate.Domain;

namespace Tollgate.Modules.Tasks;

/// <summary>Work of an environment that survives a crash, as claimed by this process.</summary>
/// <param name="Uid">Its public id.</param>
/// <param name="EnvironmentId">Where it works.</param>
/// <param name="Kind">Which <see cref="ITaskHandler"/> does it.</param>
/// <param name="Body">JSON that the handler's slice reads.</param>
/// <param name="Position">The position of the last item that was done or failed; 0 at first.</param>
/// <param name="Claim">Which claim this is: a later one takes the task away from this process.</param>
/// <param name="Attempts">Which claim this is since an item was last done or failed, from 1.</param>
public sealed record EnvironmentTask(
    Guid Uid, EnvironmentId EnvironmentId, string Kind, string Body, long Position, int Claim, int Attempts);

/// <summary>
/// Does the tasks of one kind, item by item through its <see cref="TaskRun"/>, which keeps what was done. A run that is
/// cut off is followed by another one, which goes on after <see cref="EnvironmentTask.Position"/>. A handler ends the
/// task with <c>TaskRun.FinishAsync</c>.
/// </summary>
public interface ITaskHandler
{
    string Kind { get; }

    Task RunAsync(TaskRun run, CancellationToken cancellationToken);
}

/// <summary>Where a task stands (spec catalog 4.4).</summary>
public enum TaskState
{
    /// <summary>Waits for its first run, or for the next one after a fault.</summary>
    Pending,
    InProgress,

    /// <summary>Every item is done.</summary>
    Completed,

    /// <summary>Some items are done, some failed.</summary>
    PartiallyFailed,

    /// <summary>No item could be done, or the task as a whole gave up.</summary>
    Failed,

    /// <summary>Somebody stopped it; what was done stays done.</summary>
    Canceled,
}

/// <summary>The task is no longer this run's: it was canceled, or another run has it since its lease ran out.</summary>
public sealed class TaskStoppedException(EnvironmentTask task) : Exception(
    $"The claim {task.Claim} on task {task.Uid} is over: it was canceled, or its lease ran out.");
