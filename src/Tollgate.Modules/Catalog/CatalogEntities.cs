using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog;

/// <summary>
/// What the use cases of every kind of catalog entity do alike: find it by its public id and, under the catalog's lock,
/// load, decide by a pure rule, save, record.
/// </summary>
/// <param name="unitOfWork">Runs the transactions.</param>
/// <param name="store">Where entities of the kind are.</param>
/// <param name="notFound">The refusal of an id that nobody has.</param>
/// <param name="isCompiled">Something is compiled from it that is stale after a change.</param>
internal sealed class CatalogEntities<T>(
    UnitOfWork unitOfWork, CatalogStore<T> store, Func<string, Refusal> notFound, bool isCompiled = false)
    where T : class
{
    /// <summary>What a change holds beside the catalog's lock.</summary>
    public Func<EnvironmentId, LockKey>? Lock { get; init; }

    /// <summary>What follows from a change in its transaction; before is null for a new one.</summary>
    public Func<Work, T?, T, Task> Saved { get; init; } = (_, _, _) => Task.CompletedTask;

    /// <summary>The entity, archived or not.</summary>
    public Task<Result<T>> RetrieveAsync(OperationScope scope, string id, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<T>>(
            async (session, _) =>
                await store.FindAsync(session, scope.EnvironmentId, id) is { } row ? row.Value : notFound(id),
            cancellationToken);

    /// <param name="scope">Who asks, where and when.</param>
    /// <param name="id">The id asked for.</param>
    /// <param name="decide">Says, from whether the id is taken, what is to be stored.</param>
    /// <param name="cancellationToken">Stops the request.</param>
    public Task<Result<T>> CreateAsync(
        OperationScope scope, string id, Func<Work, bool, Task<Result<Change<T>>>> decide,
        CancellationToken cancellationToken) => unitOfWork.WriteAsync(
        scope, LocksOf(scope.EnvironmentId), (work, _) => CreateAsync(work, id, decide), cancellationToken);

    /// <summary>
    /// The same as a part of a transaction that holds <see cref="LocksOf"/>. A refusal has written nothing.
    /// </summary>
    public async Task<Result<T>> CreateAsync(
        Work work, string id, Func<Work, bool, Task<Result<Change<T>>>> decide)
    {
        var isTaken = await store.FindAsync(work.Session, work.Scope.EnvironmentId, id) is not null;
        var decided = await decide(work, isTaken);
        if (!decided.TryGet(out var change, out var refusal))
            return refusal;
        await store.InsertAsync(work.Session, work.Scope.EnvironmentId, change.Value);
        await Saved(work, null, change.Value);
        return Recorded(work, change);
    }

    /// <param name="scope">Who asks, where and when.</param>
    /// <param name="id">Which one.</param>
    /// <param name="decide">Says what becomes of it.</param>
    /// <param name="cancellationToken">Stops the request.</param>
    public Task<Result<T>> ChangeAsync(
        OperationScope scope, string id, Func<Work, T, CancellationToken, Task<Result<Change<T>>>> decide,
        CancellationToken cancellationToken) => unitOfWork.WriteAsync<T>(
        scope,
        LocksOf(scope.EnvironmentId),
        async (work, token) =>
        {
            if (await store.FindAsync(work.Session, scope.EnvironmentId, id) is not { } row)
                return notFound(id);
            if (!(await decide(work, row.Value, token)).TryGet(out var change, out var refusal))
                return refusal;
            if (!change.IsNoChange)
            {
                await store.UpdateAsync(work.Session, scope.EnvironmentId, row, change.Value);
                await Saved(work, row.Value, change.Value);
            }

            return Recorded(work, change);
        },
        cancellationToken);

    /// <summary>What a write holds.</summary>
    public IReadOnlyCollection<LockKey> LocksOf(EnvironmentId environment) => Lock is { } more
        ? [UnitOfWork.CatalogLock(environment), more(environment)]
        : [UnitOfWork.CatalogLock(environment)];

    private T Recorded(Work work, Change<T> change)
    {
        work.Record(change.Events);
        if (isCompiled && !change.IsNoChange)
            work.CatalogChanged();
        return change.Value;
    }
}
