using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Tasks;

namespace Tollgate.Modules.Subscriptions;

/// <summary>
/// Moves the subscriptions of a plan, or with an add-on, to a version published for all customers: entitlements move, prices stay (spec
/// catalog 4.4). Each subscription moves in a transaction of its own. A run that was cut off goes on where it was,
/// because those that moved are on the version already.
/// </summary>
internal sealed class MigrateSubscriptions(
    UnitOfWork unitOfWork, AdvanceSubscriptions advance, AccountDirectory directory, TaskStore tasks) : ITaskHandler
{
    private const int BatchSize = 200;

    private readonly SubscriptionStore _store = new();
    private readonly SubscriptionAddonStore _addons = new();

    public string Kind => SubscriptionMigration.TaskKind;

    public async Task RunAsync(EnvironmentTask task, CancellationToken cancellationToken)
    {
        var migration = SubscriptionMigration.FromBody(task.Body);
        while (true)
        {
            var batch = await unitOfWork.Database.ReadAsync(
                (session, _) => migration.Kind == PackageKind.Plan
                    ? _store.ListOpenBeforeVersionAsync(
                        session, task.EnvironmentId, migration.PackageId, migration.Version, BatchSize)
                    : _addons.ListOpenBeforeVersionAsync(
                        session, task.EnvironmentId, migration.PackageId, migration.Version, BatchSize),
                cancellationToken);
            if (batch.Count == 0)
                break;
            foreach (var (id, customer) in batch)
                await MoveAsync(task, migration, id, customer, cancellationToken);
        }

        await FinishAsync(task, migration, cancellationToken);
    }

    /// <summary>What fell due before is done first, so that the log tells things in their order.</summary>
    private async Task MoveAsync(
        EnvironmentTask task,
        SubscriptionMigration migration,
        SubscriptionId id,
        CustomerId customer,
        CancellationToken cancellationToken)
    {
        var scope = ScopeOf(task);
        await advance.CustomerAsync(scope.Environment, customer, scope.Now, cancellationToken);
        await WriteAsync(
            scope,
            [UnitOfWork.CustomerLock(scope.EnvironmentId, customer)],
            async work =>
            {
                var row = await _store.FindAsync(work.Session, scope.EnvironmentId, id);
                if (row is not { Value: { IsEnded: false } before } || Moved(before, migration) is not { } moved)
                    return;
                var after = moved with { UpdatedAt = scope.Now };
                await _store.UpdateAsync(work.Session, scope.EnvironmentId, row, after);
                work.Record(new DomainEvent(
                    EventType.SubscriptionUpdated, EntityKind.Subscription, id.Value, customer, before, after));
                work.AccessChanged(customer);
            },
            cancellationToken);
    }

    /// <summary>The subscription with the new content; null when it has it, or something newer, already.</summary>
    private static Subscription? Moved(Subscription before, SubscriptionMigration migration)
    {
        if (migration.Kind == PackageKind.Plan)
        {
            return before.PlanId == migration.PackageId && before.PlanVersion < migration.Version
                ? before with { PlanVersion = migration.Version }
                : null;
        }

        return before.Addons.Any(IsBehind)
            ? before with
            {
                Addons = [.. before.Addons.Select(a => IsBehind(a) ? a with { Version = migration.Version } : a)],
            }
            : null;

        bool IsBehind(SubscriptionAddon addon) => addon.Id == migration.PackageId && addon.Version < migration.Version;
    }

    /// <summary>
    /// The last event and the end of the task commit together: there is one of them, however often a run was cut off.
    /// </summary>
    private Task FinishAsync(
        EnvironmentTask task, SubscriptionMigration migration, CancellationToken cancellationToken) =>
        WriteAsync(
            ScopeOf(task),
            [],
            async work =>
            {
                work.Record(new DomainEvent(
                    EventType.SubscriptionsMigrated,
                    migration.Kind == PackageKind.Plan ? EntityKind.Plan : EntityKind.Addon,
                    migration.PackageId.Value,
                    null,
                    null,
                    null)
                {
                    Facts = new Dictionary<string, string>
                    {
                        ["taskId"] = task.Uid.ToString(),
                        ["version"] = migration.Version.ToString(System.Globalization.CultureInfo.InvariantCulture),
                    },
                });
                await tasks.CompleteAsync(work.Session, task);
            },
            cancellationToken);

    /// <summary>Everything a migration does carries the id of its task as the trace.</summary>
    private OperationScope ScopeOf(EnvironmentTask task) => new(
        directory.Get(task.EnvironmentId), Actor.Migration, task.Uid, directory.Now(task.EnvironmentId));

    private async Task WriteAsync(
        OperationScope scope,
        IReadOnlyCollection<Storage.LockKey> locks,
        Func<Work, Task> write,
        CancellationToken cancellationToken) => await unitOfWork.WriteAsync<Done>(
        scope,
        locks,
        async (work, _) =>
        {
            await write(work);
            return default(Done);
        },
        cancellationToken);
}
