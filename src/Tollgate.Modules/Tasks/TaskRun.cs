using Microsoft.Extensions.Logging;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.EventLog;
using Tollgate.Storage;

namespace Tollgate.Modules.Tasks;

/// <summary>
/// One run of a claimed task. Each item is done in a transaction of its own together with the progress of the task, so
/// that none is done twice; one that fails is recorded and the run goes on.
/// </summary>
public sealed partial class TaskRun
{
    private readonly UnitOfWork _unitOfWork;
    private readonly TaskQueue _queue;
    private readonly AccountDirectory _directory;
    private readonly Action _gotOn;
    private readonly ILogger _log;

    internal TaskRun(
        EnvironmentTask task,
        UnitOfWork unitOfWork,
        TaskQueue queue,
        AccountDirectory directory,
        Action gotOn,
        ILogger log)
    {
        Task = task;
        _unitOfWork = unitOfWork;
        _queue = queue;
        _directory = directory;
        _gotOn = gotOn;
        _log = log;
    }

    public EnvironmentTask Task { get; }

    /// <summary>
    /// The present instant of the environment; the id of the task is the trace of everything it does.
    /// </summary>
    public OperationScope Scope(Actor actor) => new(
        _directory.Get(Task.EnvironmentId), actor, Task.Uid, _directory.Now(Task.EnvironmentId));

    /// <summary>
    /// Does one item. A refusal, or a fault that is not the database's, is the failure of this item alone.
    /// </summary>
    /// <param name="item">Which one.</param>
    /// <param name="scope">Who does it and when.</param>
    /// <param name="locks">What its transaction holds.</param>
    /// <param name="prepare">
    /// What happens before, in transactions of its own, such as work that fell due by then.
    /// </param>
    /// <param name="body">The effect, in the transaction that counts the item as done.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="TaskStoppedException">The task was canceled, or another run has it.</exception>
    public async Task DoAsync(
        TaskItem item,
        OperationScope scope,
        IReadOnlyCollection<LockKey> locks,
        Func<CancellationToken, Task> prepare,
        Func<Work, CancellationToken, Task<Result<Done>>> body,
        CancellationToken cancellationToken)
    {
        Refusal? refusal;
        try
        {
            await prepare(cancellationToken);
            var result = await _unitOfWork.WriteAsync<Done>(
                scope,
                locks,
                async (work, token) =>
                {
                    await _queue.ProgressAsync(work.Session, Task, item, isFailed: false);
                    return await body(work, token);
                },
                cancellationToken);
            refusal = result.Refusal;
        }
        catch (Exception exception)
            when (exception is not (OperationCanceledException or DatabaseUnavailableException or TaskStoppedException))
        {
            LogItem(exception, item.Id, Task.Kind, Task.Uid);
            refusal = new(ErrorCode.UnexpectedError, $"Something unexpected went wrong: {exception.Message}");
        }

        if (refusal is not null)
            await FailAsync(item, scope, refusal, cancellationToken);
        _gotOn();
    }

    /// <summary>
    /// The last effect of the task and its end commit together: there is one of them, however often a run was cut off.
    /// </summary>
    /// <exception cref="TaskStoppedException">The task was canceled, or another run has it.</exception>
    public Task FinishAsync(
        OperationScope scope, Action<Work> last, CancellationToken cancellationToken) => FinishAsync(
        scope,
        [],
        work =>
        {
            last(work);
            return System.Threading.Tasks.Task.CompletedTask;
        },
        cancellationToken);

    /// <summary>The same where the last effect reads or writes, holding <paramref name="locks"/>.</summary>
    /// <exception cref="TaskStoppedException">The task was canceled, or another run has it.</exception>
    public async Task FinishAsync(
        OperationScope scope, IReadOnlyCollection<LockKey> locks, Func<Work, Task> last,
        CancellationToken cancellationToken) =>
        await _unitOfWork.WriteAsync<Done>(
            scope,
            locks,
            async (work, _) =>
            {
                await _queue.FinishAsync(work.Session, Task, scope.Now);
                await last(work);
                return default(Done);
            },
            cancellationToken);

    private Task FailAsync(
        TaskItem item, OperationScope scope, Refusal refusal, CancellationToken cancellationToken) =>
        _unitOfWork.Database.WriteAsync(
            [],
            async (session, _) =>
            {
                await _queue.ProgressAsync(session, Task, item, isFailed: true);
                await _queue.InsertFailureAsync(session, Task, item.Id, refusal, scope.Now);
                return true;
            },
            cancellationToken);

    [LoggerMessage(4201, LogLevel.Error, "Item {Item} of the {Kind} task {Task} failed")]
    private partial void LogItem(Exception exception, string item, string kind, Guid task);
}
