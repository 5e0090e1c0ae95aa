using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Catalog;

/// <summary>What goes with a deleted product, and what else changes.</summary>
/// <param name="Product">The product as it was.</param>
/// <param name="Packages">Every version of its plans and add-ons.</param>
/// <param name="Changed">Other products, without the auto-cancellation rules that named its plans.</param>
/// <param name="Events">In the order in which they happen.</param>
public sealed record DeletedProduct(
    Product Product, IReadOnlyList<PackageVersion> Packages, IReadOnlyList<Product> Changed,
    IReadOnlyList<DomainEvent> Events);

/// <summary>
/// Deleting products: only while nobody ever subscribed; their ids are free afterwards (spec catalog 3.4).
/// </summary>
public static class ProductDeletion
{
    /// <param name="product">The product, archived or not.</param>
    /// <param name="hasSubscriptions">Any subscription of the product was ever provisioned.</param>
    /// <param name="packages">Every version of its packages.</param>
    /// <param name="others">The other products.</param>
    /// <param name="now">The time of the call.</param>
    public static Result<DeletedProduct> Of(
        Product product, bool hasSubscriptions, IReadOnlyList<PackageVersion> packages, IEnumerable<Product> others,
        Instant now)
    {
        if (hasSubscriptions)
        {
            return new Refusal(ErrorCode.CannotDeleteProductError,
                $"Product '{product.Id}' has had subscriptions and stays for their history; archive it instead.");
        }

        var plans = packages.Where(p => p.Kind == PackageKind.Plan).Select(p => p.Id).ToHashSet();
        var changed = others
            .Select(other => (Before: other, After: other with
            {
                AutoCancellationRules = [.. other.AutoCancellationRules.Where(
                    rule => !plans.Contains(rule.SourcePlanId) && !plans.Contains(rule.TargetPlanId))],
                UpdatedAt = now,
            }))
            .Where(pair => pair.After.AutoCancellationRules.Count < pair.Before.AutoCancellationRules.Count)
            .ToList();
        return new DeletedProduct(product, packages, [.. changed.Select(pair => pair.After)],
        [
            .. packages.Select(Gone).OfType<DomainEvent>(),
            .. changed.Select(pair => ProductEvent(EventType.ProductUpdated, pair.Before, pair.After)),
            ProductEvent(EventType.ProductDeleted, product, null),
        ]);
    }

    /// <summary>
    /// Archived packages were reported as deleted when they were archived, replaced versions when replaced.
    /// </summary>
    private static DomainEvent? Gone(PackageVersion version) => version switch
    {
        { Status: PackageStatus.Draft } => PackageEvents.Of(EventType.PackageDraftDeleted, version, null),
        { Status: PackageStatus.Published, IsLatest: true } =>
            PackageEvents.Of(PackageEvents.Deleted(version.Kind), version, null),
        _ => null,
    };

    private static DomainEvent ProductEvent(EventType type, Product before, Product? after) =>
        new(type, EntityKind.Product, before.Id.Value, null, before, after);
}
