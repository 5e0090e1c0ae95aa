using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>
/// The versions of a package, who is on them, and what its draft would change (spec catalog 4.1 to 4.3).
/// </summary>
public sealed class PackageVersions(
    UnitOfWork unitOfWork, CatalogReader catalog, IPackageSubscriptions subscriptions, ListEvents events)
{
    private static readonly EventType[] DraftWrites =
    [
        EventType.PackageDraftCreated, EventType.PackageDraftUpdated, EventType.PlanCreated, EventType.AddonCreated,
    ];

    private readonly PackageStore _store = new();

    /// <summary>Newest first, the draft included, each with the subscriptions on it that have not ended.</summary>
    public Task<Result<IReadOnlyList<CountedVersion>>> ListAsync(
        OperationScope scope, PackageKind kind, PackageId id, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<IReadOnlyList<CountedVersion>>>(
            async (session, _) =>
            {
                var versions = await _store.ListVersionsAsync(session, scope.EnvironmentId, kind, id);
                if (versions.Count == 0)
                    return PackageSet.NotFound(kind, id);
                var counts = await subscriptions.CountOpenByVersionAsync(session, scope.EnvironmentId, kind, id);
                return Result<IReadOnlyList<CountedVersion>>.Ok(
                [
                    .. versions.Select(row => row.Value).OrderByDescending(version => version.Version)
                        .Select(version => new CountedVersion(version, counts.GetValueOrDefault(version.Version))),
                ]);
            },
            cancellationToken);

    /// <summary>
    /// One version, or without a number what REST reads show: the latest published one, else the draft.
    /// </summary>
    public async Task<Result<PackageDetails>> RetrieveAsync(
        OperationScope scope, PackageKind kind, PackageId id, int? version, CancellationToken cancellationToken)
    {
        var read = await unitOfWork.Database.ReadAsync(
            (session, _) => ReadAsync(session, scope, kind, id, version), cancellationToken);
        if (!read.TryGet(out var details, out var refusal) || details.Draft is not { } draft)
            return read;
        var writer = await WriterOfDraftAsync(scope, kind, id, cancellationToken);
        return details with { Draft = draft with { UpdatedBy = writer } };
    }

    /// <summary>What publishing the open draft would change.</summary>
    public Task<Result<PackageChanges>> ChangesAsync(
        OperationScope scope, PackageKind kind, PackageId id, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<PackageChanges>>(
            async (session, _) =>
            {
                var own = (await CurrentPackages.LoadAsync(_store, session, scope.EnvironmentId)).Of(kind);
                if (own.Latest(id) is null)
                    return PackageSet.NotFound(kind, id);
                return own.Draft(id) is { } draft
                    ? PackageDiff.Of(own.Published(id), draft)
                    : PackageRules.NoDraft(id);
            },
            cancellationToken);

    private async Task<Result<PackageDetails>> ReadAsync(
        Session session, OperationScope scope, PackageKind kind, PackageId id, int? version)
    {
        var environment = scope.EnvironmentId;
        var own = (await CurrentPackages.LoadAsync(_store, session, environment)).Of(kind);
        if (own.Latest(id) is not { } latest)
            return PackageSet.NotFound(kind, id);
        var shown = latest;
        if (version is { } number)
        {
            if (await _store.FindVersionAsync(session, environment, kind, id, number) is not { } row)
                return PackageSet.VersionNotFound(kind, id, number);
            shown = row.Value;
        }

        var bases = await catalog.InheritanceAsync(session, environment, shown);
        var counts = await subscriptions.CountOpenByVersionAsync(session, environment, kind, id);
        return new PackageDetails(shown)
        {
            Inherited = [.. bases.SelectMany(plan => plan.Entitlements)
                .Where(e => shown.Entitlements.All(mine => mine.FeatureId != e.FeatureId))
                .DistinctBy(e => e.FeatureId)],
            InheritedCredits = [.. bases.SelectMany(plan => plan.CreditEntitlements)
                .Where(e => shown.CreditEntitlements.All(mine => mine.CurrencyId != e.CurrencyId))
                .DistinctBy(e => e.CurrencyId)],
            IsParent = kind == PackageKind.Plan && own.HasChildren(id),
            HasSubscriptions = counts.Values.Sum() > 0,
            Draft = shown.Status == PackageStatus.Published && own.Draft(id) is { } draft
                ? await DraftAsync(session, environment, own, latest, draft)
                : null,
        };
    }

    private async Task<DraftDetails> DraftAsync(
        Session session, EnvironmentId environment, PackageSet own, PackageVersion latest, PackageVersion draft)
    {
        List<PackageId> children = [.. own.DescendantsOf(latest.Id)];
        return new(draft, PackageDiff.Of(latest, draft))
        {
            AffectedChildPlans = children,
            ChildPlansWithDraft = [.. children.Where(child => own.Draft(child) is not null)],
            CustomersAffected = await subscriptions.CountOpenCustomersAsync(
                session, environment, draft.Kind, [latest.Id, .. children]),
        };
    }

    /// <summary>Who wrote the draft last; the event log knows.</summary>
    private async Task<Actor?> WriterOfDraftAsync(
        OperationScope scope, PackageKind kind, PackageId id, CancellationToken cancellationToken) =>
        (await events.ExecuteAsync(
            scope,
            new()
            {
                Types = DraftWrites,
                EntityKind = kind == PackageKind.Plan ? EntityKind.Plan : EntityKind.Addon,
                EntityId = id.Value,
            },
            new PageRequest(1, null, null),
            cancellationToken)).Map(page => page.Items.Count == 0 ? null : page.Items[0].Actor).Value;
}

/// <summary>A version with the number of subscriptions on it that have not ended.</summary>
public sealed record CountedVersion(PackageVersion Version, int Subscriptions);

/// <summary>A version of a package with what the catalog knows around it.</summary>
public sealed record PackageDetails(PackageVersion Version)
{
    /// <summary>Entitlements that come from base plans and that the version does not define itself.</summary>
    public required IReadOnlyList<PackageEntitlement> Inherited { get; init; }

    /// <summary>The same of credits.</summary>
    public IReadOnlyList<PackageCreditEntitlement> InheritedCredits { get; init; } = [];
    public required bool IsParent { get; init; }

    /// <summary>A subscription that has not ended is on some version of it.</summary>
    public required bool HasSubscriptions { get; init; }

    /// <summary>The open draft behind a published version.</summary>
    public DraftDetails? Draft { get; init; }
}

/// <summary>An open draft and what publishing it would touch.</summary>
public sealed record DraftDetails(PackageVersion Draft, PackageChanges Changes)
{
    public Actor? UpdatedBy { get; init; }

    /// <summary>Customers with a subscription that has not ended to the package or a plan below it.</summary>
    public required int CustomersAffected { get; init; }

    /// <summary>Published plans that inherit from it, directly or through others.</summary>
    public required IReadOnlyList<PackageId> AffectedChildPlans { get; init; }

    /// <summary>Those of them that have a draft of their own.</summary>
    public required IReadOnlyList<PackageId> ChildPlansWithDraft { get; init; }
}
