using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Entitlements;

/// <summary>
/// Feature groups as promotional grants (spec entitlements-and-usage 14.2): one promotional entitlement a member,
/// tagged with the group. A customer does not follow later versions of the group until it is granted again.
/// </summary>
public static class PromotionGroupRules
{
    /// <summary>
    /// Grants every member or none, by the rules of a plain grant: a feature granted before, by itself or with another
    /// group, is granted again and gets the tag.
    /// </summary>
    /// <param name="group">The group at its latest version.</param>
    /// <param name="rows">A row for each member, and for no other feature.</param>
    /// <param name="facts">What to know for the grant.</param>
    /// <param name="newUid">Where new identities come from.</param>
    /// <param name="now">The instant of the request.</param>
    public static Result<IReadOnlyList<Change<PromotionalEntitlement>>> Grant(
        FeatureGroup group, IReadOnlyList<PromotionInput> rows, PromotionFacts facts, Func<Guid> newUid, Instant now)
    {
        if (PromotionRules.CheckCustomer(facts.Customer) is { } archived)
            return archived;
        if (group.IsArchived)
        {
            return new Refusal(ErrorCode.EntityIsArchivedError,
                $"Feature group '{group.Id}' is archived and cannot be granted; unarchive it first.");
        }

        var findings = new Findings();
        for (var i = 0; i < rows.Count; i++)
        {
            // A feature that does not exist is told by the grant itself.
            if (facts.Features.ContainsKey(rows[i].FeatureId) && !group.FeatureIds.Contains(rows[i].FeatureId))
            {
                findings.Add(ErrorCode.FeatureNotBelongToFeatureGroupError, $"{PromotionRules.List}[{i}].featureId",
                    $"Feature '{rows[i].FeatureId}' is not a member of feature group '{group.Id}'; leave it out.");
            }
        }

        var missing = group.FeatureIds.Except(rows.Select(row => row.FeatureId)).Select(id => id.Value).ToList();
        if (missing.Count > 0)
        {
            findings.Add(ErrorCode.FeatureGroupMissingFeaturesError, PromotionRules.List,
                $"{PromotionRules.List} lacks the members '{string.Join("', '", missing)}' of feature group "
                + $"'{group.Id}'; give each member a row.");
        }

        return PromotionRules.Grant(findings, rows, facts, group.Id, newUid, now);
    }

    /// <summary>Takes the group back: what another group grants too only loses the tag.</summary>
    /// <param name="customer">The customer, archived or not.</param>
    /// <param name="groupId">The group.</param>
    /// <param name="live">The customer's live promotional entitlements.</param>
    /// <param name="now">The instant of the request.</param>
    public static Result<IReadOnlyList<Change<PromotionalEntitlement>>> Revoke(
        Customer customer, string groupId, IReadOnlyList<PromotionalEntitlement> live, Instant now) =>
        Change(customer, groupId, live, promotion => promotion.FeatureGroupIds.Count == 1
            ? PromotionRules.Revoked(promotion, now)
            : Untagged(promotion, groupId, now));

    /// <summary>Takes the tag off; everything stays granted.</summary>
    /// <inheritdoc cref="Revoke" path="/param" />
    public static Result<IReadOnlyList<Change<PromotionalEntitlement>>> Unlink(
        Customer customer, string groupId, IReadOnlyList<PromotionalEntitlement> live, Instant now) =>
        Change(customer, groupId, live, promotion => Untagged(promotion, groupId, now));

    private static Result<IReadOnlyList<Change<PromotionalEntitlement>>> Change(
        Customer customer, string groupId, IReadOnlyList<PromotionalEntitlement> live,
        Func<PromotionalEntitlement, Change<PromotionalEntitlement>> change)
    {
        if (PromotionRules.CheckCustomer(customer) is { } archived)
            return archived;
        List<Change<PromotionalEntitlement>> changes =
            [.. live.Where(promotion => promotion.FeatureGroupIds.Contains(groupId)).Select(change)];
        return changes.Count > 0
            ? Result<IReadOnlyList<Change<PromotionalEntitlement>>>.Ok(changes)
            : new Refusal(ErrorCode.PromotionalEntitlementNotFoundError,
                $"Customer '{customer.Id}' has no live promotional entitlement of feature group '{groupId}'; "
                + "list them to see which it has.");
    }

    private static Change<PromotionalEntitlement> Untagged(
        PromotionalEntitlement promotion, string groupId, Instant now) =>
        PromotionRules.Changed(EventType.PromotionalEntitlementUpdated, promotion, promotion with
        {
            FeatureGroupIds = [.. promotion.FeatureGroupIds.Where(id => id != groupId)],
            UpdatedAt = now,
        });
}
