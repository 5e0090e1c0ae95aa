using System.Text.Json;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Catalog;

namespace Tollgate.Server.Rest.Credits;

/// <summary>Credit currencies between their wire shape and the domain.</summary>
internal static class CustomCurrencyWire
{
    private const string Archived = "ARCHIVED";

    public static RestCustomCurrency ToRest(CustomCurrency currency) => new()
    {
        Id = currency.Id.Value,
        ArchivedAt = Wire.Instant(currency.ArchivedAt),
        CreatedAt = Wire.Instant(currency.CreatedAt),
        Description = currency.Description,
        DisplayName = currency.DisplayName,
        Metadata = currency.Metadata,
        Symbol = currency.Symbol,
        Units = currency.Units is { } units ? new(units.Plural, units.Singular) : null,
        UpdatedAt = Wire.Instant(currency.UpdatedAt),
    };

    public static RestCurrencyDependant ToRest(CurrencyDependant dependant) =>
        new(dependant.Id.Value, dependant.DisplayName, Wire.Symbol(dependant.Kind));

    /// <summary>The wanted values of the archived flag; null when no status is asked for.</summary>
    public static IReadOnlyCollection<bool>? ArchivedOf(IReadOnlyList<string> statuses) =>
        statuses.Count == 0 ? null : [.. statuses.Select(status => status == Archived).Distinct()];

    public static CustomCurrencyDraft DraftFromRest(JsonElement body) =>
        new(new(body.Text("id")), body.Text("displayName"))
        {
            Description = body.TextOrNull("description"),
            Symbol = body.TextOrNull("symbol"),
            Units = body.Property("units") is { } units ? UnitsFromRest(units) : null,
            Metadata = body.MetadataOrNull(),
        };

    public static CustomCurrencyEdit EditFromRest(JsonElement body) => new()
    {
        DisplayName = body.OptionalText("displayName"),
        Description = body.OptionalText("description"),
        Symbol = body.OptionalText("symbol"),
        Units = body.Optional("units", UnitsFromRest),
        Metadata = body.OptionalMetadata(),
    };

    private static CurrencyUnits UnitsFromRest(JsonElement units) => new(units.Text("singular"), units.Text("plural"));
}
