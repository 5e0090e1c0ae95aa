using Tollgate.Domain.Catalog;
using static Tollgate.Modules.Demo.SheetWords;

namespace Tollgate.Modules.Demo;

/// <summary>
/// An API of language models, priced by the token in tiers, with limits per month and per day that grow with the plan.
/// A customer has one subscription for each of its workspaces.
/// </summary>
internal static class AiSheet
{
    public const string Input = "ai-input-tokens";
    public const string Output = "ai-output-tokens";
    public const string Calls = "ai-calls";

    /// <summary>Tokens are reported one by one and sold by the million.</summary>
    public const decimal Million = 1_000_000;

    private const string RateTier = "ai-rate-tier";
    private const string Context = "ai-context-window";
    private const string Batch = "ai-batch";
    private const string FineTuning = "ai-fine-tuning";

    public static CatalogSheet Sheet { get; } = new(
        new("ai-api", "Language model API", "Models by the token; one subscription for each workspace.")
        {
            MultipleSubscriptions = true,
        })
    {
        Features =
        [
            Tokens(Input, "Input tokens"),
            Tokens(Output, "Output tokens"),
            Number(Calls, "API calls", "call", "calls", MeterType.Incremental),
            Number(Context, "Context window", "token", "tokens"),
            Choice(RateTier, "Rate tier", ("tier-1", "50 calls a minute"), ("tier-2", "1,000 calls a minute"),
                ("tier-3", "4,000 calls a minute")),
            Switch(Batch, "Batch processing"),
            Switch(FineTuning, "Fine-tuning"),
        ],
        Plans =
        [
            new("ai-evaluation", "Evaluation", Free)
            {
                Entitlements =
                [
                    Limit(Input, 1, Monthly), Limit(Output, 1, Monthly), Limit(Calls, 200, Daily),
                    Limit(Context, 32_000), Values(RateTier, "tier-1"),
                ],
            },
            new("ai-build", "Build", ByToken())
            {
                Entitlements =
                [
                    Limit(Input, 500, Monthly), Limit(Output, 100, Monthly), Limit(Calls, 10_000, Daily),
                    Limit(Context, 128_000), Values(RateTier, "tier-1", "tier-2"), On(Batch),
                ],
            },
            new("ai-scale", "Scale", ByToken(monthlyFee: 400))
            {
                Entitlements =
                [
                    Limit(Input, 5_000, Monthly), Limit(Output, 1_000, Monthly), Unlimited(Calls, Daily),
                    Limit(Context, 200_000), Values(RateTier, "tier-1", "tier-2", "tier-3"), On(Batch), On(FineTuning),
                ],
            },
        ],
    };

    private static FeatureDraft Tokens(string id, string name) =>
        Number(id, name, "token", "tokens", MeterType.Incremental) with
        {
            UnitTransformation = new(Million, RoundingDirection.Up, "million tokens", "million tokens"),
        };

    /// <summary>
    /// Input gets cheaper for what lies beyond a bound, output for everything once the bound is passed.
    /// </summary>
    private static PricingInput ByToken(decimal? monthlyFee = null) => new(PricingType.Paid)
    {
        Models =
        [
            .. monthlyFee is { } fee ? [new(BillingModel.FlatFee, [PerMonth(fee)])] : Array.Empty<PricingModelInput>(),
            Tiered(Input, TiersMode.Graduated, (100, 3.00m), (1_000, 2.50m), (null, 2.00m)),
            Tiered(Output, TiersMode.Volume, (50, 15.00m), (null, 12.00m)),
        ],
    };

    private static PricingModelInput Tiered(
        string feature, TiersMode mode, params (decimal? UpTo, decimal Price)[] tiers) =>
        new(BillingModel.UsageBased,
        [
            new(BillingPeriod.Monthly)
            {
                Tiers = [.. tiers.Select(tier => new PriceTier(tier.UpTo, Dollars(tier.Price), null))],
            },
        ])
        {
            FeatureId = new(feature),
            TiersMode = mode,
        };
}
