using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Tollgate.Contracts.Rest.Responses;

namespace Tollgate.Contracts.Tests.Rest.Responses;

/// <summary>For every operation in scope an answer with everything set and one with as little as possible.</summary>
internal static class Samples
{
    private static readonly WireInstant At = new(1738326896700);
    private static readonly Guid Uid = Guid.Parse("0f8fad5b-d9cb-469f-a165-70867728950e");
    private static readonly RestPagination Pages = new(Uid, Uid);
    private static readonly Dictionary<string, string> Map = new() { ["team"] = "core" };
    private static readonly RestMoney Money = new(49.990m, "usd");
    private static readonly RestPartialMoney PartialMoney = new() { Amount = 10m, Currency = "eur" };
    private static readonly RestBudget Budget = new(HasSoftLimit: true, 100.50m);

    public static IEnumerable<(string[] Operations, string Json)> All()
    {
        foreach (var isFull in new[] { true, false })
        {
            var customer = Customer(isFull);
            yield return Data(customer, Wire.RestDataRestCustomer,
                "v1.customers.provision", "v1.customers.retrieve", "v1.customers.update", "v1.customers.archive",
                "v1.customers.unarchive", "v1.customers.paymentMethod.attach", "v1.customers.paymentMethod.detach");
            yield return (["v1.customers.listInvoices"], JsonSerializer.Serialize(
                new RestCursorPage<RestCustomerInvoice>(
                    isFull ? [Invoice(true)] : [Invoice(false)], isFull ? new("abc", "def") : new(null, null)),
                Wire.RestCursorPageRestCustomerInvoice));
            yield return Data(new RestIdRef("sub-1"), Wire.RestDataRestIdRef, "v1.subscriptions.invoice.markAsPaid");
            yield return Page(customer, Wire.RestPageRestCustomer, isFull, "v1.customers.list");
            yield return Page(new RestCustomerResource { Id = "ws", CreatedAt = At, UpdatedAt = At },
                Wire.RestPageRestCustomerResource, isFull, "v1.customers.listResources");
            yield return Data(new RestCustomerImport(isFull ? ["a", "b@c"] : []),
                Wire.RestDataRestCustomerImport, "v1.customers.import");
            yield return Data(new RestCustomerEntitlements
            {
                AccessDeniedReason = isFull ? null : "NoActiveSubscription",
                Entitlements = isFull ? [Feature(true), Credit(true)] : [],
            }, Wire.RestDataRestCustomerEntitlements, "v1.customers.retrieveEntitlements");
            yield return Data<RestEntitlement>(
                Feature(isFull), Wire.RestDataRestEntitlement, "v1.customers.checkEntitlement");
            yield return Data<RestEntitlement>(
                Credit(isFull), Wire.RestDataRestEntitlement, "v1.customers.checkEntitlement");
            var promotion = PromotionSamples.Promotion(isFull);
            yield return Data(
                promotion, Wire.RestDataRestPromotionalEntitlement, "v1.customers.promotionalEntitlements.revoke");
            yield return Data<IReadOnlyList<RestPromotionalEntitlement>>([promotion],
                Wire.RestDataIReadOnlyListRestPromotionalEntitlement, "v1.customers.promotionalEntitlements.create");
            yield return Page(promotion, Wire.RestPageRestPromotionalEntitlement, isFull,
                "v1.customers.promotionalEntitlements.list");
            var feature = CatalogFeature(isFull);
            yield return Data(feature, Wire.RestDataRestFeature,
                "v1.features.createFeature", "v1.features.retrieveFeature", "v1.features.updateFeature",
                "v1.features.archiveFeature", "v1.features.unarchiveFeature");
            yield return Page(feature, Wire.RestPageRestFeature, isFull, "v1.features.listFeatures");
            var product = Product(isFull);
            yield return Data(product, Wire.RestDataRestProduct,
                "v1.products.createProduct", "v1.products.updateProduct", "v1.products.archiveProduct",
                "v1.products.unarchiveProduct", "v1.products.duplicateProduct");
            yield return Page(product, Wire.RestPageRestProduct, isFull, "v1.products.listProducts");
            var addon = Addon(isFull);
            yield return Data(addon, Wire.RestDataRestAddon,
                "v1.addons.create", "v1.addons.retrieve", "v1.addons.update", "v1.addons.archive", "v1.addons.createDraft");
            yield return Page(addon, Wire.RestPageRestAddon, isFull, "v1.addons.list");
            var plan = Plan(isFull);
            yield return Data(plan, Wire.RestDataRestPlan,
                "v1.plans.create", "v1.plans.retrieve", "v1.plans.update", "v1.plans.archive", "v1.plans.createDraft");
            yield return Page(plan, Wire.RestPageRestPlan, isFull, "v1.plans.list");
            yield return Data(new RestIdRef("plan-1"), Wire.RestDataRestIdRef,
                "v1.plans.removeDraft", "v1.addons.removeDraft");
            yield return Data(
                new RestPackagePublish(isFull ? Uid : null), Wire.RestDataRestPackagePublish,
                "v1.plans.publish", "v1.addons.publish");
            yield return Page(Charge(isFull), Wire.RestPageRestPackageCharge, isFull,
                "v1.plans.listCharges", "v1.plans.listOverageCharges", "v1.addons.listCharges");
            foreach (var entitlement in new RestPackageEntitlement[] { PackageFeature(isFull), PackageCredit(isFull) })
            {
                yield return Data(entitlement, Wire.RestDataRestPackageEntitlement,
                    "v1.plans.entitlements.update", "v1.plans.entitlements.delete",
                    "v1.addons.entitlements.update", "v1.addons.entitlements.delete");
                yield return Data<IReadOnlyList<RestPackageEntitlement>>([entitlement],
                    Wire.RestDataIReadOnlyListRestPackageEntitlement,
                    "v1.plans.entitlements.create", "v1.addons.entitlements.create");
                yield return Page(
                    entitlement, Wire.RestPageRestPackageEntitlement, isFull,
                    "v1.plans.entitlements.list", "v1.addons.entitlements.list");
            }

            var contract = Contract(isFull);
            yield return Data(contract, Wire.RestDataRestContract,
                "v1.contracts.create", "v1.contracts.retrieve", "v1.contracts.update", "v1.contracts.delete");
            yield return Page(contract, Wire.RestPageRestContract, isFull, "v1.contracts.list");
            yield return Data<IReadOnlyList<RestContract>>(
                [contract], Wire.RestDataIReadOnlyListRestContract, "v1.customers.listContracts");
            var coupon = Coupon(isFull);
            yield return Data(coupon, Wire.RestDataRestCoupon,
                "v1.coupons.create", "v1.coupons.retrieve", "v1.coupons.updateCoupon", "v1.coupons.archiveCoupon");
            yield return Page(coupon, Wire.RestPageRestCoupon, isFull, "v1.coupons.list");
            yield return Data(
                new RestSubscriptionImport(Uid), Wire.RestDataRestSubscriptionImport, "v1.subscriptions.import");
            var subscription = Subscription(isFull);
            yield return Data(subscription, Wire.RestDataRestSubscription,
                "v1.subscriptions.retrieve", "v1.subscriptions.update", "v1.subscriptions.cancel");
            yield return Page(subscription, Wire.RestPageRestSubscription, isFull, "v1.subscriptions.list");
            yield return Data(new RestSubscriptionProvision
            {
                Id = "subscription-1",
                Entitlements = isFull ? [Feature(true), Credit(false)] : null,
                Status = isFull ? "SUCCESS" : "PAYMENT_REQUIRED",
                Subscription = isFull ? subscription : null,
                CheckoutBillingId = isFull ? "cs_1" : null,
                CheckoutUrl = isFull ? "https://example.com/pay" : null,
                IsScheduled = isFull ? false : null,
            }, Wire.RestDataRestSubscriptionProvision, "v1.subscriptions.provision");
            yield return Data<IReadOnlyList<RestUsageMeasurement>>([Measurement(isFull)],
                Wire.RestDataIReadOnlyListRestUsageMeasurement, "v1.usage.report");
            yield return Data(new RestUsageHistory
            {
                Markers = isFull ? [new(At, "PERIODIC_RESET"), new(At, "SUBSCRIPTION_CHANGE_RESET")] : [],
                Series = isFull
                    ? [new([new(IsResetPoint: true, At, 0), new(IsResetPoint: false, At, 2.5m)], [new("region", "eu")])]
                    : [],
            }, Wire.RestDataRestUsageHistory, "v1.usage.history");
        }
    }

    private static RestJsonContext Wire => RestJson.Wire;

    private static RestCustomerInvoice Invoice(bool isFull) => new()
    {
        ContractExternalId = isFull ? "contract-1" : null,
        Currency = isFull ? "usd" : null,
        CustomerExternalId = isFull ? "customer-1" : null,
        Discount = isFull ? 1.5m : null,
        DueDate = isFull ? At : null,
        InvoiceExternalId = isFull ? "in_1" : null,
        InvoiceId = "invoice-1",
        InvoiceNumber = isFull ? "INV-000001" : null,
        IssueDate = isFull ? At : null,
        LineItems = isFull ? [new(49.90m, "Base fee", "basic", 1m, 49.90m), new(null, null, null, null, null)] : [],
        PaidDate = isFull ? At : null,
        State = isFull ? "PAID" : "OPEN",
        Subtotal = isFull ? 49.90m : null,
        Tax = isFull ? 0m : null,
        Total = isFull ? 48.40m : null,
    };

    private static RestContract Contract(bool isFull) => new()
    {
        Id = isFull ? "contract-1" : null,
        ActivationEndDate = isFull ? At : null,
        ActivationStartDate = isFull ? At : null,
        BillingId = isFull ? "co_1" : null,
        BillingState = isFull ? "END_BILLING" : null,
        ContractId = "contract-1",
        CreatedAt = isFull ? At : null,
        CustomerExternalId = isFull ? "customer-1" : null,
        ExternalId = "contract-1",
        LatestInvoice = isFull ? LatestInvoice() : null,
        Name = isFull ? "Deal" : null,
        NextInvoice = isFull ? new(Money, At, At, At) : null,
        PoNumber = isFull ? "PO-1" : null,
        RefId = isFull ? "contract-1" : null,
        State = isFull ? "ACTIVE" : "DRAFT",
        Subscriptions = isFull ? [new("Enterprise", "App", "subscription-1"), new(null, null, "subscription-2")] : [],
    };

    private static RestLatestInvoice LatestInvoice() => new()
    {
        BillingId = "in_1",
        CreatedAt = At,
        RequiresAction = false,
        Status = "PAID",
        AmountDue = 0m,
        BillingReason = "BILLING_CYCLE",
        Currency = "usd",
        PdfUrl = null,
        Total = 49.90m,
    };

    private static RestCoupon Coupon(bool isFull) => new()
    {
        Id = "coupon-1",
        AmountsOff = isFull ? [Money] : null,
        BillingId = isFull ? "co_1" : null,
        BillingLinkUrl = isFull ? "https://example.com/co_1" : null,
        CreatedAt = At,
        Description = isFull ? "For early customers" : null,
        DurationInMonths = isFull ? 3 : null,
        Metadata = isFull ? Map : [],
        Name = "Early",
        PercentOff = isFull ? 20 : null,
        Source = isFull ? "STRIPE" : "STIGG",
        Status = isFull ? "ARCHIVED" : "ACTIVE",
        Type = isFull ? "PERCENTAGE" : "FIXED",
        UpdatedAt = At,
    };

    public static RestFeatureEntitlement Feature(bool isFull) => new()
    {
        AccessDeniedReason = isFull ? null : "NoFeatureEntitlementInSubscription",
        IsGranted = isFull,
        EntitlementUpdatedAt = isFull ? At : null,
        UsagePeriodEnd = isFull ? At : null,
        ValidUntil = isFull ? At : null,
        Feature = isFull
            ? new() { Id = "seats", DisplayName = "Seats", FeatureStatus = "ACTIVE", FeatureType = "NUMBER" }
            : null,
        CurrentUsage = isFull ? 3.0m : null,
        HasUnlimitedUsage = isFull ? false : null,
        ResetPeriod = isFull ? "MONTH" : null,
        UsageLimit = isFull ? 10m : null,
        UsagePeriodAnchor = isFull ? At : null,
        UsagePeriodStart = isFull ? At : null,
    };

    public static RestCreditEntitlement Credit(bool isFull) => new()
    {
        AccessDeniedReason = isFull ? null : "InsufficientCredits",
        IsGranted = isFull,
        Currency = new()
        {
            CurrencyId = "gold",
            DisplayName = "Gold",
            Description = isFull ? "Coins" : null,
            Metadata = isFull ? Map : null,
            UnitPlural = isFull ? "coins" : null,
            UnitSingular = isFull ? "coin" : null,
        },
        CurrentUsage = 0.25m,
        UsageLimit = 100m,
        UsageUpdatedAt = At,
        EntitlementUpdatedAt = isFull ? At : null,
        UsagePeriodEnd = isFull ? At : null,
        ValidUntil = isFull ? At : null,
    };

    public static RestCustomer Customer(bool isFull) => new()
    {
        Id = "ana@example.com",
        ArchivedAt = isFull ? At : null,
        CreatedAt = At,
        UpdatedAt = At,
        BillingCurrency = isFull ? "eur" : null,
        BillingId = isFull ? "cus_1" : null,
        CouponId = isFull ? "" : null,
        DefaultPaymentMethod = isFull
            ? new()
            {
                BillingId = "pm",
                CardExpiryMonth = 12,
                CardExpiryYear = 2030,
                CardLast4Digits = "4242",
                Type = "CARD",
            }
            : null,
        Email = isFull ? "ana+1@example.com" : null,
        Integrations = isFull ? [new() { Id = "i", SyncedEntityId = null, VendorIdentifier = "STRIPE" }] : null,
        Language = isFull ? "de" : null,
        Metadata = isFull ? Map : null,
        Name = isFull ? "Ana Müller" : null,
        Timezone = isFull ? "Europe/Berlin" : null,
    };

    private static RestFeature CatalogFeature(bool isFull) => new()
    {
        Id = "seats",
        CreatedAt = At,
        Description = isFull ? "People" : null,
        DisplayName = "Seats",
        EnumConfiguration = isFull ? [new("Gold", "gold")] : null,
        FeatureStatus = "ACTIVE",
        FeatureType = isFull ? "ENUM" : "BOOLEAN",
        FeatureUnits = isFull ? "seat" : null,
        FeatureUnitsPlural = isFull ? "seats" : null,
        Metadata = isFull ? Map : [],
        MeterType = isFull ? "FLUCTUATING" : "None",
        UnitTransformation = isFull
            ? new() { Divide = 1000m, FeatureUnits = "k", FeatureUnitsPlural = null, Round = "UP" }
            : null,
        UpdatedAt = At,
    };

    private static RestProduct Product(bool isFull) => new()
    {
        Id = "product-1",
        CreatedAt = At,
        Description = isFull ? "All of it" : null,
        DisplayName = "Product",
        Metadata = isFull ? Map : [],
        MultipleSubscriptions = isFull,
        Status = isFull ? "PUBLISHED" : "ARCHIVED",
        UpdatedAt = At,
        ProductSettings = isFull
            ? new()
            {
                SubscriptionCancellationTime = "END_OF_BILLING_PERIOD",
                SubscriptionEndSetup = "DOWNGRADE_TO_FREE",
                SubscriptionStartSetup = "PLAN_SELECTION",
                DowngradePlanId = "plan-free",
                ProrateAtEndOfBillingPeriod = null,
                SubscriptionStartPlanId = null,
            }
            : null,
    };

    private static RestAddon Addon(bool isFull) => new()
    {
        Id = "addon-1",
        BillingId = isFull ? "prod_1" : null,
        CreatedAt = At,
        Dependencies = isFull ? ["addon-0"] : null,
        Description = isFull ? "Ten more seats" : null,
        DisplayName = "Add-on",
        Entitlements = isFull ? [new("seats", "FEATURE"), new("gold", "CREDIT")] : [],
        IsLatest = isFull ? true : null,
        MaxQuantity = isFull ? 5 : null,
        Metadata = isFull ? Map : [],
        PricingType = isFull ? "PAID" : null,
        ProductId = "product-1",
        Status = isFull ? "PUBLISHED" : "DRAFT",
        UpdatedAt = At,
        VersionNumber = isFull ? 3 : 0,
    };

    private static RestPlan Plan(bool isFull) => new()
    {
        Id = "plan-1",
        BillingId = isFull ? "prod_1" : null,
        CompatibleAddonIds = isFull ? ["addon-1"] : null,
        CreatedAt = At,
        DefaultTrialConfig = isFull
            ? new() { Duration = 14m, Units = "DAY", Budget = Budget, TrialEndBehavior = "CONVERT_TO_PAID" }
            : null,
        Description = isFull ? "For teams" : null,
        DisplayName = "Plan",
        Entitlements = isFull ? [new("seats", "FEATURE"), new("gold", "CREDIT")] : [],
        IsLatest = isFull ? true : null,
        Metadata = isFull ? Map : [],
        ParentPlanId = isFull ? "plan-0" : null,
        PricingType = isFull ? "PAID" : null,
        ProductId = "product-1",
        Status = isFull ? "PUBLISHED" : "DRAFT",
        UpdatedAt = At,
        VersionNumber = isFull ? 3 : 0,
    };

    private static RestPackageCharge Charge(bool isFull) => new()
    {
        Id = Uid,
        BillingCadence = "RECURRING",
        BillingModel = isFull ? "PER_UNIT" : "FLAT_FEE",
        BillingPeriod = "MONTHLY",
        CreatedAt = At,
        BillingCountryCode = isFull ? "DE" : null,
        BillingId = isFull ? "price_1" : null,
        BlockSize = isFull ? 100m : null,
        CreditGrantCadence = isFull ? "MONTHLY" : null,
        CreditRate = isFull ? new(0.5m, "gold", CostFormula: null) : null,
        CrmId = isFull ? "crm" : null,
        CrmLinkUrl = isFull ? "https://example.com" : null,
        FeatureId = isFull ? "seats" : null,
        MaxUnitQuantity = isFull ? 999999m : null,
        MinUnitQuantity = isFull ? 0m : null,
        Price = isFull ? Money : null,
        Tiers = isFull ? [new() { FlatPrice = Money, UpTo = 10m }, new() { UnitPrice = Money }] : null,
        TiersMode = isFull ? "GRADUATED" : null,
        TopUpCustomCurrencyId = isFull ? "gold" : null,
        UsedInSubscriptions = isFull ? true : null,
    };

    private static RestPackageFeatureEntitlement PackageFeature(bool isFull) => new()
    {
        Id = "seats",
        Behavior = "Increment",
        CreatedAt = At,
        Description = isFull ? "text" : null,
        DisplayNameOverride = isFull ? "Team seats" : null,
        EnumValues = isFull ? ["gold"] : null,
        FeatureGroupIds = isFull ? ["collaboration"] : null,
        HasSoftLimit = isFull ? false : null,
        HasUnlimitedUsage = isFull ? false : null,
        HiddenFromWidgets = isFull ? ["PAYWALL", "CHECKOUT"] : [],
        IsCustom = isFull ? false : null,
        IsGranted = isFull,
        Order = isFull ? 1m : null,
        ResetPeriod = isFull ? "MONTH" : null,
        ResetPeriodConfiguration = isFull ? new("StartOfTheMonth") : null,
        UpdatedAt = At,
        UsageLimit = isFull ? 5m : null,
    };

    private static RestPackageCreditEntitlement PackageCredit(bool isFull) => new()
    {
        Id = "gold",
        Amount = isFull ? 10.5m : null,
        Behavior = "Override",
        Cadence = isFull ? "MONTH" : null,
        CreatedAt = At,
        Description = isFull ? "text" : null,
        DisplayNameOverride = isFull ? "Coins" : null,
        HasSoftLimit = isFull ? true : null,
        HiddenFromWidgets = isFull ? ["CUSTOMER_PORTAL"] : [],
        IsCustom = isFull ? true : null,
        IsGranted = isFull,
        Order = isFull ? 2m : null,
        UpdatedAt = At,
        DependencyFeatureId = isFull ? "seats" : null,
    };

    private static RestSubscription Subscription(bool isFull) => new()
    {
        Id = "subscription-1",
        BillingId = isFull ? "sub_1" : null,
        CreatedAt = At,
        CustomerId = "ana@example.com",
        PaymentCollection = "NOT_REQUIRED",
        PlanId = "plan-1",
        PricingType = "PAID",
        StartDate = At,
        Status = "ACTIVE",
        Addons = isFull ? [new("addon-1", 2)] : null,
        BillingCycleAnchor = isFull ? At : null,
        Budget = isFull ? Budget : null,
        CancellationDate = isFull ? At : null,
        CancelReason = isFull ? "ScheduledCancellation" : null,
        ContractId = isFull ? "contract-1" : null,
        Coupons = isFull
            ?
            [
                new() { Id = "c", Name = "C", Status = "ACTIVE", AmountsOff = [PartialMoney], PercentOff = null },
                new() { Id = "d", Name = "D", Status = "EXPIRED", AmountsOff = null, PercentOff = 20m },
            ]
            : null,
        CurrentBillingPeriodEnd = isFull ? At : null,
        CurrentBillingPeriodStart = isFull ? At : null,
        EffectiveEndDate = isFull ? At : null,
        EndDate = isFull ? At : null,
        FutureUpdates = isFull
            ?
            [
                new()
                {
                    ScheduledExecutionTime = At,
                    ScheduleStatus = "SCHEDULED",
                    SubscriptionScheduleType = "PLAN",
                    TargetPackage = new("plan-2"),
                },
            ]
            : null,
        LatestInvoice = isFull ? LatestInvoice() : null,
        Metadata = isFull ? Map : null,
        MinimumSpend = isFull ? PartialMoney : null,
        PayingCustomerId = isFull ? "payer" : null,
        PaymentCollectionMethod = isFull ? "CHARGE" : null,
        Prices = isFull
            ?
            [
                new()
                {
                    AddonId = "addon-1",
                    Amount = 5m,
                    BaseCharge = true,
                    BillingCountryCode = "DE",
                    BlockSize = 1m,
                    Currency = "usd",
                    FeatureId = "seats",
                    Tiers = [new() { FlatPrice = Money, UnitPrice = Money, UpTo = 5m }, new() { UnitPrice = Money }],
                },
                new(),
            ]
            : null,
        ResourceId = isFull ? "ws" : null,
        SubscriptionEntitlements = isFull ? [new("seats", "FEATURE")] : null,
        Trial = isFull ? new("CONVERT_TO_PAID") : null,
        TrialEndDate = isFull ? At : null,
    };

    private static RestUsageMeasurement Measurement(bool isFull) => new()
    {
        Id = "m-1",
        CreatedAt = At,
        CustomerId = "ana@example.com",
        FeatureId = "calls",
        Timestamp = At,
        Value = isFull ? 9007199254740991 : -1,
        Credit = isFull
            ? new()
            {
                Consumed = 0.10m,
                CurrencyId = "gold",
                CurrentUsage = 5m,
                Timestamp = At,
                UsageLimit = 10m,
                UsagePeriodEnd = At,
            }
            : null,
        CurrentUsage = isFull ? 12.50m : null,
        NextResetDate = isFull ? At : null,
        ResourceId = isFull ? "ws" : null,
        UsagePeriodEnd = isFull ? At : null,
        UsagePeriodStart = isFull ? At : null,
    };

    private static (string[] Operations, string Json) Data<T>(
        T data, JsonTypeInfo<RestData<T>> type, params string[] operations) =>
        (operations, JsonSerializer.Serialize(new(data), type));

    private static (string[] Operations, string Json) Page<T>(
        T element, JsonTypeInfo<RestPage<T>> type, bool isFull, params string[] operations) =>
        (operations, JsonSerializer.Serialize(new([element], isFull ? Pages : RestPagination.Whole), type));
}
