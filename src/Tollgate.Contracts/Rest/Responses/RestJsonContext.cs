using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Source-generated JSON of every answer. Use <see cref="RestJson.Wire"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    AllowOutOfOrderMetadataProperties = true,
    Converters = [typeof(ShortestDecimalConverter)])]
[JsonSerializable(typeof(ErrorBody))]
[JsonSerializable(typeof(RestData<RestContract>))]
[JsonSerializable(typeof(RestData<IReadOnlyList<RestContract>>))]
[JsonSerializable(typeof(RestData<RestCoupon>))]
[JsonSerializable(typeof(RestData<RestCustomCurrency>))]
[JsonSerializable(typeof(RestPage<RestCustomCurrency>))]
[JsonSerializable(typeof(RestData<IReadOnlyList<RestCurrencyDependant>>))]
[JsonSerializable(typeof(RestData<RestCreditGrant>))]
[JsonSerializable(typeof(RestPage<RestCreditGrant>))]
[JsonSerializable(typeof(RestCursorPage<RestCreditLedgerEvent>))]
[JsonSerializable(typeof(RestData<RestCreditConsumed>))]
[JsonSerializable(typeof(RestData<RestConsumptionsAccepted>))]
[JsonSerializable(typeof(RestData<RestCreditUsage>))]
[JsonSerializable(typeof(RestData<RestAutoRecharge>))]
[JsonSerializable(typeof(RestData<RestAddon>))]
[JsonSerializable(typeof(RestData<RestCustomer>))]
[JsonSerializable(typeof(RestData<RestCustomerEntitlements>))]
[JsonSerializable(typeof(RestData<RestCustomerImport>))]
[JsonSerializable(typeof(RestData<RestEmpty>))]
[JsonSerializable(typeof(RestData<RestEntitlement>))]
[JsonSerializable(typeof(RestData<RestFeature>))]
[JsonSerializable(typeof(RestData<RestIdRef>))]
[JsonSerializable(typeof(RestData<RestCustomerProvisioned>))]
[JsonSerializable(typeof(RestData<RestPackageEntitlement>))]
[JsonSerializable(typeof(RestData<IReadOnlyList<RestPackageEntitlement>>))]
[JsonSerializable(typeof(RestData<RestPackagePublish>))]
[JsonSerializable(typeof(RestData<RestPlan>))]
[JsonSerializable(typeof(RestData<RestProduct>))]
[JsonSerializable(typeof(RestData<RestPromotionalEntitlement>))]
[JsonSerializable(typeof(RestData<IReadOnlyList<RestPromotionalEntitlement>>))]
[JsonSerializable(typeof(RestData<RestSubscription>))]
[JsonSerializable(typeof(RestData<RestSubscriptionUsageCharge>))]
[JsonSerializable(typeof(RestData<RestSubscriptionUsageSync>))]
[JsonSerializable(typeof(RestData<RestSubscriptionImport>))]
[JsonSerializable(typeof(RestData<RestSubscriptionProvision>))]
[JsonSerializable(typeof(RestData<RestSubscriptionPreview>))]
[JsonSerializable(typeof(RestData<RestUsageHistory>))]
[JsonSerializable(typeof(RestData<RestCreditEstimate>))]
[JsonSerializable(typeof(RestData<IReadOnlyList<RestUsageMeasurement>>))]
[JsonSerializable(typeof(RestCursorPage<RestCustomerInvoice>))]
[JsonSerializable(typeof(RestPage<RestContract>))]
[JsonSerializable(typeof(RestPage<RestCoupon>))]
[JsonSerializable(typeof(RestPage<RestAddon>))]
[JsonSerializable(typeof(RestPage<RestCustomer>))]
[JsonSerializable(typeof(RestPage<RestCustomerResource>))]
[JsonSerializable(typeof(RestPage<RestFeature>))]
[JsonSerializable(typeof(RestPage<RestPackageCharge>))]
[JsonSerializable(typeof(RestPage<RestPackageEntitlement>))]
[JsonSerializable(typeof(RestPage<RestPlan>))]
[JsonSerializable(typeof(RestPage<RestProduct>))]
[JsonSerializable(typeof(RestPage<RestPromotionalEntitlement>))]
[JsonSerializable(typeof(RestPage<RestSubscription>))]
public sealed partial class RestJsonContext : JsonSerializerContext;

/// <summary>The JSON of answers as it is sent.</summary>
public static class RestJson
{
    /// <summary>A class of its own, because the initialisers of the generated half run in no stated order.</summary>
    public static RestJsonContext Wire { get; } = new(WireOptions.Of(RestJsonContext.Default.Options));
}
