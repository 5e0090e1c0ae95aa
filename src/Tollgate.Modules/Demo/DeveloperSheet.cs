using Tollgate.Domain.Catalog;
using static Tollgate.Modules.Demo.SheetWords;

namespace Tollgate.Modules.Demo;

/// <summary>
/// A platform that builds and serves web applications: a free plan with hard quotas, and plans with a flat fee whose
/// quotas may be exceeded for a price a unit. Each plan inherits from the smaller one and says only what is more.
/// </summary>
internal static class DeveloperSheet
{
    public const string BuildMinutes = "dev-build-minutes";
    public const string Bandwidth = "dev-bandwidth";
    public const string Requests = "dev-edge-requests";

    /// <summary>Traffic is reported in bytes and sold in gigabytes.</summary>
    public const decimal BytesPerGigabyte = 1_000_000_000;

    /// <summary>What version 2 of the pro plan includes, instead of 1,000.</summary>
    public const decimal ProBandwidthOfVersion2 = 1_500;

    private const string Builds = "dev-concurrent-builds";
    private const string Regions = "dev-regions";
    private const string Previews = "dev-protected-previews";
    private const string Firewall = "dev-firewall-rules";

    public static CatalogSheet Sheet { get; } = new(
        new(
            "dev-platform",
            "Deployment platform",
            "Builds and serves web applications; a flat fee with quotas and overages."))
    {
        Features =
        [
            Number(BuildMinutes, "Build minutes", "minute", "minutes", MeterType.Incremental),
            Number(Bandwidth, "Bandwidth", "byte", "bytes", MeterType.Incremental) with
            {
                UnitTransformation = new(BytesPerGigabyte, RoundingDirection.Up, "GB", "GB"),
            },
            Number(Requests, "Edge requests", "request", "requests", MeterType.Incremental),
            Number(Builds, "Concurrent builds", "build", "builds"),
            Choice(Regions, "Regions", ("us-east", "Virginia"), ("eu-west", "Dublin"), ("ap-south", "Mumbai")),
            Switch(Previews, "Protected previews"),
            Switch(Firewall, "Custom firewall rules"),
        ],
        Plans =
        [
            new("dev-hobby", "Hobby", Free)
            {
                Entitlements =
                [
                    Limit(BuildMinutes, 600, Monthly), Limit(Bandwidth, 100, Monthly),
                    Limit(Requests, 1_000_000, Monthly), Limit(Builds, 1), Values(Regions, "us-east"),
                ],
            },
            new("dev-pro", "Pro", Flat(20, 240))
            {
                BasePlanId = "dev-hobby",
                Entitlements =
                [
                    Limit(BuildMinutes, 6_000, Monthly), Limit(Bandwidth, 1_000, Monthly),
                    Limit(Requests, 10_000_000, Monthly), Limit(Builds, 4),
                    Values(Regions, "us-east", "eu-west"), On(Previews),
                ],
            },
            new("dev-scale", "Scale", Flat(300, 3_000))
            {
                BasePlanId = "dev-pro",
                Entitlements =
                [
                    Limit(BuildMinutes, 30_000, Monthly), Limit(Bandwidth, 5_000, Monthly),
                    Limit(Requests, 100_000_000, Monthly), Limit(Builds, 12),
                    Values(Regions, "us-east", "eu-west", "ap-south"), On(Firewall),
                ],
            },
        ],
    };

    private static PricingInput Flat(decimal month, decimal year) => new(PricingType.Paid)
    {
        Models = [new(BillingModel.FlatFee, [PerMonth(month), PerYear(year)])],
        OverageBillingPeriod = OverageBillingPeriod.Monthly,
        OverageModels =
        [
            Overage(BuildMinutes, 0.01m),
            Overage(Bandwidth, 0.15m),
            Overage(Requests, 2m, block: 1_000_000),
        ],
    };

    private static PricingModelInput Overage(string feature, decimal price, decimal? block = null) =>
        new(BillingModel.UsageBased,
            [PerMonth(price) with { BlockSize = block }, PerYear(price) with { BlockSize = block }])
        {
            FeatureId = new(feature),
        };
}
