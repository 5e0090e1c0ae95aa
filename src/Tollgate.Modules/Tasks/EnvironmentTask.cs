using Tollgate.Domain;

namespace Tollgate.Modules.Tasks;

/// <summary>Work of an environment that survives a crash, as claimed by this process.</summary>
/// <param name="Uid">Its public id.</param>
/// <param name="EnvironmentId">Where it works.</param>
/// <param name="Kind">Which <see cref="ITaskHandler"/> does it.</param>
/// <param name="Body">JSON that the handler's slice reads.</param>
/// <param name="Claim">Which claim this is: a later one takes the task away from this process.</param>
public sealed record EnvironmentTask(Guid Uid, EnvironmentId EnvironmentId, string Kind, string Body, int Claim);

/// <summary>
/// Does the tasks of one kind. A task may be run again after a crash, or after its lease ran out: what is done must not
/// be done twice. A handler completes the task in the transaction of its last effect, with <see
/// cref="TaskStore.CompleteAsync"/>.
/// </summary>
public interface ITaskHandler
{
    string Kind { get; }

    Task RunAsync(EnvironmentTask task, CancellationToken cancellationToken);
}

/// <summary>Where a task stands (spec catalog 4.4). A failure puts it back to pending, for later.</summary>
public enum TaskState
{
    Pending,
    InProgress,
    Completed,
}
