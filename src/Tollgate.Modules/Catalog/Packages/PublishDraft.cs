using System.Globalization;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Catalog.CreditCurrencies;
using Tollgate.Modules.Catalog.Experiments;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Modules.Tasks;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>
/// Turns the draft of a package into its latest version, a plan together with the plans that inherit from it (spec
/// catalog 4.4).
/// </summary>
public abstract class PublishDraft
{
    private readonly PackageKind _kind;
    private readonly UnitOfWork _unitOfWork;
    private readonly IPackageSubscriptions _subscriptions;
    private readonly IConnectedBilling _billing;
    private readonly TaskStore _tasks;
    private readonly PackageStore _store = new();
    private readonly ProductStore _products = new();
    private readonly CustomCurrencyStore _currencies = new();
    private readonly ExperimentStore _experiments = new();
    private readonly PricingFacts _facts = new();

    private protected PublishDraft(
        PackageKind kind, UnitOfWork unitOfWork, IPackageSubscriptions subscriptions, IConnectedBilling billing,
        TaskStore tasks)
    {
        _kind = kind;
        _unitOfWork = unitOfWork;
        _subscriptions = subscriptions;
        _billing = billing;
        _tasks = tasks;
    }

    public Task<Result<PublishedPackage>> ExecuteAsync(
        OperationScope scope, PackageId id, MigrationType migration, CancellationToken cancellationToken) =>
        _unitOfWork.WriteAsync<PublishedPackage>(
            scope,
            [UnitOfWork.CatalogLock(scope.EnvironmentId)],
            async (work, _) =>
            {
                if (!(await DecideAsync(work.Session, scope, id, migration)).TryGet(out var outcome, out var refusal))
                    return refusal;
                await SaveAsync(work, outcome);
                work.Record(outcome.Events);
                work.CatalogChanged();
                return new PublishedPackage(
                    outcome.Published[0],
                    migration == MigrationType.AllCustomers ? await EnqueueAsync(work, outcome.Published) : null);
            },
            cancellationToken);

    /// <summary>What publishing would write, or why it is refused; nothing is written.</summary>
    public async Task<Result<PublishOutcome>> DecideAsync(
        Session session, OperationScope scope, PackageId id, MigrationType migration)
    {
        var packages = await CurrentPackages.LoadAsync(_store, session, scope.EnvironmentId);
        if (!packages.Of(_kind).LiveLatest(id).TryGet(out var latest, out var refusal))
            return refusal;
        var product = (await _products.FindAsync(session, scope.EnvironmentId, latest.ProductId))?.Value;
        if (product is not { IsArchived: false })
        {
            return new Refusal(ErrorCode.ProductNotPublishedError,
                $"Product '{latest.ProductId}' of '{id}' is archived; unarchive it before publishing.");
        }

        var facts = await FactsAsync(session, scope.EnvironmentId, packages, id) with
        {
            Billing = _billing.ConnectedTo(scope.Environment),
        };
        return PublishPackage.Decide(id, migration, facts, Guid.CreateVersion7, scope.Now);
    }

    private async Task<PublishFacts> FactsAsync(
        Session session, EnvironmentId environment, CurrentPackages packages, PackageId id)
    {
        var own = packages.Of(_kind);
        var draft = own.Draft(id);
        var named = draft is null
            ? []
            : draft.Entitlements.Select(e => (FeatureId?)e.FeatureId)
                .Concat(draft.CreditEntitlements.Select(e => e.DependencyFeatureId))
                .Concat(draft.Charges.Concat(draft.OverageCharges).Select(charge => charge.FeatureId))
                .OfType<FeatureId>();
        var queued = (await _tasks.ListOpenAsync(session, environment, SubscriptionMigration.TaskKind))
            .Select(SubscriptionMigration.FromBody).Where(migration => migration.Kind == _kind)
            .Select(migration => migration.PackageId).ToHashSet();
        var addons = (draft is null ? [] : packages.AddonsOf(draft))
            .ToLookup(addon => packages.Addons.Published(addon) is not null);
        return new()
        {
            Draft = draft,
            Published = own.Published(id),
            BasePublished = draft?.BasePlan is { } basePlan ? packages.Plans.Published(basePlan.Id) : null,
            Features = await _facts.FeaturesAsync(session, environment, named),
            ArchivedCurrencies = draft is null ? [] : await ArchivedCurrenciesAsync(session, environment, draft),
            ArchivedGroups = [.. (draft?.CompatibleGroups ?? []).Select(taken => taken.GroupId)
                .Where(group => packages.Groups.GetValueOrDefault(group)?.IsArchived == true)],
            UnpublishedAddons = [.. addons[false]],
            Addons = [.. addons[true].Select(addon => packages.Addons.Published(addon)!)],
            Plans = _kind == PackageKind.Plan
                ? []
                : [.. packages.Plans.Live.Where(plan => plan.Status == PackageStatus.Published
                    && packages.AddonsOf(plan).Contains(id))],
            RunningExperiment = (await _experiments.ListRunningAsync(session, environment)).FirstOrDefault(),
            MigrationIsQueued = own.DescendantsOf(id).Prepend(id).Any(queued.Contains),
            ChildrenOf = own.ChildrenOf,
            DraftOf = own.Draft,
        };
    }

    private async Task<IReadOnlyList<CurrencyId>> ArchivedCurrenciesAsync(
        Session session, EnvironmentId environment, PackageVersion draft)
    {
        var named = PackageCurrencies.Of(draft);
        if (named.Count == 0)
            return [];
        var known = await _currencies.ListAsync(session, environment);
        return [.. named.Where(id => known.TryGetValue(id, out var currency) && currency.IsArchived)];
    }

    /// <summary>
    /// Drafts give their numbers free first: the new versions of their packages take them. The draft itself is what is
    /// published first, the versions of its children are new.
    /// </summary>
    private async Task SaveAsync(Work work, PublishOutcome outcome)
    {
        var environment = work.Scope.EnvironmentId;
        foreach (var package in outcome.RebasedDrafts.Concat(outcome.Retired).Append(outcome.Published[0]))
            await _store.ReplaceAsync(work.Session, environment, package);
        foreach (var child in outcome.Published.Skip(1))
            await _store.InsertAsync(work.Session, environment, child);
    }

    /// <summary>One task a package with somebody to move; the first one's id, null when there is nobody.</summary>
    private async Task<Guid?> EnqueueAsync(Work work, IReadOnlyList<PackageVersion> published)
    {
        Guid? first = null;
        var environment = work.Scope.EnvironmentId;
        foreach (var package in published)
        {
            var affected = await _subscriptions.CountOpenBeforeAsync(
                work.Session, environment, _kind, package.Id, package.Version);
            if (affected == 0)
                continue;
            var body = new SubscriptionMigration(package.Id, package.Version, _kind).ToBody();
            var task = await _tasks.EnqueueAsync(
                work.Session, work.Scope, SubscriptionMigration.TaskKind, body, affected);
            work.Record(Triggered(package, task));
            first ??= task;
        }

        return first;
    }

    private DomainEvent Triggered(PackageVersion package, Guid task) => new(
        EventType.SubscriptionsMigrationTriggered,
        _kind == PackageKind.Plan ? EntityKind.Plan : EntityKind.Addon,
        package.Id.Value,
        null,
        null,
        null)
    {
        Facts = new Dictionary<string, string>
        {
            ["taskId"] = task.ToString(),
            ["version"] = package.Version.ToString(CultureInfo.InvariantCulture),
        },
    };
}

/// <summary>The new version, and the task that moves subscriptions to it; null when none has to move.</summary>
public sealed record PublishedPackage(PackageVersion Version, Guid? TaskUid);
