using System.Text.Json;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Catalog;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>Coupons between their wire shape and the domain.</summary>
internal static class CouponWire
{
    private const string Active = "ACTIVE";
    private const string Archived = "ARCHIVED";

    public static RestCoupon ToRest(Coupon coupon) => new()
    {
        Id = coupon.Id,
        AmountsOff = coupon.AmountsOff?.Select(money => new RestMoney(money.Amount, money.Currency)).ToList(),
        BillingId = coupon.BillingId,
        BillingLinkUrl = null,
        CreatedAt = Wire.Instant(coupon.CreatedAt),
        Description = coupon.Description,
        DurationInMonths = coupon.DurationInMonths,
        Metadata = coupon.Metadata,
        Name = coupon.Name,
        PercentOff = coupon.PercentOff,
        Source = Wire.Symbol(coupon.Source),
        Status = coupon.IsArchived ? Archived : Active,
        Type = Wire.Symbol(coupon.Type),
        UpdatedAt = Wire.Instant(coupon.UpdatedAt),
    };

    /// <summary>The wanted values of the archived flag; null when no status is asked for.</summary>
    public static IReadOnlyCollection<bool>? ArchivedOf(IReadOnlyList<string> statuses) =>
        statuses.Count == 0 ? null : [.. statuses.Select(status => status == Archived).Distinct()];

    public static CouponDraft DraftFromRest(JsonElement body) => new(body.Text("id"), body.Text("name"))
    {
        Description = body.TextOrNull("description"),
        PercentOff = body.NumberOrNull("percentOff"),
        AmountsOff = body.ListOrNull("amountsOff", ChargeWire.MoneyFromRest),
        DurationInMonths = body.IntegerOrNull("durationInMonths"),
        Metadata = body.MetadataOrNull(),
    };

    public static CouponEdit EditFromRest(JsonElement body) => new()
    {
        Name = body.OptionalText("name"),
        Description = body.OptionalText("description"),
        Metadata = body.OptionalMetadata(),
    };
}
