using NodaTime;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>
/// Where an entitlement stands among those of its package; smaller comes first. <paramref name="Id"/> is a feature's or
/// a credit currency's; when the draft has both, it means the feature.
/// </summary>
public sealed record EntitlementPosition(string Id, decimal Order);

/// <summary>Rearranging the entitlements of a draft, features and credits in one order (spec catalog 8.2).</summary>
public static class EntitlementOrdering
{
    /// <summary>
    /// The draft with its rows in their new order; rows not named keep their number, rows of equal number their place.
    /// </summary>
    public static Result<PackageVersion> Apply(
        PackageVersion draft, IReadOnlyList<EntitlementPosition> positions, Instant now)
    {
        var findings = new Findings();
        var features = new Dictionary<FeatureId, decimal>();
        var credits = new Dictionary<CurrencyId, decimal>();
        for (var i = 0; i < positions.Count; i++)
        {
            var (id, order) = positions[i];
            var isNew = draft.Entitlements.Any(e => e.FeatureId.Value == id) ? features.TryAdd(new(id), order)
                : draft.CreditEntitlements.Any(e => e.CurrencyId.Value == id) ? credits.TryAdd(new(id), order)
                : (bool?)null;
            if (isNew is null)
            {
                findings.Add(ErrorCode.FeatureNotFound, $"entitlements[{i}].id",
                    $"The draft of '{draft.Id}' has no entitlement for a feature or credits '{id}'; add it first.");
            }
            else if (isNew == false)
            {
                findings.Bad($"entitlements[{i}].id", $"'{id}' is given two positions; keep one.");
            }
        }

        if (findings.ToRefusal() is { } refusal)
            return refusal;
        return draft with
        {
            Entitlements =
            [
                .. draft.Entitlements
                    .Select(e => features.TryGetValue(e.FeatureId, out var order) && order != e.Order
                        ? e with { Order = order, UpdatedAt = now }
                        : e)
                    .OrderBy(e => e.Order ?? decimal.MaxValue),
            ],
            CreditEntitlements =
            [
                .. draft.CreditEntitlements
                    .Select(e => credits.TryGetValue(e.CurrencyId, out var order) && order != e.Order
                        ? e with { Order = order, UpdatedAt = now }
                        : e)
                    .OrderBy(e => e.Order ?? decimal.MaxValue),
            ],
        };
    }
}
