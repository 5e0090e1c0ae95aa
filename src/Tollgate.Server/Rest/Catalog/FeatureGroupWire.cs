using System.Text.Json;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>Feature groups between their wire shape and the domain.</summary>
internal static class FeatureGroupWire
{
    private const string Published = "PUBLISHED";
    private const string Archived = "ARCHIVED";

    public static RestFeatureGroup ToRest(FeatureGroup group) => new()
    {
        Id = group.Id,
        DisplayName = group.DisplayName,
        Description = group.Description,
        FeatureIds = [.. group.FeatureIds.Select(id => id.Value)],
        Status = group.IsArchived ? Archived : Published,
        VersionNumber = group.Version,
        CreatedAt = Wire.Instant(group.CreatedAt),
        UpdatedAt = Wire.Instant(group.UpdatedAt),
    };

    public static FeatureGroupDraft DraftFromRest(JsonElement body) =>
        new(body.Text("id"), body.Text("displayName"), MembersFromRest(body) ?? [])
        {
            Description = body.TextOrNull("description"),
        };

    public static FeatureGroupEdit EditFromRest(JsonElement body) => new()
    {
        DisplayName = body.OptionalText("displayName"),
        Description = body.OptionalText("description"),
        FeatureIds = MembersFromRest(body),
    };

    /// <summary>The wanted values of the archived flag; null when no status is asked for.</summary>
    public static IReadOnlyCollection<bool>? ArchivedOf(IReadOnlyList<string> statuses) =>
        statuses.Count == 0 ? null : [.. statuses.Select(status => status == Archived).Distinct()];

    private static IReadOnlyList<FeatureId>? MembersFromRest(JsonElement body) =>
        body.ListOrNull("featureIds", id => new FeatureId(id.GetString()!));
}
