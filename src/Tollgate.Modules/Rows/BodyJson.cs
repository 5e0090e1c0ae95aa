using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Catalog.Experiments;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Billing.Providers;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Subscriptions.Bills;
using Tollgate.Modules.Usage.Events;
using Tollgate.Modules.Usage.Events.Backfills;
using Tollgate.Modules.Usage.Events.Files;

namespace Tollgate.Modules.Rows;

/// <summary>
/// How aggregates are stored in their JSON body: property and enum names as in Domain, instants as milliseconds.
/// </summary>
[JsonSourceGenerationOptions(
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    Converters =
    [
        typeof(InstantConverter),
        typeof(IdConverter<Domain.CustomerId>),
        typeof(IdConverter<Domain.ResourceId>),
        typeof(IdConverter<Domain.FeatureId>),
        typeof(IdConverter<Domain.ProductId>),
        typeof(IdConverter<Domain.PackageId>),
        typeof(IdConverter<Domain.CurrencyId>),
        typeof(IdConverter<Domain.SubscriptionId>),
    ])]
[JsonSerializable(typeof(Feature))]
[JsonSerializable(typeof(Meter))]
[JsonSerializable(typeof(MeterRebuild))]
[JsonSerializable(typeof(BackfillFollowUp))]
[JsonSerializable(typeof(FileToRead))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(Product))]
[JsonSerializable(typeof(PackageVersion))]
[JsonSerializable(typeof(Coupon))]
[JsonSerializable(typeof(CustomCurrency))]
[JsonSerializable(typeof(CreditGrant))]
[JsonSerializable(typeof(AutoRecharge))]
[JsonSerializable(typeof(FeatureGroup))]
[JsonSerializable(typeof(PackageGroup))]
[JsonSerializable(typeof(Experiment))]
[JsonSerializable(typeof(Invoice))]
[JsonSerializable(typeof(UsageBill))]
[JsonSerializable(typeof(BillingCustomer))]
[JsonSerializable(typeof(Checkout))]
[JsonSerializable(typeof(BillingSettings))]
[JsonSerializable(typeof(ProviderCustomer))]
[JsonSerializable(typeof(ProviderSubscription))]
[JsonSerializable(typeof(ProviderUsage))]
[JsonSerializable(typeof(Customer))]
[JsonSerializable(typeof(CustomerResource))]
[JsonSerializable(typeof(Subscription))]
[JsonSerializable(typeof(StoredProvision))]
[JsonSerializable(typeof(Contract))]
[JsonSerializable(typeof(PromotionalEntitlement))]
[JsonSerializable(typeof(SubscriptionMigration))]
[JsonSerializable(typeof(List<SubscriptionImportRow>))]
[JsonSerializable(typeof(Actor))]
[JsonSerializable(typeof(ApiKeyInfo))]
[JsonSerializable(typeof(EnvironmentInfo))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
internal sealed partial class BodyJson : JsonSerializerContext
{
    /// <summary>The stored text of an aggregate of any known type.</summary>
    public static string? Write(object? aggregate) =>
        aggregate is null ? null : JsonSerializer.Serialize(aggregate, aggregate.GetType(), Default);
}
