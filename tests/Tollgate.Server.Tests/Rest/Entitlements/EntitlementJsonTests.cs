using System.Text;
using System.Text.Json;
using Tollgate.Contracts;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Server.Rest.Entitlements;

namespace Tollgate.Server.Tests.Rest.Entitlements;

public sealed class EntitlementJsonTests
{
    private static readonly WireInstant Instant = new(1_709_210_096_007);

    public static TheoryData<RestFeatureEntitlement> Entitlements => [.. Variants()];

    [Theory, MemberData(nameof(Entitlements))]
    public void Written_by_hand_is_the_bytes_of_the_serializer(RestFeatureEntitlement entitlement)
    {
        var serialized = JsonSerializer.SerializeToUtf8Bytes(
            new RestData<RestEntitlement>(entitlement), RestJson.Wire.RestDataRestEntitlement);

        var written = EntitlementJson.Write(entitlement);

        Assert.Equal(Encoding.UTF8.GetString(serialized), Encoding.UTF8.GetString(written));
    }

    /// <summary>Nothing, everything, and everything with each property missing in turn would tell a wrong order or name.</summary>
    private static IEnumerable<RestFeatureEntitlement> Variants()
    {
        var nothing = new RestFeatureEntitlement { AccessDeniedReason = "CustomerNotFound", IsGranted = false };
        var everything = new RestFeatureEntitlement
        {
            AccessDeniedReason = null,
            IsGranted = true,
            Feature = new() { Id = "feature-ü", DisplayName = "\"A\" & <b>\t'+'", FeatureStatus = "ACTIVE", FeatureType = "NUMBER" },
            CurrentUsage = 12.500m,
            HasUnlimitedUsage = false,
            ResetPeriod = "MONTH",
            UsageLimit = 1_000_000.0m,
            UsagePeriodAnchor = new(0),
            UsagePeriodStart = Instant,
            UsagePeriodEnd = new(253_402_300_799_999),
            EntitlementUpdatedAt = new(-1),
            ValidUntil = Instant,
        };
        return
        [
            nothing,
            everything,
            everything with { Feature = null },
            everything with { CurrentUsage = null, UsageLimit = null },
            everything with { HasUnlimitedUsage = null },
            everything with { ResetPeriod = null, UsagePeriodAnchor = null, UsagePeriodStart = null, UsagePeriodEnd = null },
            everything with { EntitlementUpdatedAt = null, ValidUntil = null },
        ];
    }
}
