using System.Text.Json;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Catalog;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>Features between their wire shape and the domain.</summary>
internal static class FeatureWire
{
    public static RestFeature ToRest(Feature feature) => new()
    {
        Id = feature.Id.Value,
        CreatedAt = Wire.Instant(feature.CreatedAt),
        Description = feature.Description,
        DisplayName = feature.DisplayName,
        EnumConfiguration = feature.EnumConfiguration?.Select(v => new RestEnumValue(v.DisplayName, v.Value)).ToList(),
        FeatureStatus = Wire.Symbol(feature.Status),
        FeatureType = Wire.Symbol(feature.Type),
        FeatureUnits = feature.Units,
        FeatureUnitsPlural = feature.UnitsPlural,
        Metadata = feature.Metadata,
        MeterType = Wire.Symbol(feature.MeterType),
        UnitTransformation = feature.UnitTransformation is { } transformation
            ? new()
            {
                Divide = transformation.Divide,
                FeatureUnits = transformation.Units,
                FeatureUnitsPlural = transformation.UnitsPlural,
                Round = Wire.Symbol(transformation.Round),
            }
            : null,
        UpdatedAt = Wire.Instant(feature.UpdatedAt),
    };

    /// <summary>As our own operations answer it.</summary>
    public static RestFeature ToRestWithMeter(Feature feature) =>
        ToRest(feature) with { Meter = feature.Meter is { } meter ? ToRest(meter) : null };

    public static FeatureDraft DraftFromRest(JsonElement body) => new()
    {
        Id = new(body.Text("id")),
        DisplayName = body.Text("displayName"),
        Type = body.Member<FeatureType>("featureType"),
        MeterType = body.MemberOrNull<MeterType>("meterType"),
        Status = body.MemberOrNull<FeatureStatus>("featureStatus") ?? FeatureStatus.Active,
        Description = body.TextOrNull("description"),
        Units = body.TextOrNull("featureUnits"),
        UnitsPlural = body.TextOrNull("featureUnitsPlural"),
        EnumConfiguration = body.ListOrNull("enumConfiguration", EnumValueFromRest),
        UnitTransformation = body.Property("unitTransformation") is { } given ? TransformationFromRest(given) : null,
        Meter = body.Property("meter") is { } meter ? MeterFromRest(meter) : null,
        Metadata = body.MetadataOrNull(),
    };

    public static FeatureEdit EditFromRest(JsonElement body) => new()
    {
        DisplayName = body.OptionalText("displayName"),
        Description = body.OptionalText("description"),
        Units = body.OptionalText("featureUnits"),
        UnitsPlural = body.OptionalText("featureUnitsPlural"),
        EnumConfiguration = body.Optional<IReadOnlyList<EnumValue>>(
            "enumConfiguration", list => [.. list.EnumerateArray().Select(EnumValueFromRest)]),
        UnitTransformation = body.Optional("unitTransformation", TransformationFromRest),
        Meter = body.Optional("meter", MeterFromRest),
        Metadata = body.OptionalMetadata(),
    };

    private static RestMeter ToRest(Meter meter) => new(
        new(Wire.Symbol(meter.Aggregation.Function), meter.Aggregation.Field),
        [.. meter.Filters.Select(
            filter => new RestMeterFilter([.. filter.Conditions.Select(condition => new RestMeterCondition(
            condition.Field, Wire.Symbol(condition.Operation), condition.Value, condition.Values))]))]);

    private static EnumValue EnumValueFromRest(JsonElement item) => new(item.Text("value"), item.Text("displayName"));

    private static UnitTransformation TransformationFromRest(JsonElement given) => new(
        given.GetProperty("divide").GetDecimal(),
        given.MemberOrNull<RoundingDirection>("round") ?? RoundingDirection.Up,
        given.TextOrNull("featureUnits"),
        given.TextOrNull("featureUnitsPlural"));

    private static Meter MeterFromRest(JsonElement given)
    {
        var aggregation = given.GetProperty("aggregation");
        return new(
            new(aggregation.Member<AggregationFunction>("function"), aggregation.TextOrNull("field")),
            [.. given.GetProperty("filters").EnumerateArray().Select(filter => new MeterFilter(
                [.. filter.GetProperty("conditions").EnumerateArray().Select(ConditionFromRest)]))]);
    }

    private static MeterCondition ConditionFromRest(JsonElement given) => new(
        given.Text("field"),
        given.Member<ConditionOperation>("operation"),
        given.TextOrNull("value"),
        given.ListOrNull("values", value => value.GetString()!));
}
