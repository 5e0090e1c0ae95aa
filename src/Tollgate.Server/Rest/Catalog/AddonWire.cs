using System.Text.Json;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Catalog.Packages;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>How add-ons look on REST.</summary>
internal static class AddonWire
{
    public static RestAddon ToRest(PackageVersion addon) => new()
    {
        Id = addon.Id.Value,
        BillingId = addon.BillingId,
        CreatedAt = Wire.Instant(addon.CreatedAt),
        Dependencies = [.. addon.Dependencies.Select(id => id.Value)],
        Description = addon.Description,
        DisplayName = addon.DisplayName,
        Entitlements = PackageWire.EntitlementsToRest(addon),
        IsLatest = addon.IsLatest,
        MaxQuantity = addon.MaxQuantity,
        Metadata = addon.Metadata,
        PricingType = Wire.Symbol(addon.PricingType),
        ProductId = addon.ProductId.Value,
        Status = Wire.Symbol(addon.Status),
        UpdatedAt = Wire.Instant(addon.UpdatedAt),
        VersionNumber = addon.Version,
    };

    public static PackageDraft DraftFromRest(JsonElement body) =>
        PackageWire.DraftFromRest(body, ContentFromRest(body));

    public static PackageUpdate UpdateFromRest(JsonElement body) =>
        PackageWire.UpdateFromRest(body, ContentFromRest(body));

    private static PackageEdit ContentFromRest(JsonElement body) => PackageWire.ContentFromRest(body) with
    {
        Dependencies = PackageWire.IdsFromRest(body, "dependencies"),
        MaxQuantity = body.TryGetProperty("maxQuantity", out _)
            ? new(body.NumberOrNull("maxQuantity") is { } quantity ? (long)quantity : null)
            : default(Optional<long?>),
    };
}
