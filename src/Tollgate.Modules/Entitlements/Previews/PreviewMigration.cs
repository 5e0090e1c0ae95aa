using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Subscriptions.Bills;
using Tollgate.Modules.Subscriptions.Publishing;

namespace Tollgate.Modules.Entitlements.Previews;

/// <summary>
/// What migrating one subscription to the latest versions would do now: the migration itself, rolled back (spec
/// subscriptions 13).
/// </summary>
public sealed class PreviewMigration(
    SubscriptionUseCases subscriptions, DescribePreview preview, CatalogReader catalog, ScopeCompiler compiler)
{
    public Task<Result<MigrationPreview>> ExecuteAsync(
        OperationScope scope, SubscriptionId id, SubscriptionMigrationTime time, CancellationToken cancellationToken) =>
        subscriptions.PreviewMigrationAsync(scope, id, time, DescribeAsync, cancellationToken);

    private async Task<MigrationPreview> DescribeAsync(Work work, ChangedSubscription changed)
    {
        var (session, environment, now) = (work.Session, work.Scope.EnvironmentId, work.Scope.Now);
        var (before, after) = (changed.Before, changed.Billed.Decision.Subject);
        var (customer, resource) = (before.CustomerId, before.ResourceId);
        var features = await catalog.FeaturesAsync(session, environment);
        var had = await compiler.ComputeWithAsync(
            session, environment, customer, resource, changed.Records.All.Where(s => !s.IsEnded), features, now);
        var has = await compiler.ComputeAsync(session, environment, customer, resource, features, now);
        var amounts = new RecurringAmounts(catalog, session, environment);
        var isScheduled = after.FutureUpdates.Any(
            update => update.Type == ScheduleType.MigrateToLatest && update.IsScheduled);
        return new()
        {
            Before = before,
            After = after,
            IsScheduled = isScheduled,
            Entitlements = EntitlementDifference.Between(had, has),
            Charges = Differences(
                SubscriptionCharges.Of(await amounts.HeldAsync(before)),
                SubscriptionCharges.Of(await amounts.HeldAsync(after))),
            RecurringBefore = await amounts.OfAsync(before),
            RecurringAfter = await amounts.OfAsync(after),
            Invoices = after.PricingType == PricingType.Paid || changed.Billed.Invoices.Count > 0
                ? await preview.OfAsync(work, after, changed.Billed.Invoices, changed.Billed.Decision.Direction)
                : null,
        };
    }

    /// <summary>
    /// Charges that come, go, or cost something else; each with the subscription's own price where it has one.
    /// </summary>
    private static IReadOnlyList<ContentChange<SubscriptionCharge>> Differences(
        IReadOnlyList<SubscriptionCharge> before, IReadOnlyList<SubscriptionCharge> after) =>
    [
        .. after.Concat(before).Select(charge => charge.Key).Distinct()
            .Select(key => (Before: Find(before, key), After: Find(after, key)))
            .Where(pair => pair is not ({ } was, { } now)
                || was.Quantity != now.Quantity || !PackageContent.Same(was.Charge, now.Charge))
            .Select(pair => new ContentChange<SubscriptionCharge>(
                pair.Before is null ? ChangeType.Added : pair.After is null ? ChangeType.Deleted : ChangeType.Modified,
                pair.Before,
                pair.After)),
    ];

    private static SubscriptionCharge? Find(IReadOnlyList<SubscriptionCharge> charges, ChargeKey key) =>
        charges.FirstOrDefault(charge => charge.Key == key);
}

/// <summary>What a migration to the latest would leave.</summary>
public sealed record MigrationPreview
{
    /// <summary>The subscription as it is.</summary>
    public required Subscription Before { get; init; }

    /// <summary>As it would be; another record when the change of pricing type starts one.</summary>
    public required Subscription After { get; init; }

    /// <summary>It waits for the end of the billing period: until then nothing changes.</summary>
    public required bool IsScheduled { get; init; }

    /// <summary>What differs in what its customer, or its resource, may use, everything held taken together.</summary>
    public required IReadOnlyList<EntitlementDifference> Entitlements { get; init; }
    public required IReadOnlyList<ContentChange<SubscriptionCharge>> Charges { get; init; }

    /// <summary>What a full period costs in advance; null when it is not PAID.</summary>
    public RecurringAmount? RecurringBefore { get; init; }
    public RecurringAmount? RecurringAfter { get; init; }

    /// <summary>What is due now and each period; null when nothing costs anything.</summary>
    public SubscriptionPreview? Invoices { get; init; }
}
