using System.Text.Json;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Subscriptions.Publishing;
using Tollgate.Storage;

namespace Tollgate.Modules.Entitlements.Previews;

/// <summary>
/// What publishing a draft would change, and for whom: the decision of the publish itself, the rule of the task that
/// moves subscriptions, and the computation of checks, run without writing anything (spec catalog 4.4).
/// </summary>
public sealed class PreviewPublish(
    UnitOfWork unitOfWork, CatalogReader catalog, PublishPlan plans, PublishAddon addons, MeasurePublish measure,
    SubscriptionReader subscriptions, AdvanceSubscriptions advance, ScopeCompiler compiler)
{
    /// <summary>
    /// Refused exactly when the publish would be. Subscriptions are as they are once all that is due by now is done.
    /// With a cursor only the scopes are answered, so that paging through them does not count everybody again.
    /// </summary>
    public async Task<Result<PublishPreview>> ExecuteAsync(
        OperationScope scope, PackageKind kind, PackageId id, MigrationType migration, PageRequest page,
        CancellationToken cancellationToken)
    {
        PublishDraft publish = kind == PackageKind.Plan ? plans : addons;
        await advance.CatchUpAsync(scope.Environment, scope.Now, cancellationToken);
        return await unitOfWork.Database.ReadAsync<Result<PublishPreview>>(
            async (session, token) =>
            {
                if (!(await publish.DecideAsync(session, scope, id, migration))
                    .TryGet(out var outcome, out var refusal))
                {
                    return refusal;
                }

                var scopes = await ScopesAsync(session, scope, outcome.Published, migration, page);
                if (!scopes.TryGet(out var shown, out refusal))
                    return refusal;
                var published = outcome.Published[0];
                return new PublishPreview(
                    migration,
                    [.. outcome.Published.Select(version => new PublishedVersion(
                        version, outcome.Retired.FirstOrDefault(old => old.Id == version.Id)?.Version))],
                    PackageDiff.Of(outcome.Retired.FirstOrDefault(old => old.Id == published.Id), published),
                    page is { After: null, Before: null }
                        ? await measure.ExecuteAsync(
                            session, scope.EnvironmentId, outcome.Published, migration, token)
                        : null,
                    shown);
            },
            cancellationToken);
    }

    private async Task<Result<Page<ScopeChange>>> ScopesAsync(
        Session session, OperationScope scope, IReadOnlyList<PackageVersion> published, MigrationType migration,
        PageRequest page)
    {
        if (migration == MigrationType.NewCustomers)
            return new Page<ScopeChange>([], null, null);
        var found = await measure.PageScopesAsync(session, scope.EnvironmentId, published, page);
        if (!found.TryGet(out var affected, out var refusal))
            return refusal;
        var features = await catalog.FeaturesAsync(session, scope.EnvironmentId);
        var then = compiler.Publishing(published);
        var changes = new List<ScopeChange>();
        foreach (var each in affected.Items)
            changes.Add(await ChangeAsync(session, scope, each, MeasurePublish.TargetsOf(published), features, then));
        return new Page<ScopeChange>(changes, affected.Next, affected.Previous);
    }

    private async Task<ScopeChange> ChangeAsync(
        Session session, OperationScope scope, AffectedScope affected, IReadOnlyList<PublishedTarget> targets,
        IReadOnlyDictionary<FeatureId, Feature> features, ScopeCompiler then)
    {
        var (customer, resource) = affected;
        IReadOnlyList<Subscription> held;
        try
        {
            held = await subscriptions.OpenOfCustomerAsync(session, scope.EnvironmentId, customer);
        }
        catch (JsonException)
        {
            return new(customer, resource, [], []) { IsUnreadable = true };
        }

        var moved = held.Select(before => (Before: before, After: PublishedMove.Of(before, targets))).ToList();
        var before = await compiler.ComputeWithAsync(
            session, scope.EnvironmentId, customer, resource, held, features, scope.Now);
        var after = await then.ComputeWithAsync(
            session, scope.EnvironmentId, customer, resource, moved.Select(m => m.After ?? m.Before), features,
            scope.Now);
        return new(
            customer,
            resource,
            [.. moved.Where(m => m.After is not null && m.Before.ResourceId == resource)
                .Select(m => new MovedSubscription(m.Before, m.After!))],
            EntitlementDifference.Between(before, after));
    }
}
