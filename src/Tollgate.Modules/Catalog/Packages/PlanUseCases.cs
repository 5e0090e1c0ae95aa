using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Modules.Rows;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>Creating, reading, drafting and archiving plans (spec catalog 4, 5 and 13).</summary>
public sealed class PlanUseCases(UnitOfWork unitOfWork, IPlanSubscriptions subscriptions)
{
    private readonly PackageStore _store = new();
    private readonly ProductStore _products = new();
    private readonly PricingFacts _pricing = new();

    public Task<Result<Page<PackageVersion>>> ListAsync(
        OperationScope scope, PackageFilter filter, PageRequest page, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            (session, _) => _store.PageAsync(session, scope.EnvironmentId, PackageKind.Plan, filter, page),
            cancellationToken);

    /// <summary>The latest published version, or the draft while nothing was published.</summary>
    public Task<Result<PackageVersion>> RetrieveAsync(
        OperationScope scope, PackageId id, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<PackageVersion>>(
            async (session, _) =>
                await _store.FindLatestAsync(session, scope.EnvironmentId, PackageKind.Plan, id) is { } row
                    ? row.Value
                    : NotFound(id),
            cancellationToken);

    /// <summary>The charges of the version that <see cref="RetrieveAsync"/> shows, in catalog order.</summary>
    public Task<Result<Page<ListedCharge>>> ListChargesAsync(
        OperationScope scope, PackageId id, ChargeList list, PageRequest page, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<Page<ListedCharge>>>(
            async (session, _) =>
            {
                if (await _store.FindLatestAsync(session, scope.EnvironmentId, PackageKind.Plan, id)
                    is not { Value: var plan })
                {
                    return NotFound(id);
                }

                var used = await subscriptions.AnyOpenAtPricesOfAsync(session, scope.EnvironmentId, id, plan.Version);
                var charges = list == ChargeList.Overage ? plan.OverageCharges : plan.Charges;
                return ListPage.Of(charges, charge => charge.Uid, page)
                    .Map(found => found.Map(charge => new ListedCharge(charge, used)));
            },
            cancellationToken);

    public Task<Result<PackageVersion>> CreateAsync(
        OperationScope scope, PlanDraft draft, CancellationToken cancellationToken) =>
        WriteAsync(
            scope,
            async (work, plans) =>
            {
                var first = new PackageVersion
                {
                    Uid = Guid.CreateVersion7(),
                    Kind = PackageKind.Plan,
                    Id = draft.Id,
                    Version = 1,
                    Status = PackageStatus.Draft,
                    IsLatest = true,
                    ProductId = draft.ProductId,
                    DisplayName = "",
                    CreatedAt = scope.Now,
                    UpdatedAt = scope.Now,
                };
                var product = (await _products.FindAsync(work.Session, scope.EnvironmentId, draft.ProductId))?.Value;
                var taken = plans.Latest(draft.Id) is not null;
                if (!PackageRules.Create(first, draft.Content, product, taken, Bases(plans, draft.Content))
                    .TryGet(out var change, out var refusal))
                {
                    return refusal;
                }

                await _store.InsertAsync(work.Session, scope.EnvironmentId, change.Value);
                return change;
            },
            cancellationToken);

    /// <summary>Changes the draft; a plan without one gets one first. Answers the draft.</summary>
    public Task<Result<PackageVersion>> UpdateAsync(
        OperationScope scope, PackageId id, PlanUpdate update, CancellationToken cancellationToken) =>
        WriteAsync(
            scope,
            async (work, plans) =>
            {
                if (!LiveLatest(plans, id).TryGet(out var latest, out var refusal))
                    return refusal;
                var opened = Change<PackageVersion>.None(latest);
                if (plans.Draft(id) is not { } draft)
                {
                    if (!PackageRules.OpenDraft(latest, null, Guid.CreateVersion7(), scope.Now)
                        .TryGet(out opened, out refusal))
                    {
                        return refusal;
                    }

                    draft = opened.Value;
                }

                var edit = await _pricing.ResolveAsync(work.Session, scope, draft, update);
                if (!edit.TryGet(out var resolved, out refusal))
                    return refusal;
                if (!PackageRules.Edit(draft, resolved, Bases(plans, resolved), scope.Now)
                    .TryGet(out var change, out refusal))
                {
                    return refusal;
                }

                if (!opened.IsNoChange)
                    await _store.InsertAsync(work.Session, scope.EnvironmentId, change.Value);
                else if (!change.IsNoChange)
                    await _store.ReplaceAsync(work.Session, scope.EnvironmentId, change.Value);
                return new Change<PackageVersion>(change.Value, [.. opened.Events, .. change.Events]);
            },
            cancellationToken);

    public Task<Result<PackageVersion>> CreateDraftAsync(
        OperationScope scope, PackageId id, CancellationToken cancellationToken) =>
        WriteAsync(
            scope,
            async (work, plans) =>
            {
                if (!LiveLatest(plans, id).TryGet(out var latest, out var refusal)
                    || !PackageRules.OpenDraft(latest, plans.Draft(id), Guid.CreateVersion7(), scope.Now)
                        .TryGet(out var change, out refusal))
                {
                    return refusal;
                }

                await _store.InsertAsync(work.Session, scope.EnvironmentId, change.Value);
                return change;
            },
            cancellationToken);

    /// <summary>Takes the draft away; a plan never published goes with it and its id is free again.</summary>
    public Task<Result<PackageVersion>> RemoveDraftAsync(
        OperationScope scope, PackageId id, CancellationToken cancellationToken) =>
        WriteAsync(
            scope,
            async (work, plans) =>
            {
                if (plans.Latest(id) is not { } latest)
                    return NotFound(id);
                if (latest.Status == PackageStatus.Draft && plans.HasChildren(id))
                {
                    return new Refusal(ErrorCode.PlanWithChildCantBeDeleted,
                        $"Other plans inherit from plan '{id}', which has no version but this draft; give them another "
                        + "base plan first.");
                }

                if (!PackageRules.Discard(plans.Draft(id), id).TryGet(out var change, out var refusal))
                    return refusal;
                await _store.DeleteAsync(work.Session, scope.EnvironmentId, change.Value);
                return change;
            },
            cancellationToken);

    public Task<Result<PackageVersion>> ArchiveAsync(
        OperationScope scope, PackageId id, CancellationToken cancellationToken) =>
        WriteAsync(
            scope,
            async (work, plans) =>
            {
                if (plans.Latest(id) is not { } latest)
                    return NotFound(id);
                var settings = (await _products.ListAsync(work.Session, scope.EnvironmentId))
                    .Select(row => row.Value.Settings).ToList();
                var use = new PlanUse
                {
                    IsStartPlan = settings.Exists(s => s.StartPlanId == id),
                    IsDowngradePlan = settings.Exists(s => s.DowngradePlanId == id),
                    HasChildren = plans.HasChildren(id),
                    HasOpenDraft = plans.Draft(id) is not null,
                };
                if (!ArchivePackage.Plan(latest, use, scope.Now).TryGet(out var change, out var refusal))
                    return refusal;
                if (change.IsNoChange)
                    return change;
                await _store.ReplaceAsync(work.Session, scope.EnvironmentId, change.Value);
                work.CatalogChanged();
                return change;
            },
            cancellationToken);

    internal static Refusal NotFound(PackageId id) => new(
        ErrorCode.PlanNotFound, $"There is no plan with the id '{id}' in this environment; create it first.");

    /// <summary>The latest version of a plan that may be written to.</summary>
    internal static Result<PackageVersion> LiveLatest(CurrentPlans plans, PackageId id) => plans.Latest(id) switch
    {
        null => NotFound(id),
        { Status: PackageStatus.Archived } => new Refusal(
            ErrorCode.EntityIsArchivedError, $"Plan '{id}' is archived and cannot be changed; create another plan."),
        var latest => latest,
    };

    private static BasePlanFacts Bases(CurrentPlans plans, PackageEdit edit) => new(
        edit.BasePlanId is { IsGiven: true, Value: { } named } ? plans.Latest(named) : null, plans.BaseOf);

    private Task<Result<PackageVersion>> WriteAsync(
        OperationScope scope,
        Func<Work, CurrentPlans, Task<Result<Change<PackageVersion>>>> decide,
        CancellationToken cancellationToken) => unitOfWork.WriteAsync<PackageVersion>(
        scope,
        [UnitOfWork.CatalogLock(scope.EnvironmentId)],
        async (work, _) =>
        {
            var plans = await CurrentPlans.LoadAsync(_store, work.Session, scope.EnvironmentId);
            if (!(await decide(work, plans)).TryGet(out var change, out var refusal))
                return refusal;
            work.Record(change.Events);
            return change.Value;
        },
        cancellationToken);
}

/// <summary>A plan as a request asks for it: where it belongs, and what its first draft says.</summary>
public sealed record PlanDraft(PackageId Id, ProductId ProductId, PackageEdit Content);

/// <summary>A partial change of a plan; pricing is replaced as a whole.</summary>
public sealed record PlanUpdate(PackageEdit Content, PricingInput? Pricing)
{
    /// <summary>
    /// What the overages of <see cref="Pricing"/> include before they charge: put on the draft's entitlements.
    /// </summary>
    public IReadOnlyList<EntitlementInput> OverageAllowances { get; init; } = [];
}

/// <summary>A charge with whether an open subscription pays it.</summary>
public sealed record ListedCharge(Charge Charge, bool UsedInSubscriptions);

/// <summary>The two lists of charges of a plan version.</summary>
public enum ChargeList
{
    Regular,
    Overage,
}
