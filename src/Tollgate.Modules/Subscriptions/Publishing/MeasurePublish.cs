using System.Text.Json;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions.Publishing;

/// <summary>
/// Says what publishing would do to the subscriptions: goes through them as the task would, by the same rule
/// (<see cref="PublishedMove"/>), and adds up. Memory does not grow with their number; nothing is written.
/// </summary>
public sealed class MeasurePublish(CatalogReader catalog)
{
    private const int BatchSize = 500;

    /// <param name="session">What to read from.</param>
    /// <param name="environment">Where.</param>
    /// <param name="published">The versions that would be published.</param>
    /// <param name="migration">Who would move.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    public async Task<PublishImpact> ExecuteAsync(
        Session session, EnvironmentId environment, IReadOnlyList<PackageVersion> published, MigrationType migration,
        CancellationToken cancellationToken)
    {
        var targets = TargetsOf(published);
        var store = new AffectedSubscriptionStore(targets);
        var byStatus = await store.CountByStatusAsync(session, environment);
        var ended = byStatus.Where(each => IsEnded(each.Key)).Sum(each => each.Value);
        var tally = new PublishImpactTally();
        tally.Skips(MoveSkip.Ended, ended);
        if (migration == MigrationType.NewCustomers)
        {
            tally.Skips(MoveSkip.NewCustomersOnly, byStatus.Values.Sum() - ended);
            return tally.Total();
        }

        var run = new Run(catalog.Publishing(published), session, environment, targets, tally);
        for (var after = 0L; await store.ListAsync(session, environment, after, BatchSize) is { Count: > 0 } batch;)
        {
            foreach (var row in batch)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await run.AddAsync(row);
            }

            after = batch[^1].Seq;
        }

        return tally.Total();
    }

    /// <summary>The scopes whose entitlements a publish for all customers may change, newest first.</summary>
    public Task<Result<Page<AffectedScope>>> PageScopesAsync(
        Session session, EnvironmentId environment, IReadOnlyList<PackageVersion> published, PageRequest page) =>
        new AffectedSubscriptionStore(TargetsOf(published)).PageScopesAsync(session, environment, page);

    /// <summary>What the versions are to the subscriptions that move to them.</summary>
    public static IReadOnlyList<PublishedTarget> TargetsOf(IReadOnlyList<PackageVersion> published) =>
        [.. published.Select(version => new PublishedTarget(version.Kind, version.Id, version.Version))];

    private static bool IsEnded(SubscriptionStatus status) =>
        status is SubscriptionStatus.Canceled or SubscriptionStatus.Expired;

    /// <summary>One run: what is read of the catalog is kept, what is read of subscriptions is not.</summary>
    private sealed class Run(
        CatalogReader catalog, Session session, EnvironmentId environment, IReadOnlyList<PublishedTarget> targets,
        PublishImpactTally tally)
    {
        private readonly RecurringAmounts _amounts = new(catalog, session, environment);
        private readonly LatestVersions _latest = new(catalog, session, environment);
        private readonly Dictionary<(PublishedTarget, int), MovedContent> _contents = [];

        public async Task AddAsync(AffectedRow row)
        {
            if (Read(row) is not { } before)
            {
                tally.Skips(MoveSkip.Unreadable, 1);
                return;
            }

            foreach (var target in targets)
            {
                if (PublishedMove.Of(before, target) is not { } after)
                    continue;
                tally.Moves(before.Status);
                foreach (var exception in MoveExceptions.Of(before, await ContentAsync(before, target)))
                    tally.Notes(exception);
                await CostAsync(before, after);
                return;
            }
        }

        private async Task CostAsync(Subscription before, Subscription after)
        {
            if (await _amounts.OfAsync(before) is not { } amount)
                return;
            var published = await _amounts.OfAsync(after);
            var migrated = MigrateSubscription.Outcome(
                await _amounts.HeldAsync(before),
                await _latest.PlanAsync(before.PlanId),
                await _latest.AddonsAsync(before.Addons));
            tally.Costs(
                amount,
                published?.Amount ?? 0,
                migrated is null ? null : (await _amounts.OfAsync(migrated))?.Amount ?? 0);
        }

        private async Task<MovedContent> ContentAsync(Subscription before, PublishedTarget target)
        {
            var from = target.Kind == PackageKind.Plan
                ? before.PlanVersion
                : before.Addons.Single(addon => addon.Id == target.Id).Version;
            if (_contents.TryGetValue((target, from), out var known))
                return known;
            return _contents[(target, from)] = target.Kind == PackageKind.Plan
                ? await OfPlanAsync(target, from)
                : await OfAddonAsync(target, from);
        }

        private async Task<MovedContent> OfPlanAsync(PublishedTarget target, int from)
        {
            var before = await _amounts.PlanAsync(target.Id, from);
            var after = await _amounts.PlanAsync(target.Id, target.Version);
            var addons = (after.Version.CompatibleAddonIds ?? []).ToHashSet();
            foreach (var taken in after.Version.CompatibleGroups)
            {
                if (await catalog.PackageGroupAsync(session, environment, taken.GroupId) is { } group)
                    addons.UnionWith(group.AddonIds);
            }

            return new(before.Entitlements, after.Entitlements, after.Version, addons)
            {
                OpenCredits = Open(after.CreditEntitlements),
            };
        }

        private async Task<MovedContent> OfAddonAsync(PublishedTarget target, int from)
        {
            var before = await _amounts.Versions.GetAsync(PackageKind.Addon, target.Id, from);
            var after = await _amounts.Versions.GetAsync(PackageKind.Addon, target.Id, target.Version);
            return new(before.Entitlements, after.Entitlements, after, addons: null)
            {
                OpenCredits = Open(after.CreditEntitlements),
            };
        }

        private static List<CurrencyId> Open(IEnumerable<PackageCreditEntitlement> rows) =>
            [.. rows.Where(row => row is { IsCustom: true, IsGranted: true, Amount: null })
                .Select(row => row.CurrencyId)];

        private static Subscription? Read(AffectedRow row)
        {
            try
            {
                return JsonSerializer.Deserialize(row.Body, BodyJson.Default.Subscription);
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }
}
