using Tollgate.Domain.Errors;
using Tollgate.Modules.Tasks;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Files;

/// <summary>Looks at files and at what was wrong with their rows.</summary>
public sealed class UsageFiles(Database database, TaskStore tasks)
{
    private readonly FileStore _store = new();

    public Task<Result<FileProgress>> RetrieveAsync(
        OperationScope scope, Guid uid, CancellationToken cancellationToken) =>
        database.ReadAsync<Result<FileProgress>>(
            async (session, _) => await _store.FindAsync(session, scope.EnvironmentId, uid) is { } found
                ? await ProgressAsync(session, scope, found.Value)
                : NotFound(uid),
            cancellationToken);

    /// <summary>The latest first.</summary>
    public Task<Result<FilePage>> ListAsync(
        OperationScope scope, int limit, Guid? after, CancellationToken cancellationToken) =>
        database.ReadAsync<Result<FilePage>>(
            async (session, _) =>
            {
                var before = long.MaxValue;
                if (after is { } uid)
                {
                    if (await _store.FindAsync(session, scope.EnvironmentId, uid) is not { } last)
                        return NotFound(uid);
                    before = last.Seq;
                }

                var rows = await _store.ListAsync(session, scope.EnvironmentId, before, limit + 1);
                var items = new List<FileProgress>();
                foreach (var file in rows.Take(limit))
                    items.Add(await ProgressAsync(session, scope, file));
                return new FilePage(items, rows.Count > limit ? items[^1].File.Uid : null);
            },
            cancellationToken);

    /// <summary>What was wrong, in the order of rows.</summary>
    /// <param name="scope">Who asks.</param>
    /// <param name="uid">The file.</param>
    /// <param name="limit">Faults on a page.</param>
    /// <param name="after">The position after the page before; 0 = from the first.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public Task<Result<FaultPage>> FaultsAsync(
        OperationScope scope, Guid uid, int limit, long after, CancellationToken cancellationToken) =>
        database.ReadAsync<Result<FaultPage>>(
            async (session, _) =>
            {
                if (await _store.FindAsync(session, scope.EnvironmentId, uid) is not { } found)
                    return NotFound(uid);
                var rows = await _store.FaultsAsync(session, found.Seq, after, limit + 1);
                return new FaultPage(
                    [.. rows.Take(limit).Select(row => row.Fault)], rows.Count > limit ? rows[limit - 1].Seq : null);
            },
            cancellationToken);

    private async Task<FileProgress> ProgressAsync(Session session, OperationScope scope, UsageFile file) => new(
        file, await tasks.FindAsync(session, scope.EnvironmentId, file.TaskUid!.Value) is { } task ? task.State : null);

    private static Refusal NotFound(Guid uid) => new(
        ErrorCode.InvalidArgumentError,
        $"There is no file with the id '{uid}' in this environment; list them with GET /tollgate/v1/usage/files.");
}

/// <summary>A file and where its task stands; null when the task is so old that it was deleted.</summary>
public sealed record FileProgress(UsageFile File, TaskState? State);

/// <summary>A page; <paramref name="Next"/> is null at the end.</summary>
public sealed record FilePage(IReadOnlyList<FileProgress> Items, Guid? Next);

/// <summary>A page of faults.</summary>
public sealed record FaultPage(IReadOnlyList<RowFault> Items, long? Next);
