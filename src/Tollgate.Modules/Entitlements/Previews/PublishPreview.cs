using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Subscriptions.Publishing;

namespace Tollgate.Modules.Entitlements.Previews;

/// <summary>What publishing would change.</summary>
/// <param name="Migration">Who would move.</param>
/// <param name="Published">
/// The versions there would be: the package's, then those of plans that inherit from it.
/// </param>
/// <param name="Changes">What the package's version says differently from the one before.</param>
/// <param name="Impact">The sums over all subscriptions; null on pages after the first.</param>
/// <param name="Scopes">The page of customers (or resources of one) whose subscriptions would move.</param>
public sealed record PublishPreview(
    MigrationType Migration, IReadOnlyList<PublishedVersion> Published, PackageChanges Changes, PublishImpact? Impact,
    Page<ScopeChange> Scopes);

/// <summary>A version that would be published; <paramref name="Previous"/> is null when it is the first one.</summary>
public sealed record PublishedVersion(PackageVersion Version, int? Previous);

/// <summary>What changes for a customer as a whole, or for one resource of it.</summary>
/// <param name="CustomerId">The customer.</param>
/// <param name="ResourceId">The resource; null for the customer as a whole.</param>
/// <param name="Subscriptions">Its subscriptions that would move.</param>
/// <param name="Entitlements">What differs in what it may use, everything it holds taken together.</param>
public sealed record ScopeChange(
    CustomerId CustomerId, ResourceId? ResourceId, IReadOnlyList<MovedSubscription> Subscriptions,
    IReadOnlyList<EntitlementDifference> Entitlements)
{
    /// <summary>
    /// A subscription of the customer cannot be read, so nothing can be said; the task would record it as failed.
    /// </summary>
    public bool IsUnreadable { get; init; }
}

/// <summary>A subscription before and after the move.</summary>
public sealed record MovedSubscription(Subscription Before, Subscription After);
