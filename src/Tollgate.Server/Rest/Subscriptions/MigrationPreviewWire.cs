using System.Text.Json.Serialization;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Entitlements.Previews;
using Tollgate.Modules.Subscriptions.Publishing;
using Tollgate.Server.Rest.Catalog;
using Tollgate.Server.Rest.Entitlements;

namespace Tollgate.Server.Rest.Subscriptions;

/// <summary>Schema <c>TollgateMigrationPreview</c>.</summary>
public sealed record RestMigrationPreview
{
    public required string SubscriptionId { get; init; }
    public required bool StartsNewSubscription { get; init; }
    public required bool IsScheduled { get; init; }
    public required RestBeforeAfter<string> PricingType { get; init; }
    public required IReadOnlyList<RestHeldVersions> Versions { get; init; }
    public required IReadOnlyList<RestEntitlementDifference> Entitlements { get; init; }
    public required IReadOnlyList<RestChargeDifference> Charges { get; init; }
    public required RestBeforeAfter<RestRecurringAmount> Recurring { get; init; }
    public required RestSubscriptionPreview? Invoices { get; init; }
}

public sealed record RestBeforeAfter<T>(T? Before, T? After);

/// <summary>Versions of one package: those of its content and those of its prices.</summary>
public sealed record RestHeldVersions(
    string Kind, string Id, long? Before, long? After, long? PriceBefore, long? PriceAfter);

public sealed record RestChargeDifference(
    string ChangeType, string? AddonId, RestPackageCharge? Before, RestPackageCharge? After);

/// <summary>Schema <c>TollgateRecurringAmount</c>.</summary>
public sealed record RestRecurringAmount(string Currency, string BillingPeriod, decimal Amount);

/// <summary>Source-generated JSON of migration previews. Use <see cref="Wire"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(ShortestDecimalConverter)])]
[JsonSerializable(typeof(RestData<RestMigrationPreview>))]
internal sealed partial class MigrationPreviewJson : JsonSerializerContext
{
    public static MigrationPreviewJson Wire => field ??= new(WireOptions.Of(Default.Options));
}

/// <summary>Migration previews as they are answered.</summary>
internal static class MigrationPreviewWire
{
    public static RestMigrationPreview ToRest(MigrationPreview preview) => new()
    {
        SubscriptionId = preview.Before.Id.Value,
        StartsNewSubscription = preview.Before.Uid != preview.After.Uid,
        IsScheduled = preview.IsScheduled,
        PricingType = new(Wire.Symbol(preview.Before.PricingType), Wire.Symbol(preview.After.PricingType)),
        Versions = [.. Versions(preview.Before, preview.After)],
        Entitlements = [.. preview.Entitlements.Select(EntitlementDifferenceWire.ToRest)],
        Charges = [.. preview.Charges.Select(ToRest)],
        Recurring = new(ToRest(preview.RecurringBefore), ToRest(preview.RecurringAfter)),
        Invoices = preview.Invoices is { } invoices ? PreviewWire.ToRest(invoices) : null,
    };

    private static IEnumerable<RestHeldVersions> Versions(Subscription before, Subscription after)
    {
        yield return new(
            Wire.Symbol(PackageKind.Plan), before.PlanId.Value, before.PlanVersion, after.PlanVersion,
            before.PriceVersion, after.PriceVersion);
        foreach (var id in before.Addons.Concat(after.Addons).Select(addon => addon.Id).Distinct())
        {
            var was = before.Addons.FirstOrDefault(addon => addon.Id == id);
            var now = after.Addons.FirstOrDefault(addon => addon.Id == id);
            yield return new(
                Wire.Symbol(PackageKind.Addon), id.Value, was?.Version, now?.Version, was?.PriceVersion,
                now?.PriceVersion);
        }
    }

    private static RestChargeDifference ToRest(ContentChange<SubscriptionCharge> change) => new(
        Wire.Symbol(change.Type),
        (change.After ?? change.Before)!.AddonId?.Value,
        change.Before is { } before ? PackageVersionWire.ChargeToRest(before.Charge) : null,
        change.After is { } after ? PackageVersionWire.ChargeToRest(after.Charge) : null);

    private static RestRecurringAmount? ToRest(RecurringAmount? amount) =>
        amount is null ? null : new(amount.Currency, Wire.Symbol(amount.Period), amount.Amount);
}
