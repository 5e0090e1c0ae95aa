using System.Text.Json;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Catalog.PackageGroups;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>Groups of add-ons as our own operations show them.</summary>
internal static class PackageGroupWire
{
    public static RestPackageGroup ToRest(PackageGroup group) => new()
    {
        Id = group.Id,
        DisplayName = group.DisplayName,
        Description = group.Description,
        ProductId = group.ProductId.Value,
        AddonIds = [.. group.AddonIds.Select(id => id.Value)],
        Status = Wire.Symbol(group.IsArchived ? PackageStatus.Archived : PackageStatus.Published),
        IsLatest = true,
        VersionNumber = group.Version,
        CreatedAt = Wire.Instant(group.CreatedAt),
        UpdatedAt = Wire.Instant(group.UpdatedAt),
    };

    public static PackageGroupDraft DraftFromRest(JsonElement body) =>
        new(body.Text("id"), body.Text("displayName"), new(body.Text("productId")))
        {
            Description = body.TextOrNull("description"),
        };

    public static PackageGroupEdit EditFromRest(JsonElement body) => new()
    {
        DisplayName = body.OptionalText("displayName"),
        Description = body.OptionalText("description"),
    };

    /// <summary>The groups a plan is to take.</summary>
    public static IReadOnlyList<CompatiblePackageGroup> CompatibleFromRest(JsonElement body) =>
        body.ListOrNull("packageGroups", given => new CompatiblePackageGroup(
            given.Text("packageGroupId"), given.IntegerOrNull("minItems"), given.IntegerOrNull("freeItems"))) ?? [];

    public static IReadOnlyList<PackageId> AddonsFromRest(JsonElement body) =>
        body.ListOrNull("addonIds", id => new PackageId(id.GetString()!)) ?? [];
}
