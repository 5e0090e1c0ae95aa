using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Tasks;

namespace Tollgate.Modules.Subscriptions;

/// <summary>
/// Moves the subscriptions of a plan, or with an add-on, to a version published for all customers: entitlements move,
/// prices stay (spec catalog 4.4). Each subscription moves in a transaction of its own; one that cannot be moved is
/// recorded and left where it is.
/// </summary>
internal sealed class MigrateSubscriptions(UnitOfWork unitOfWork, AdvanceSubscriptions advance) : ITaskHandler
{
    private const int BatchSize = 200;

    private readonly SubscriptionStore _store = new();
    private readonly SubscriptionAddonStore _addons = new();

    public string Kind => SubscriptionMigration.TaskKind;

    public async Task RunAsync(TaskRun run, CancellationToken cancellationToken)
    {
        var migration = SubscriptionMigration.FromBody(run.Task.Body);
        var environment = run.Task.EnvironmentId;
        var after = run.Task.Position;
        while (await unitOfWork.Database.ReadAsync(
            (session, _) => migration.Kind == PackageKind.Plan
                ? _store.ListOpenBeforeVersionAsync(
                    session, environment, migration.PackageId, migration.Version, after, BatchSize)
                : _addons.ListOpenBeforeVersionAsync(
                    session, environment, migration.PackageId, migration.Version, after, BatchSize),
            cancellationToken) is { Count: > 0 } batch)
        {
            foreach (var subscription in batch)
                await MoveAsync(run, migration, subscription, cancellationToken);
            after = batch[^1].Seq;
        }

        await run.FinishAsync(
            run.Scope(Actor.Migration), work => work.Record(Migrated(run, migration)), cancellationToken);
    }

    /// <summary>What fell due before is done first, so that the log tells things in their order.</summary>
    private Task MoveAsync(
        TaskRun run, SubscriptionMigration migration, SubscriptionRef subscription, CancellationToken cancellationToken)
    {
        var scope = run.Scope(Actor.Migration);
        var (_, id, customer) = subscription;
        var target = new PublishedTarget(migration.Kind, migration.PackageId, migration.Version);
        return run.DoAsync(
            new(id.Value, subscription.Seq),
            scope,
            [UnitOfWork.CustomerLock(scope.EnvironmentId, customer)],
            token => advance.CustomerAsync(scope.Environment, customer, scope.Now, token),
            async (work, _) =>
            {
                var row = await _store.FindAsync(work.Session, scope.EnvironmentId, id);
                if (row is null || PublishedMove.Of(row.Value, target) is not { } moved)
                    return default(Done);
                var after = moved with { UpdatedAt = scope.Now };
                await _store.UpdateAsync(work.Session, scope.EnvironmentId, row, after);
                work.Record(new DomainEvent(
                    EventType.SubscriptionUpdated, EntityKind.Subscription, id.Value, customer, row.Value, after));
                work.AccessChanged(customer);
                return default(Done);
            },
            cancellationToken);
    }

    private static DomainEvent Migrated(TaskRun run, SubscriptionMigration migration) => new(
        EventType.SubscriptionsMigrated,
        migration.Kind == PackageKind.Plan ? EntityKind.Plan : EntityKind.Addon,
        migration.PackageId.Value,
        null,
        null,
        null)
    {
        Facts = new Dictionary<string, string>
        {
            ["taskId"] = run.Task.Uid.ToString(),
            ["version"] = migration.Version.ToString(System.Globalization.CultureInfo.InvariantCulture),
        },
    };
}
