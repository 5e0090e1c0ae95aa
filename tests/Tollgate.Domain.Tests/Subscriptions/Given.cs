using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

/// <summary>Valid defaults for the records these rules read; a test says only what differs.</summary>
internal static class Given
{
    public static readonly Instant Now = Instant.FromUtc(2026, 1, 31, 10, 13);
    public static readonly CustomerId CustomerId = new("acme");
    public static readonly ProductId ProductId = new("app");
    public static readonly FeatureId Seats = new("seats");

    public static Customer Customer() => new()
    {
        Uid = Uid(1),
        Id = CustomerId,
        CreatedAt = Now,
        UpdatedAt = Now,
    };

    public static Product Product(ProductSettings? settings = null) => new()
    {
        Uid = Uid(2),
        Id = ProductId,
        DisplayName = "App",
        CreatedAt = Now,
        UpdatedAt = Now,
        Settings = settings ?? new(),
    };

    public static Product DowngradingToFree() => Product(new()
    {
        EndSetup = SubscriptionEndSetup.DowngradeToFree,
        DowngradePlanId = new("free"),
    });

    public static JourneyFacts Journey(Product? product = null) => new(product ?? Product(), FreePlan());

    public static Feature Feature(FeatureId id, FeatureType type = FeatureType.Number) => new()
    {
        Uid = Uid(4),
        Id = id,
        DisplayName = id.Value,
        Type = type,
        CreatedAt = Now,
        UpdatedAt = Now,
        MeterType = type == FeatureType.Number ? MeterType.Fluctuating : MeterType.None,
        EnumConfiguration = type == FeatureType.Enum ? [new("eu", "EU"), new("us", "US")] : null,
    };

    public static IReadOnlyDictionary<FeatureId, Feature> Features(params Feature[] features) =>
        features.ToDictionary(f => f.Id);

    public static PackageVersion Plan(string id, PricingType? type, params Charge[] charges) => new()
    {
        Uid = Uid(5),
        Kind = PackageKind.Plan,
        Id = new(id),
        Version = 1,
        Status = PackageStatus.Published,
        IsLatest = true,
        ProductId = ProductId,
        DisplayName = id,
        PricingType = type,
        Charges = charges,
        CreatedAt = Now,
        UpdatedAt = Now,
    };

    public static PackageVersion Addon(string id, params Charge[] charges) =>
        Plan(id, PricingType.Paid, charges) with { Kind = PackageKind.Addon };

    /// <summary>5 a month or 50 a year, up to three times.</summary>
    public static PackageVersion Support() => Addon(
        "support", Charge(BillingModel.FlatFee, 5), Charge(BillingModel.FlatFee, 50, BillingPeriod.Annually))
        with
    { MaxQuantity = 3 };

    public static AddonFacts Addons(params PackageVersion[] latest) =>
        new() { Latest = latest.ToDictionary(a => a.Id) };

    public static PackageVersion FreePlan() => Plan("free", PricingType.Free);

    /// <summary>Per seat 10 a month or 100 a year, 1 to 50 seats.</summary>
    public static PackageVersion ProPlan(string id = "pro", decimal monthly = 10, decimal annually = 100) => Plan(
        id, PricingType.Paid, PerSeat(monthly, BillingPeriod.Monthly), PerSeat(annually, BillingPeriod.Annually));

    public static Charge PerSeat(decimal price, BillingPeriod period) =>
        Charge(BillingModel.PerUnit, price, period) with { FeatureId = Seats, MaxUnitQuantity = 50 };

    public static Charge Charge(
        BillingModel model, decimal price, BillingPeriod period = BillingPeriod.Monthly,
            string currency = "usd") => new()
            {
                Uid = Uid(6),
                Model = model,
                BillingPeriod = period,
                Price = new(price, currency),
                CreatedAt = Now,
            };

    public static PlanFacts Facts(PackageVersion plan, params PackageVersion[] bases) => new(plan, bases);

    public static HeldSubscription Held(Subscription subscription, PackageVersion plan) =>
        new(subscription, Facts(plan), plan);

    /// <summary>The same with the add-ons it has, each at one version.</summary>
    public static HeldSubscription Held(
        Subscription subscription, PackageVersion plan, params PackageVersion[] addons) =>
        Held(subscription, plan) with { Addons = addons.ToDictionary(a => a.Id, a => new AddonVersions(a, a)) };

    public static ProvisionFacts Provision(PackageVersion plan, params HeldSubscription[] scope) => new()
    {
        Customer = Customer(),
        Plan = Facts(plan),
        Journey = Journey(),
        Scope = scope,
    };

    public static Subscription Subscription(
        string id = "sub-1", string plan = "pro", SubscriptionStatus status = SubscriptionStatus.Active) => new()
        {
            Uid = Uid(3),
            Id = new(id),
            CustomerId = CustomerId,
            ProductId = ProductId,
            PlanId = new(plan),
            PlanVersion = 1,
            PriceVersion = 1,
            PricingType = PricingType.Paid,
            Status = status,
            StartDate = Now,
            UsageAnchor = Now,
            CreatedAt = Now,
            UpdatedAt = Now,
        };

    /// <summary>Identities counted from a number that no other record uses.</summary>
    public static IdSource Ids(int from = 1000)
    {
        var next = from;
        return new(() => Uid(next++), plan => new($"subscription-{plan}-{next++}"));
    }

    /// <summary>Provisions the plan on an empty scope and answers the record.</summary>
    public static Subscription Live(PackageVersion plan, BillingPeriod? period = BillingPeriod.Monthly,
        Instant? at = null) =>
        ProvisionSubscription.Decide(
            new(CustomerId, plan.Id) { BillingPeriod = period, SkipTrial = true }, Provision(plan), at ?? Now, Ids(100))
            .Value.Subject;

    /// <summary>Starts a trial of the plan until the date.</summary>
    public static Subscription Trial(
        PackageVersion plan, Instant end, TrialEndBehavior behavior = TrialEndBehavior.CancelSubscription) =>
        ProvisionSubscription.Decide(
            new(CustomerId, plan.Id) { BillingPeriod = BillingPeriod.Monthly, Trial = new(true, end, behavior) },
            Provision(plan), Now, Ids(200)).Value.Subject;

    public static ErrorCode? Code<T>(Result<T> result) => result.Refusal?.Code;

    public static Guid Uid(int n) => new(n, 0, 0, new byte[8]);
}
