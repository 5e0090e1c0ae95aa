using Tollgate.Contracts.Rest.Responses;

namespace Tollgate.Contracts.Tests.Rest.Responses;

/// <summary>Promotional entitlements with everything set and with as little as possible.</summary>
internal static class PromotionSamples
{
    private static readonly WireInstant At = new(1738326896700);
    private static readonly Guid Uid = Guid.Parse("0f8fad5b-d9cb-469f-a165-70867728950e");

    public static RestPromotionalEntitlement Promotion(bool isFull) => new()
    {
        Id = Uid,
        CreatedAt = At,
        Description = isFull ? "Goodwill" : null,
        EndDate = isFull ? At : null,
        EnumValues = isFull ? ["eu"] : null,
        EnvironmentId = Uid,
        FeatureGroupIds = isFull ? ["group-1"] : null,
        FeatureId = Uid,
        HasSoftLimit = isFull ? true : null,
        HasUnlimitedUsage = isFull ? false : null,
        IsVisible = isFull,
        Period = isFull ? "6 month" : "lifetime",
        ResetPeriod = isFull ? "MONTH" : null,
        ResetPeriodConfiguration = isFull ? new("StartOfTheMonth") : null,
        StartDate = At,
        Status = isFull ? "Active" : "Paused",
        UpdatedAt = At,
        UsageLimit = isFull ? 10m : null,
    };
}
