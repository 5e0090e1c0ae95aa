using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Entitlements.Previews;
using Tollgate.Modules.Subscriptions.Publishing;
using Tollgate.Server.Rest.Entitlements;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>A publish preview with the cursors of its scopes.</summary>
public sealed record RestPublishPreviewPage(RestPublishPreview Data, RestPagination Pagination);

/// <summary>Schema <c>TollgatePublishPreview</c>.</summary>
public sealed record RestPublishPreview(
    string MigrationType, IReadOnlyList<RestPublishedVersion> Versions, RestPackageChanges Changes,
    RestPublishImpact? Impact, IReadOnlyList<RestPublishScope> Scopes);

public sealed record RestPublishedVersion(string Kind, string Id, long? PreviousVersionNumber, long VersionNumber);

/// <summary>Schema <c>TollgatePublishImpact</c>.</summary>
public sealed record RestPublishImpact(
    long MovedSubscriptions, IReadOnlyList<RestStatusCount> MovedByStatus, IReadOnlyList<RestReasonCount> Skipped,
    IReadOnlyList<RestReasonCount> Exceptions, IReadOnlyList<RestRecurringImpact> Recurring);

public sealed record RestStatusCount(string Status, long Count);

public sealed record RestReasonCount(string Reason, long Count);

/// <summary>Schema <c>TollgateRecurringImpact</c>.</summary>
public sealed record RestRecurringImpact(
    string Currency, string BillingPeriod, long Subscriptions, decimal Before, decimal After, decimal IfMigrated,
    long NotMigratable);

/// <summary>Schema <c>TollgatePublishScope</c>.</summary>
public sealed record RestPublishScope(
    string CustomerId, string? ResourceId, IReadOnlyList<RestMovedSubscription> Subscriptions,
    IReadOnlyList<RestEntitlementDifference> Entitlements, bool IsUnreadable);

public sealed record RestMovedSubscription(
    string Id, string Status, string PlanId, IReadOnlyList<RestVersionMove> Versions);

/// <summary>Schema <c>TollgateVersionMove</c>.</summary>
public sealed record RestVersionMove(string Kind, string Id, long Before, long After);

/// <summary>Publish previews as they are answered.</summary>
internal static class PublishPreviewWire
{
    public static RestPublishPreviewPage ToRest(PublishPreview preview) => new(
        new(
            Wire.Symbol(preview.Migration),
            [.. preview.Published.Select(each => new RestPublishedVersion(
                Wire.Symbol(each.Version.Kind), each.Version.Id.Value, each.Previous, each.Version.Version))],
            PackageChangesWire.ToRest(preview.Changes),
            preview.Impact is { } impact ? ToRest(impact) : null,
            [.. preview.Scopes.Items.Select(ToRest)]),
        new(preview.Scopes.Next, preview.Scopes.Previous));

    private static RestPublishImpact ToRest(PublishImpact impact) => new(
        impact.TotalMoved,
        [.. impact.Moved.Select(each => new RestStatusCount(Wire.Symbol(each.Key), each.Value))],
        [.. impact.Skipped.Select(each => new RestReasonCount(Wire.Symbol(each.Key), each.Value))],
        [.. impact.Exceptions.Select(each => new RestReasonCount(Wire.Symbol(each.Key), each.Value))],
        [.. impact.Recurring.Select(sum => new RestRecurringImpact(
            sum.Currency, Wire.Symbol(sum.Period), sum.Subscriptions, sum.Before, sum.After, sum.Migrated,
            sum.NotMigratable))]);

    private static RestPublishScope ToRest(ScopeChange scope) => new(
        scope.CustomerId.Value,
        scope.ResourceId?.Value,
        [.. scope.Subscriptions.Select(moved => new RestMovedSubscription(
            moved.Before.Id.Value,
            Wire.Symbol(moved.Before.Status),
            moved.Before.PlanId.Value,
            [.. Moves(moved.Before, moved.After)]))],
        [.. scope.Entitlements.Select(EntitlementDifferenceWire.ToRest)],
        scope.IsUnreadable);

    private static IEnumerable<RestVersionMove> Moves(Subscription before, Subscription after)
    {
        if (before.PlanVersion != after.PlanVersion)
        {
            yield return new(
                Wire.Symbol(PackageKind.Plan), before.PlanId.Value, before.PlanVersion, after.PlanVersion);
        }

        foreach (var (was, now) in before.Addons.Zip(after.Addons).Where(pair => pair.First != pair.Second))
            yield return new(Wire.Symbol(PackageKind.Addon), was.Id.Value, was.Version, now.Version);
    }
}
