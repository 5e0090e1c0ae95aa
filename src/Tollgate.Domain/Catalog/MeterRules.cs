using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>Whether a feature may have a meter, and whether the meter is well formed (spec catalog 1.4 and
/// 1.5).</summary>
public static class MeterRules
{
    /// <summary>Adds what is wrong with the feature's meter type and meter.</summary>
    public static void Check(Findings findings, Feature feature)
    {
        if (feature.Type != FeatureType.Number && (feature.MeterType != MeterType.None || feature.Meter is not null))
        {
            var type = feature.Type.ToString().ToUpperInvariant();
            findings.Add(ErrorCode.MeteringNotAvailableForFeatureType,
                feature.Meter is null ? "meterType" : "meter",
                $"Feature '{feature.Id}' is of type {type}; only NUMBER features are metered. "
                + "Remove the meter and the meter type.",
                new Dictionary<string, string> { ["featureType"] = type });
            return;
        }

        if (feature.Meter is not { } meter)
            return;
        if (feature.MeterType == MeterType.None)
        {
            findings.Add(ErrorCode.MeterMustBeAssociatedToMeteredFeature, "meter",
                $"Feature '{feature.Id}' has no meter type, so it cannot have a meter; only metered features can.");
        }

        CheckDefinition(findings, meter);
    }

    /// <summary>Whether both count alike by their definition.</summary>
    public static bool Same(Meter? a, Meter? b) => a is null || b is null
        ? a is null && b is null
        : a.Aggregation == b.Aggregation && ContentEquality.Same(a.Filters, b.Filters,
            static (x, y) => ContentEquality.Same(x.Conditions, y.Conditions,
                static (p, q) => p with { Values = q.Values } == q && ContentEquality.Same(p.Values, q.Values)));

    private static void CheckDefinition(Findings findings, Meter meter)
    {
        if (meter.Aggregation.Function != AggregationFunction.Count && string.IsNullOrEmpty(meter.Aggregation.Field))
        {
            findings.Bad("meter.aggregation.field",
                $"The aggregation {meter.Aggregation.Function.ToString().ToUpperInvariant()} needs the field it "
                + "reads.");
        }

        if (meter.Filters.Count == 0)
            findings.Bad("meter.filters", "A meter needs at least one filter.");
        for (var f = 0; f < meter.Filters.Count; f++)
        {
            var conditions = meter.Filters[f].Conditions;
            if (conditions.Count == 0)
                findings.Bad($"meter.filters[{f}].conditions", "A filter needs at least one condition.");
            for (var c = 0; c < conditions.Count; c++)
                CheckCondition(findings, $"meter.filters[{f}].conditions[{c}]", conditions[c]);
        }
    }

    private static void CheckCondition(Findings findings, string path, MeterCondition condition)
    {
        if (string.IsNullOrEmpty(condition.Field))
            findings.Bad(path + ".field", "A condition needs the field it looks at, for example eventName.");
        var takesValues = condition.Operation == ConditionOperation.In;
        var takesValue = !takesValues
            && condition.Operation is not (ConditionOperation.IsNull or ConditionOperation.IsNotNull);
        if (takesValue != condition.Value is not null)
        {
            findings.Bad(path + ".value", takesValue
                ? $"The operation {condition.Operation} needs a value."
                : $"The operation {condition.Operation} takes no value; remove it.");
        }

        if (takesValues && condition.Values is not { Count: > 0 })
            findings.Bad(path + ".values", "The operation IN needs at least one entry in values.");
        if (!takesValues && condition.Values is not null)
            findings.Bad(path + ".values", $"The operation {condition.Operation} takes no values; only IN does.");
    }
}
