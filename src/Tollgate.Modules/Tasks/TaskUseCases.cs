using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;

namespace Tollgate.Modules.Tasks;

/// <summary>Following tasks and stopping them.</summary>
public sealed class TaskUseCases(UnitOfWork unitOfWork, TaskStore store)
{
    public Task<Result<Page<TaskReport>>> ListAsync(
        OperationScope scope, TaskFilter filter, PageRequest page, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            (session, _) => store.PageAsync(session, scope.EnvironmentId, filter, page), cancellationToken);

    public Task<Result<TaskReport>> RetrieveAsync(
        OperationScope scope, Guid uid, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<TaskReport>>(
            async (session, _) =>
                await store.FindAsync(session, scope.EnvironmentId, uid) is { } task ? task : NotFound(uid),
            cancellationToken);

    /// <summary>The items that could not be done, the latest first.</summary>
    public Task<Result<Page<TaskFailure>>> ListFailuresAsync(
        OperationScope scope, Guid uid, PageRequest page, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            async (session, _) => await store.FindAsync(session, scope.EnvironmentId, uid) is null
                ? NotFound(uid)
                : await store.PageFailuresAsync(session, scope.EnvironmentId, uid, page),
            cancellationToken);

    /// <summary>Stops a task between two items; one that has ended stays as it is.</summary>
    public Task<Result<TaskReport>> CancelAsync(OperationScope scope, Guid uid, CancellationToken cancellationToken) =>
        unitOfWork.WriteAsync<TaskReport>(
            scope,
            [],
            async (work, _) =>
            {
                await store.CancelAsync(work.Session, scope.EnvironmentId, uid, scope.Now);
                return await store.FindAsync(work.Session, scope.EnvironmentId, uid) is { } task ? task : NotFound(uid);
            },
            cancellationToken);

    /// <summary>The list of error codes has none for tasks.</summary>
    private static Refusal NotFound(Guid uid) => new(
        ErrorCode.InvalidArgumentError,
        $"There is no task with the id '{uid}' in this environment; list them with GET /tollgate/v1/tasks.");
}
