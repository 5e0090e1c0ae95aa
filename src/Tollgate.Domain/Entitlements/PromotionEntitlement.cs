using NodaTime;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Entitlements;

/// <summary>A promotional grant as a source of entitlements.</summary>
internal static class PromotionEntitlement
{
    public static EntitlementSource Of(PromotionalGrant promotion, Feature feature, Instant now)
    {
        var value = EntitlementValues.Of(feature, promotion);
        return new()
        {
            Kind = EntitlementSourceKind.Promotion,
            Uid = promotion.Uid,
            StartDate = promotion.StartDate,
            Anchor = promotion.StartDate,
            Value = value,
            Contributions =
            [
                new() { Kind = ContributionKind.Promotion, Value = value, Effect = ContributionEffect.Counted },
            ],
            Order = new(2, 0),
            Changes = [.. Changes(promotion, now)],
        };
    }

    public static IEnumerable<EntitlementChange> Changes(PromotionalGrant promotion, Instant now)
    {
        if (promotion.IsPaused)
            yield break;
        if (promotion.StartDate > now)
            yield return new(promotion.StartDate, EntitlementChangeKind.PromotionStart, null);
        else if (promotion.EndDate is { } end && end > now)
            yield return new(end, EntitlementChangeKind.PromotionEnd, null);
    }
}
