using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Entitlements;

/// <summary>What a source gives of one feature: only the parts that fit the feature's type are set.</summary>
public sealed record EntitlementValue
{
    /// <summary>Sold units; null for BOOLEAN and ENUM features and when unlimited.</summary>
    public decimal? UsageLimit { get; init; }
    public bool HasUnlimitedUsage { get; init; }

    /// <summary>Metered features only: usage beyond the limit is allowed.</summary>
    public bool HasSoftLimit { get; init; }

    /// <summary>Metered features only; null = never resets.</summary>
    public ResetRule? Reset { get; init; }

    /// <summary>ENUM features only, in the order of the feature's list.</summary>
    public IReadOnlyList<string> EnumValues { get; init; } = [];

    /// <summary>Says the value in a few words: "10,000 soft, resets every MONTH".</summary>
    public string Describe(Feature feature)
    {
        if (feature.Type == FeatureType.Boolean)
            return "access";
        if (feature.Type == FeatureType.Enum)
            return $"{{{string.Join(", ", EnumValues)}}}";
        var amount = HasUnlimitedUsage ? "unlimited" : $"{UsageLimit ?? 0:0.############################}";
        var softness = !feature.IsMetered || HasUnlimitedUsage ? "" : HasSoftLimit ? " soft" : " hard";
        var reset = !feature.IsMetered ? "" : Reset is null
            ? ", never resets"
            : $", resets every {Reset.Period.ToString().ToUpperInvariant()}";
        return amount + softness + reset;
    }
}
