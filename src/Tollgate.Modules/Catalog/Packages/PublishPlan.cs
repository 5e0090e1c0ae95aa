using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Modules.Tasks;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>
/// Turns the draft of a plan into its latest version, together with the plans that inherit from it (spec catalog 4.4).
/// </summary>
public sealed class PublishPlan(UnitOfWork unitOfWork, IPlanSubscriptions subscriptions, TaskStore tasks)
{
    private readonly PackageStore _store = new();
    private readonly ProductStore _products = new();
    private readonly PricingFacts _facts = new();

    public Task<Result<PublishedPlan>> ExecuteAsync(
        OperationScope scope, PackageId id, MigrationType migration, CancellationToken cancellationToken) =>
        unitOfWork.WriteAsync<PublishedPlan>(
            scope,
            [UnitOfWork.CatalogLock(scope.EnvironmentId)],
            async (work, _) =>
            {
                var plans = await CurrentPlans.LoadAsync(_store, work.Session, scope.EnvironmentId);
                if (!PlanUseCases.LiveLatest(plans, id).TryGet(out var latest, out var refusal))
                    return refusal;
                var product = (await _products.FindAsync(work.Session, scope.EnvironmentId, latest.ProductId))?.Value;
                if (product is not { IsArchived: false })
                {
                    return new Refusal(ErrorCode.ProductNotPublishedError,
                        $"Product '{latest.ProductId}' of plan '{id}' is archived; unarchive it before publishing.");
                }

                var facts = await FactsAsync(work, plans, id);
                if (!PublishPackage.Decide(id, migration, facts, Guid.CreateVersion7, scope.Now)
                    .TryGet(out var outcome, out refusal))
                {
                    return refusal;
                }

                await SaveAsync(work, outcome, plans);
                work.Record(outcome.Events);
                work.CatalogChanged();
                return new PublishedPlan(
                    outcome.Published[0],
                    migration == MigrationType.AllCustomers ? await EnqueueAsync(work, outcome.Published) : null);
            },
            cancellationToken);

    private async Task<PublishFacts> FactsAsync(Work work, CurrentPlans plans, PackageId id)
    {
        var environment = work.Scope.EnvironmentId;
        var draft = plans.Draft(id);
        var named = draft is null
            ? []
            : draft.Entitlements.Select(e => (FeatureId?)e.FeatureId)
                .Concat(draft.Charges.Concat(draft.OverageCharges).Select(charge => charge.FeatureId))
                .OfType<FeatureId>();
        var queued = (await tasks.ListOpenAsync(work.Session, environment, SubscriptionMigration.TaskKind))
            .Select(body => SubscriptionMigration.FromBody(body).PackageId).ToHashSet();
        return new()
        {
            Draft = draft,
            Published = plans.Published(id),
            BasePublished = draft?.BasePlan is { } basePlan ? plans.Published(basePlan.Id) : null,
            Features = await _facts.FeaturesAsync(work.Session, environment, named),
            UnpublishedAddons = draft is null
                ? []
                : await _facts.UnpublishedAddonsAsync(work.Session, environment, draft),
            MigrationIsQueued = plans.DescendantsOf(id).Prepend(id).Any(queued.Contains),
            ChildrenOf = plans.ChildrenOf,
            DraftOf = plans.Draft,
        };
    }

    /// <summary>Drafts give their numbers free first: the new versions of their plans take them.</summary>
    private async Task SaveAsync(Work work, PublishOutcome outcome, CurrentPlans plans)
    {
        var environment = work.Scope.EnvironmentId;
        foreach (var package in outcome.RebasedDrafts.Concat(outcome.Retired))
            await _store.ReplaceAsync(work.Session, environment, package);
        foreach (var package in outcome.Published)
        {
            if (plans.Draft(package.Id)?.Uid == package.Uid)
                await _store.ReplaceAsync(work.Session, environment, package);
            else
                await _store.InsertAsync(work.Session, environment, package);
        }
    }

    /// <summary>One task a plan with somebody to move; the first one's id, null when there is nobody.</summary>
    private async Task<Guid?> EnqueueAsync(Work work, IReadOnlyList<PackageVersion> published)
    {
        Guid? first = null;
        var environment = work.Scope.EnvironmentId;
        foreach (var package in published)
        {
            if (!await subscriptions.AnyOpenBeforeAsync(work.Session, environment, package.Id, package.Version))
                continue;
            var body = new SubscriptionMigration(package.Id, package.Version).ToBody();
            var task = await tasks.EnqueueAsync(work.Session, work.Scope, SubscriptionMigration.TaskKind, body);
            first ??= task;
        }

        return first;
    }
}

/// <summary>The new version, and the task that moves subscriptions to it; null when none has to move.</summary>
public sealed record PublishedPlan(PackageVersion Version, Guid? TaskUid);
