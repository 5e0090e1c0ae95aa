using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog.Coupons;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Modules.Tests.Billing;
using Tollgate.Modules.Tests.Usage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Subscriptions.Histories;

/// <summary>
/// Plans of every way to charge, with the prices written down a second time as plain numbers. No price is so small that an
/// hour of it rounds to nothing.
/// </summary>
internal static class HistoryCatalog
{
    public const string Base = "base";
    public const string Seats = "seats";
    public const string Support = "support";
    public const string Pack = "pack";

    public static readonly string[] Plans = ["basic", "pro", "team", "meter", "setup", "trial", "spend", "free"];
    public static readonly string[] Coupons = ["SAVE20", "HALF", "MINUS10"];

    private static readonly (decimal Monthly, decimal Annual) SupportPrice = (25, 250);
    private static readonly (decimal Monthly, decimal Annual) PackPrice = (22, 220);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task SeedAsync(ModuleHost host, HistorySetting setting)
    {
        foreach (var feature in (string[])["seats", "calls", "storage", "gb"])
            await host.FeatureAsync(feature);
        await AddonAsync(host, Support, SupportPrice);
        await AddonAsync(host, Pack, PackPrice);
        await host.FreePlanAsync("free");
        await PlanAsync(host, "basic", Flat(30, 300));
        await PlanAsync(host, "pro", Flat(90, 950), PerSeat(20, 210));
        await PlanAsync(host, "team", [TieredSeats(), TieredCalls()], minimum: (40, 400));
        await PlanAsync(
            host, "meter",
            [Flat(50, 500), Calls(0.02m), Storage()],
            overage: Overage(setting.OverageAtRenewal), includes: Limit("gb", 100, Monthly, soft: true));
        await PlanAsync(host, "setup", Flat(40, 400), Flat(15, 15, BillingCadence.OneOff));
        await PlanAsync(
            host, "trial", [Flat(60, 600)],
            trial: new(14, TrialUnits.Day, null, TrialEndBehavior.ConvertToPaid));
        await PlanAsync(
            host, "spend", [Flat(70, 700), Calls(0.02m)],
            trial: new(null, null, new(5, false), TrialEndBehavior.ConvertToPaid));
        await CouponAsync(host, new("SAVE20", "SAVE20") { PercentOff = 20 });
        await CouponAsync(host, new("HALF", "HALF") { PercentOff = 50, DurationInMonths = 2 });
        await CouponAsync(host, new("MINUS10", "MINUS10") { AmountsOff = [new(10, "usd")], DurationInMonths = 3 });
        await host.SettleAsync(new() { TaxPercentage = setting.TaxPercentage });
        Accepted(await host.Get<ProductUseCases>().UpdateAsync(
            host.Scope(), new("product-default"),
            new()
            {
                Settings = new()
                {
                    EndSetup = setting.FallsBack
                        ? SubscriptionEndSetup.DowngradeToFree
                        : SubscriptionEndSetup.CancelSubscription,
                    DowngradePlanId = setting.FallsBack ? new("free") : null,
                    ProrateAtEndOfBillingPeriod = setting.ProductProrates,
                },
                DowngradeAtEndOfBillingPeriod = setting.DowngradesLater,
                UsageResetCutoff = setting.ResetsUsage ? UsageResetCutoff.AlwaysReset : UsageResetCutoff.NeverReset,
            },
            Cancellation));
    }

    /// <summary>A dearer version of the plan basic, for new customers.</summary>
    public static async Task PublishAsync(ModuleHost host)
    {
        Accepted(await host.Get<PlanUseCases>().UpdateAsync(
            host.Scope(), new("basic"), new(new(), new(PricingType.Paid) { Models = [Flat(36, 360)] }), Cancellation));
        await host.PublishAsync("basic");
    }

    /// <summary>What each recurring in-advance charge of a subscription costs a period, without discounts.</summary>
    public static IReadOnlyDictionary<string, decimal> Prices(Subscription held)
    {
        var annual = held.BillingPeriod == BillingPeriod.Annually;
        var seats = held.Quantities.TryGetValue(new(Seats), out var committed) ? committed : 1;
        var prices = new Dictionary<string, decimal>();
        switch (held.PlanId.Value)
        {
            case "basic":
                prices[Base] = (annual, held.PriceVersion > 1) switch
                {
                    (true, false) => 300,
                    (true, true) => 360,
                    (false, false) => 30,
                    (false, true) => 36,
                };
                break;
            case "pro":
                prices[Base] = annual ? 950 : 90;
                prices[Seats] = seats * (annual ? 210 : 20);
                break;
            case "team":
                // 3 seats at one price, the others at another and once a flat part.
                prices[Seats] = Math.Min(seats, 3) * (annual ? 250 : 25)
                    + (seats > 3 ? ((seats - 3) * (annual ? 150 : 15)) + (annual ? 40 : 4) : 0);
                break;
            case "meter":
                prices[Base] = annual ? 500 : 50;
                break;
            case "setup":
                prices[Base] = annual ? 400 : 40;
                break;
            case "trial":
                prices[Base] = annual ? 600 : 60;
                break;
            case "spend":
                prices[Base] = annual ? 700 : 70;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(held), held.PlanId, "Not a paid plan.");
        }

        foreach (var addon in held.Addons)
        {
            var (monthly, yearly) = addon.Id.Value == Support ? SupportPrice : PackPrice;
            prices[addon.Id.Value] = addon.Quantity * (annual ? yearly : monthly);
        }

        if (held.PriceOverrides.Any(o => o.Key is { Model: BillingModel.FlatFee, AddonId: null, Cadence: BillingCadence.Recurring }))
            prices[Base] = held.PriceOverrides.First(o => o.Key.AddonId is null).Price!.Amount;
        return prices;
    }

    /// <summary>The name under which <see cref="Prices"/> has the charge of a line.</summary>
    public static string NameOf(ChargeKey key) => key.AddonId?.Value ?? key.FeatureId?.Value ?? Base;

    public static bool ChargesCalls(string plan) => plan is "team" or "meter" or "spend";

    private static PricingModelInput Flat(
        decimal monthly, decimal annual, BillingCadence cadence = BillingCadence.Recurring) =>
        new(BillingModel.FlatFee, Both(monthly, annual)) { Cadence = cadence };

    private static PricingModelInput PerSeat(decimal monthly, decimal annual) =>
        new(BillingModel.PerUnit, Both(monthly, annual)) { FeatureId = new(Seats) };

    private static PricingModelInput TieredSeats() => new(
        BillingModel.PerUnit,
        [
            new(BillingPeriod.Monthly) { Tiers = [new(3, Usd(25), null), new(null, Usd(15), Usd(4))] },
            new(BillingPeriod.Annually) { Tiers = [new(3, Usd(250), null), new(null, Usd(150), Usd(40))] },
        ])
    {
        FeatureId = new(Seats),
        TiersMode = TiersMode.Graduated,
    };

    private static PricingModelInput TieredCalls() => new(
        BillingModel.UsageBased,
        [new(BillingPeriod.Monthly) { Tiers = [new(100, Usd(0.10m), null), new(null, Usd(0.05m), null)] }])
    {
        FeatureId = new("calls"),
        TiersMode = TiersMode.Graduated,
        Reset = Monthly,
    };

    private static PricingModelInput Calls(decimal price) =>
        new(BillingModel.UsageBased, [new(BillingPeriod.Monthly) { Price = Usd(price) }])
        {
            FeatureId = new("calls"),
            Reset = Monthly,
        };

    private static PricingModelInput Storage() =>
        new(BillingModel.UsageBased, [new(BillingPeriod.Monthly) { Price = Usd(1.5m) }]) { FeatureId = new("storage") };

    private static PricingInput Overage(bool atRenewal) => new(PricingType.Paid)
    {
        OverageModels =
        [
            new(BillingModel.UsageBased, Both(0.5m, 0.5m)) { FeatureId = new("gb") },
        ],
        OverageBillingPeriod = atRenewal ? OverageBillingPeriod.OnSubscriptionRenewal : OverageBillingPeriod.Monthly,
    };

    private static PricePeriodInput[] Both(decimal monthly, decimal annual) =>
    [
        new(BillingPeriod.Monthly) { Price = Usd(monthly) },
        new(BillingPeriod.Annually) { Price = Usd(annual) },
    ];

    private static Money Usd(decimal amount) => new(amount, "usd");

    private static Task PlanAsync(ModuleHost host, string id, params PricingModelInput[] models) =>
        PlanAsync(host, id, models, null);

    private static async Task PlanAsync(
        ModuleHost host, string id, PricingModelInput[] models, (decimal Monthly, decimal Annual)? minimum = null,
        PricingInput? overage = null, EntitlementInput? includes = null, TrialConfiguration? trial = null)
    {
        var plans = host.Get<PlanUseCases>();
        var edit = new PackageEdit { DisplayName = id, PricingType = PricingType.Paid };
        if (trial is not null)
            edit = edit with { DefaultTrial = trial };
        Accepted(await plans.CreateAsync(host.Scope(), new(new(id), new("product-default"), edit), Cancellation));
        if (includes is not null)
            await host.GrantAsync(id, includes);
        var pricing = (overage ?? new(PricingType.Paid)) with
        {
            Models = models,
            MinimumSpend = minimum is { } least
                ?
                [
                    new(BillingPeriod.Monthly, Usd(least.Monthly)),
                    new(BillingPeriod.Annually, Usd(least.Annual)),
                ]
                : [],
        };
        Accepted(await plans.UpdateAsync(
            host.Scope(), new(id), new(new() { CompatibleAddonIds = new([new(Support), new(Pack)]) }, pricing), Cancellation));
        await host.PublishAsync(id);
    }

    private static async Task AddonAsync(ModuleHost host, string id, (decimal Monthly, decimal Annual) price)
    {
        var addons = host.Get<AddonUseCases>();
        Accepted(await addons.CreateAsync(
            host.Scope(), new(new(id), new("product-default"), new() { DisplayName = id, PricingType = PricingType.Paid }),
            Cancellation));
        Accepted(await addons.UpdateAsync(
            host.Scope(), new(id),
            new(new(), new(PricingType.Paid) { Models = [Flat(price.Monthly, price.Annual)] }), Cancellation));
        Accepted(await host.Get<PublishAddon>().ExecuteAsync(
            host.Scope(), new(id), MigrationType.NewCustomers, Cancellation));
    }

    private static async Task CouponAsync(ModuleHost host, CouponDraft draft) =>
        Accepted(await host.Get<CouponUseCases>().CreateAsync(host.Scope(), draft, Cancellation));
}
