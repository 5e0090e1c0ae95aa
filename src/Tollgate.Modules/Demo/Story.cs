using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Modules.Demo;

/// <summary>What happens to a customer on the first day of a month of the demo.</summary>
internal abstract record Act;

internal sealed record Arrives(string Customer, string Name) : Act;

/// <summary>A new subscription with an id of its own; without a start, at once.</summary>
internal sealed record Subscribes(string Customer, string Plan, string Id) : Act
{
    public BillingPeriod? Period { get; init; }
    public string? Resource { get; init; }
    public decimal? Seats { get; init; }
    public IReadOnlyList<OverrideInput>? Agreed { get; init; }
    public bool SkipsTrial { get; init; }
    public Period? StartsIn { get; init; }
}

/// <summary>The subscription keeps its id and moves to another paid plan of the product.</summary>
internal sealed record Moves(string Customer, string Plan, string Id, BillingPeriod Period) : Act;

internal sealed record Cancels(string Id, CancellationTime Time) : Act;

/// <summary>The pro plan of the platform includes more bandwidth for those who come from now on.</summary>
internal sealed record RaisesBandwidth : Act;

/// <summary>
/// A little more than four months of twenty-five customers, told month by month. Ids are fixed, so that each act can be
/// recognised as done.
/// </summary>
internal static class Story
{
    /// <summary>The acts of each month, the first instant being the beginning of the demo.</summary>
    public static IReadOnlyList<IReadOnlyList<Act>> Months { get; } =
    [
        [
            new Arrives("maple-studio", "Maple Studio"),
            new Subscribes("maple-studio", "collab-team", "maple-team") { Period = BillingPeriod.Monthly, Seats = 12 },
            new Arrives("harbor-legal", "Harbor Legal"),
            new Subscribes("harbor-legal", "collab-business", "harbor-business")
            {
                Period = BillingPeriod.Annually,
                Seats = 25,
                SkipsTrial = true,
            },
            new Arrives("tidewater-group", "Tidewater Group"),
            new Subscribes("tidewater-group", "collab-enterprise", "tidewater-enterprise")
            {
                Agreed = Agree(400, 5_000),
            },
            new Arrives("juniper-cafe", "Juniper Cafe"),
            new Subscribes("juniper-cafe", "collab-free", "juniper-free"),
            new Arrives("copper-mill", "Copper Mill"),
            new Subscribes("copper-mill", "collab-business", "copper-trial")
            {
                Period = BillingPeriod.Monthly,
                Seats = 6,
            },
            new Arrives("birch-partners", "Birch Partners"),
            new Subscribes("birch-partners", "collab-team", "birch-team") { Period = BillingPeriod.Monthly, Seats = 5 },
            new Arrives("lumen-press", "Lumen Press"),
            new Subscribes("lumen-press", "collab-team", "lumen-team") { Period = BillingPeriod.Annually, Seats = 8 },
            new Arrives("pixel-forge", "Pixel Forge"),
            new Subscribes("pixel-forge", "dev-hobby", "pixel-hobby"),
            new Arrives("cloud-orchard", "Cloud Orchard"),
            new Subscribes("cloud-orchard", "dev-pro", "orchard-pro") { Period = BillingPeriod.Monthly },
            new Arrives("stack-yard", "Stack Yard"),
            new Subscribes("stack-yard", "dev-pro", "stack-yard-web") { Period = BillingPeriod.Monthly },
            new Arrives("byte-bakery", "Byte Bakery"),
            new Subscribes("byte-bakery", "dev-scale", "bakery-scale") { Period = BillingPeriod.Annually },
            new Arrives("ferry-soft", "Ferry Soft"),
            new Subscribes("ferry-soft", "dev-pro", "ferry-pro") { Period = BillingPeriod.Monthly },
            new Arrives("quill-ai", "Quill AI"),
            new Subscribes("quill-ai", "ai-scale", "quill-production")
            {
                Period = BillingPeriod.Monthly,
                Resource = "production",
            },
            new Subscribes("quill-ai", "ai-evaluation", "quill-staging") { Resource = "staging" },
            new Arrives("parrot-labs", "Parrot Labs"),
            new Subscribes("parrot-labs", "ai-build", "parrot-main")
            {
                Period = BillingPeriod.Monthly,
                Resource = "main",
            },
            new Arrives("echo-health", "Echo Health"),
            new Subscribes("echo-health", "ai-evaluation", "echo-main") { Resource = "main" },
            new Arrives("prism-search", "Prism Search"),
            new Subscribes("prism-search", "ai-build", "prism-europe")
            {
                Period = BillingPeriod.Monthly,
                Resource = "europe",
            },
            new Subscribes("prism-search", "ai-build", "prism-america")
            {
                Period = BillingPeriod.Monthly,
                Resource = "america",
            },
        ],
        [
            new Arrives("olive-works", "Olive Works"),
            new Subscribes("olive-works", "collab-team", "olive-team") { Period = BillingPeriod.Monthly, Seats = 3 },
            new Arrives("dune-robotics", "Dune Robotics"),
            new Subscribes("dune-robotics", "dev-hobby", "dune-hobby"),
            new Arrives("sable-data", "Sable Data"),
            new Subscribes("sable-data", "ai-build", "sable-main")
            {
                Period = BillingPeriod.Monthly,
                Resource = "main",
            },
        ],
        [
            new RaisesBandwidth(),
            new Cancels("birch-team", CancellationTime.Immediate),
            new Subscribes("dune-robotics", "dev-pro", "dune-pro") { Period = BillingPeriod.Monthly },
            new Arrives("granite-bank", "Granite Bank"),
            new Subscribes("granite-bank", "collab-enterprise", "granite-enterprise") { Agreed = Agree(1_500, 20_000) },
        ],
        [
            new Moves("stack-yard", "dev-scale", "stack-yard-web", BillingPeriod.Monthly),
            new Cancels("ferry-pro", CancellationTime.Immediate),
            new Arrives("wren-media", "Wren Media"),
            new Subscribes("wren-media", "collab-business", "wren-business")
            {
                Period = BillingPeriod.Monthly,
                Seats = 6,
                SkipsTrial = true,
            },
            new Arrives("cedar-games", "Cedar Games"),
            new Subscribes("cedar-games", "dev-pro", "cedar-pro") { Period = BillingPeriod.Monthly },
        ],
        [],
    ];

    /// <summary>Days after the last of the months at which the demo ends.</summary>
    public const int LastDays = 12;

    /// <summary>What happens at the very end.</summary>
    public static IReadOnlyList<Act> Ending { get; } =
    [
        new Cancels("lumen-team", CancellationTime.EndOfBillingPeriod),
        new Cancels("olive-team", CancellationTime.EndOfBillingPeriod),
        new Arrives("lark-travel", "Lark Travel"),
        new Subscribes("lark-travel", "collab-business", "lark-trial") { Period = BillingPeriod.Monthly, Seats = 10 },
        new Arrives("aspen-school", "Aspen School"),
        new Subscribes("aspen-school", "dev-pro", "aspen-pro")
        {
            Period = BillingPeriod.Annually,
            StartsIn = Period.FromMonths(1),
        },
        new Arrives("mint-finance", "Mint Finance"),
    ];

    private static List<OverrideInput> Agree(decimal seats, decimal gigabytes) =>
    [
        new(new(CollaborationSheet.Seats)) { UsageLimit = seats },
        new(new(CollaborationSheet.Storage)) { UsageLimit = gigabytes },
    ];
}
