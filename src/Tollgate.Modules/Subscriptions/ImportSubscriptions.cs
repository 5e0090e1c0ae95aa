using System.Globalization;
using System.Text.Json;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Tasks;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>Queues the subscriptions of another system to be taken over by a task (spec subscriptions 19).</summary>
public sealed class ImportSubscriptions(UnitOfWork unitOfWork, TaskStore tasks)
{
    internal const string TaskKind = nameof(TaskType.ImportSubscriptionsBulk);

    /// <summary>The id of the task. One import at a time an environment.</summary>
    public async Task<Result<Guid>> ExecuteAsync(
        OperationScope scope, IReadOnlyList<SubscriptionImportRow> rows, string? integrationId,
        CancellationToken cancellationToken)
    {
        if (integrationId is not null)
        {
            return new Refusal(ErrorCode.IntegrationNotFound,
                $"There is no integration '{integrationId}' in this environment; leave integrationId out.");
        }

        if (SubscriptionImport.CheckCall(rows) is { } refusal)
            return refusal;
        return await unitOfWork.WriteAsync<Guid>(
            scope,
            [LockKey.Of(scope.EnvironmentId.Value, "subscription-import", "")],
            async (work, _) =>
            {
                if ((await tasks.ListOpenAsync(work.Session, scope.EnvironmentId, TaskKind)).Count > 0)
                {
                    return new Refusal(ErrorCode.ImportAlreadyInProgress,
                        "An import of subscriptions is in progress in this environment; wait for its task to end or "
                        + "cancel it.");
                }

                var body = JsonSerializer.Serialize([.. rows], BodyJson.Default.ListSubscriptionImportRow);
                var task = await tasks.EnqueueAsync(work.Session, scope, TaskKind, body, rows.Count);
                work.Record(new DomainEvent(
                    EventType.ImportSubscriptionsBulkTriggered, EntityKind.Import, task.ToString(), null, null, null)
                {
                    Facts = new Dictionary<string, string>
                    {
                        ["taskId"] = task.ToString(),
                        ["rows"] = rows.Count.ToString(CultureInfo.InvariantCulture),
                    },
                });
                return task;
            },
            cancellationToken);
    }
}

/// <summary>Takes over one row after the other; a row that cannot be taken over is recorded with its reason.</summary>
internal sealed class ImportSubscriptionsTask(
    CatalogReader catalog, SubscribeCustomer subscribe, AdvanceSubscriptions advance) : ITaskHandler
{
    private readonly SubscriptionStore _store = new();

    public string Kind => ImportSubscriptions.TaskKind;

    public async Task RunAsync(TaskRun run, CancellationToken cancellationToken)
    {
        var rows = JsonSerializer.Deserialize(run.Task.Body, BodyJson.Default.ListSubscriptionImportRow)
            ?? throw new InvalidOperationException("The body of an import task is null.");
        for (var i = (int)run.Task.Position; i < rows.Count; i++)
        {
            var (row, scope) = (rows[i], run.Scope(Actor.Import));
            await run.DoAsync(
                new(row.Id.Value, i + 1),
                scope,
                SubscribeCustomer.Locks(scope.EnvironmentId, row.ToRequest()),
                token => advance.CustomerAsync(scope.Environment, row.CustomerId, scope.Now, token),
                async (work, token) => await ImportAsync(work, row, token) is { } refusal
                    ? new Refusal(ErrorCode.FailedToImportSubscriptions, $"{refusal.Code}: {refusal.Message}")
                    : default(Done),
                cancellationToken);
        }

        await run.FinishAsync(run.Scope(Actor.Import), _ => { }, cancellationToken);
    }

    private async Task<Refusal?> ImportAsync(Work work, SubscriptionImportRow row, CancellationToken cancellationToken)
    {
        var environment = work.Scope.EnvironmentId;
        var stored = await _store.FindAsync(work.Session, environment, row.Id);
        if (SubscriptionImport.IsPassedOver(row, stored?.Value))
            return null;
        var plan = await catalog.LatestPlanAsync(work.Session, environment, row.PlanId);
        if (SubscriptionImport.CheckRow(row, plan, work.Scope.Now) is { } wrong)
            return wrong;
        if (!(await subscribe.ApplyAsync(work, new(row.ToRequest()), cancellationToken)).TryGet(out _, out var refusal))
            return refusal;
        // One whose end lies in the past has ended by the time anybody sees it.
        await advance.AdvanceAsync(work, row.CustomerId, cancellationToken);
        return null;
    }
}
