using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Usage.Events;

/// <summary>
/// A meter prepared for many events: every text that can be a number is read once (spec catalog 1.5).
/// </summary>
public sealed class CompiledMeter
{
    /// <summary>The field of a condition that means the name of the event and no dimension.</summary>
    public const string EventNameField = "eventName";

    private readonly CompiledCondition[][] _filters;
    private readonly string? _field;

    private CompiledMeter(Meter meter, CompiledCondition[][] filters, IReadOnlySet<string>? names)
    {
        _filters = filters;
        _field = meter.Aggregation.Field;
        Function = meter.Aggregation.Function;
        EventNames = names;
    }

    public AggregationFunction Function { get; }

    /// <summary>Events of other names cannot match; null = any name may.</summary>
    public IReadOnlySet<string>? EventNames { get; }

    public static CompiledMeter Of(Meter meter)
    {
        var filters = meter.Filters
            .Select(filter => filter.Conditions.Select(CompiledCondition.Of).ToArray())
            .ToArray();
        return new(meter, filters, NamesOf(meter));
    }

    /// <summary>
    /// True with what the event brings when it passes one of the filters and has what the aggregation reads. An event
    /// that lacks it is not counted (spec catalog 1.5). A number beyond what a report may say counts as that
    /// (<see cref="UsageFold.LargestValue"/>): what follows from usage can be computed, prices and credits too.
    /// </summary>
    public bool TryRead(string eventName, EventDimensions dimensions, out MeterSample sample)
    {
        sample = default;
        if (!Matches(eventName, dimensions))
            return false;
        if (Function == AggregationFunction.Count)
            return true;
        if (!TryField(_field!, eventName, dimensions, out var value))
            return false;
        if (Function == AggregationFunction.Unique)
        {
            sample = new(0, value.AsText());
            return true;
        }

        if (!value.TryNumber(out var number))
            return false;
        sample = new(Math.Clamp(number, -UsageFold.LargestValue, UsageFold.LargestValue), null);
        return true;
    }

    /// <summary>Whether one of the filters lets the event through.</summary>
    public bool Matches(string eventName, EventDimensions dimensions)
    {
        foreach (var filter in _filters)
        {
            if (AllHold(filter, eventName, dimensions))
                return true;
        }

        return false;
    }

    private static bool AllHold(CompiledCondition[] conditions, string eventName, EventDimensions dimensions)
    {
        foreach (var condition in conditions)
        {
            if (!condition.Holds(
                TryField(condition.Field, eventName, dimensions, out var value) ? value : null))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryField(string field, string eventName, EventDimensions dimensions, out DimensionValue value)
    {
        if (field != EventNameField)
            return dimensions.TryGet(field, out value);
        value = DimensionValue.Of(eventName);
        return true;
    }

    /// <summary>
    /// The names that some filter demands; null when a filter demands none, or one that is compared as a number.
    /// </summary>
    private static HashSet<string>? NamesOf(Meter meter)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var filter in meter.Filters)
        {
            var demanded = filter.Conditions
                .Where(condition => condition.Field == EventNameField)
                .Select(condition => condition.Operation switch
                {
                    ConditionOperation.Equals => [condition.Value!],
                    ConditionOperation.In => condition.Values,
                    _ => null,
                })
                .FirstOrDefault(values => values is not null);
            if (demanded is null || demanded.Any(name => JsonNumber.TryParse(name, out _)))
                return null;
            names.UnionWith(demanded);
        }

        return names;
    }
}
