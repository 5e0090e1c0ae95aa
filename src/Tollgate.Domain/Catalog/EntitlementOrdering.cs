using NodaTime;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>Where an entitlement stands among those of its package; smaller comes first.</summary>
public sealed record EntitlementPosition(FeatureId FeatureId, decimal Order);

/// <summary>Rearranging the entitlements of a draft (spec catalog 8.2).</summary>
public static class EntitlementOrdering
{
    /// <summary>
    /// The rows in their new order; rows not named keep their number, rows of equal number their place.
    /// </summary>
    public static Result<IReadOnlyList<PackageEntitlement>> Apply(
        PackageVersion draft, IReadOnlyList<EntitlementPosition> positions, Instant now)
    {
        var findings = new Findings();
        var wanted = new Dictionary<FeatureId, decimal>();
        for (var i = 0; i < positions.Count; i++)
        {
            var (feature, order) = positions[i];
            if (draft.Entitlements.All(e => e.FeatureId != feature))
            {
                findings.Add(ErrorCode.FeatureNotFound, $"entitlements[{i}].id",
                    $"The draft of '{draft.Id}' has no entitlement for a feature '{feature}'; add it first.");
            }
            else if (!wanted.TryAdd(feature, order))
            {
                findings.Bad($"entitlements[{i}].id", $"'{feature}' is given two positions; keep one.");
            }
        }

        if (findings.ToRefusal() is { } refusal)
            return refusal;
        return Result<IReadOnlyList<PackageEntitlement>>.Ok(
        [
            .. draft.Entitlements
                .Select(e => wanted.TryGetValue(e.FeatureId, out var order) && order != e.Order
                    ? e with { Order = order, UpdatedAt = now }
                    : e)
                .OrderBy(e => e.Order ?? decimal.MaxValue),
        ]);
    }
}
