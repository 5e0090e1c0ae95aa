using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Rows;

namespace Tollgate.Modules.EventLog;

/// <summary>The stored bodies of events as the aggregates they were written from.</summary>
public static class EventBody
{
    /// <summary>The aggregate; null where the entity did not or does not exist.</summary>
    public static object? Read(EntityKind kind, string? body) =>
        body is null ? null : JsonSerializer.Deserialize(body, TypeOf(kind));

    private static JsonTypeInfo TypeOf(EntityKind kind) => kind switch
    {
        EntityKind.Feature => BodyJson.Default.Feature,
        EntityKind.Product => BodyJson.Default.Product,
        EntityKind.Plan or EntityKind.Addon => BodyJson.Default.PackageVersion,
        EntityKind.Coupon => BodyJson.Default.Coupon,
        EntityKind.CustomCurrency => BodyJson.Default.CustomCurrency,
        EntityKind.Credit => BodyJson.Default.CreditGrant,
        EntityKind.FeatureGroup => BodyJson.Default.FeatureGroup,
        EntityKind.PackageGroup => BodyJson.Default.PackageGroup,
        EntityKind.Experiment => BodyJson.Default.Experiment,
        EntityKind.Customer => BodyJson.Default.Customer,
        EntityKind.Invoice => BodyJson.Default.Invoice,
        EntityKind.BillingSettings => BodyJson.Default.BillingSettings,
        EntityKind.Subscription => BodyJson.Default.Subscription,
        EntityKind.Contract => BodyJson.Default.Contract,
        EntityKind.PromotionalEntitlement => BodyJson.Default.PromotionalEntitlement,
        EntityKind.ApiKey => BodyJson.Default.ApiKeyInfo,
        EntityKind.Environment => BodyJson.Default.EnvironmentInfo,
        EntityKind.Measurement => throw new ArgumentException("A measurement has no stored body.", nameof(kind)),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind of entity."),
    };
}
