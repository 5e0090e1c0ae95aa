using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Catalog.Experiments;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.EventLog;
using Tollgate.Server.Rest.Billing;
using Tollgate.Server.Rest.Catalog;
using Tollgate.Server.Rest.Credits;
using Tollgate.Server.Rest.Customers;
using Tollgate.Server.Rest.Entitlements;
using Tollgate.Server.Rest.Subscriptions;

namespace Tollgate.Server.Rest.Accounts;

/// <summary>Events as they are answered: entities in the shapes their own operations answer.</summary>
internal static class EventWire
{
    /// <param name="record">As stored.</param>
    /// <param name="environment">The public id of its environment.</param>
    public static RestEvent ToRest(EventRecord record, Guid environment) => new()
    {
        Id = record.Id,
        Type = Wire.Symbol(record.Type),
        OccurredAt = Wire.Instant(record.CreatedAt),
        EntityKind = Wire.Symbol(record.EntityKind),
        EntityId = record.EntityId,
        CustomerId = record.CustomerId,
        Before = EntityToRest(EventBody.Read(record.EntityKind, record.Before), environment),
        After = EntityToRest(EventBody.Read(record.EntityKind, record.After), environment),
        Facts = record.Facts,
        Actor = new(record.Actor.Type, record.Actor.Id, record.Actor.Name),
        TraceId = record.TraceId,
    };

    private static JsonElement? EntityToRest(object? entity, Guid environment) => entity switch
    {
        null => null,
        Feature feature => JsonSerializer.SerializeToElement(FeatureWire.ToRest(feature), RestJson.Wire.RestFeature),
        Product product => JsonSerializer.SerializeToElement(ProductWire.ToRest(product), RestJson.Wire.RestProduct),
        PackageVersion { Kind: PackageKind.Addon } addon => JsonSerializer.SerializeToElement(
            AddonWire.ToRest(addon), RestJson.Wire.RestAddon),
        PackageGroup group => JsonSerializer.SerializeToElement(
            PackageGroupWire.ToRest(group), PackageJson.Wire.RestPackageGroup),
        PackageVersion package => JsonSerializer.SerializeToElement(PlanWire.ToRest(package), RestJson.Wire.RestPlan),
        Coupon coupon => JsonSerializer.SerializeToElement(CouponWire.ToRest(coupon), RestJson.Wire.RestCoupon),
        CustomCurrency currency => JsonSerializer.SerializeToElement(
            CustomCurrencyWire.ToRest(currency), RestJson.Wire.RestCustomCurrency),
        CreditGrant grant => JsonSerializer.SerializeToElement(
            CreditGrantWire.ToRest(grant), RestJson.Wire.RestCreditGrant),
        FeatureGroup group => JsonSerializer.SerializeToElement(
            FeatureGroupWire.ToRest(group), CatalogJson.Wire.RestFeatureGroup),
        Customer customer => WithExperiment(
            JsonSerializer.SerializeToNode(CustomerWire.ToRest(customer), RestJson.Wire.RestCustomer)!,
            customer.Experiment,
            customer.IsExcludedFromExperiments),
        Subscription subscription => WithExperiment(
            JsonSerializer.SerializeToNode(SubscriptionWire.ToRest(subscription), RestJson.Wire.RestSubscription)!,
            subscription.Experiment),
        Experiment experiment => JsonSerializer.SerializeToElement(
            ExperimentWire.ToRest(experiment), ExperimentJson.Wire.RestExperiment),
        PromotionalEntitlement promotion => JsonSerializer.SerializeToElement(
            PromotionWire.ToRest(promotion, environment), RestJson.Wire.RestPromotionalEntitlement),
        Invoice invoice => JsonSerializer.SerializeToElement(
            InvoiceWire.ToRest(invoice, address: null), BillingJson.Wire.RestInvoice),
        BillingSettings settings => JsonSerializer.SerializeToElement(
            BillingSettingsWire.ToRest(settings), BillingJson.Wire.RestBillingSettings),
        Contract contract => JsonSerializer.SerializeToElement(
            ContractWire.ToRest(contract), RestJson.Wire.RestContract),
        ApiKeyInfo key => JsonSerializer.SerializeToElement(
            new RestKeyEvent(key.Id, Wire.Symbol(key.Kind), key.Name, key.Hint), EventJson.Default.RestKeyEvent),
        EnvironmentInfo created => JsonSerializer.SerializeToElement(
            new RestEnvironmentEvent(created.Name, created.Kind == EnvironmentKind.Production),
            EventJson.Default.RestEnvironmentEvent),
        _ => throw new ArgumentOutOfRangeException(nameof(entity), entity.GetType(), "Not an entity of the event log."),
    };

    /// <summary>Events tell the group of an experiment, which the compatible answers have no place for.</summary>
    private static JsonElement WithExperiment(JsonNode entity, ExperimentInfo? group, bool isExcluded = false)
    {
        if (isExcluded)
            entity["excludeFromExperiment"] = true;
        if (group is not null)
        {
            entity["experimentInfo"] = JsonSerializer.SerializeToNode(
                ExperimentWire.ToRest(group), ExperimentJson.Wire.RestExperimentInfo);
        }

        return JsonSerializer.SerializeToElement(entity, EventJson.Default.JsonNode);
    }
}

/// <summary>An API key in an event: never its secret.</summary>
public sealed record RestKeyEvent(Guid Id, string Kind, string Name, string Hint);

/// <summary>An environment in an event.</summary>
public sealed record RestEnvironmentEvent(string Name, bool IsProduction);

[System.Text.Json.Serialization.JsonSourceGenerationOptions(
    PropertyNamingPolicy = System.Text.Json.Serialization.JsonKnownNamingPolicy.CamelCase)]
[System.Text.Json.Serialization.JsonSerializable(typeof(RestKeyEvent))]
[System.Text.Json.Serialization.JsonSerializable(typeof(RestEnvironmentEvent))]
[System.Text.Json.Serialization.JsonSerializable(typeof(JsonNode))]
internal sealed partial class EventJson : System.Text.Json.Serialization.JsonSerializerContext;
