using System.Globalization;
using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Usage.Events;

namespace Tollgate.Testing;

/// <summary>
/// Metering as the specification words it, recomputed from the whole list of events with nothing kept in between: what the
/// engine's answers are compared with. Shares no code with it.
/// </summary>
public static class NaiveMetering
{
    /// <summary>The usage of the events dated in <c>[start, end)</c>.</summary>
    public static decimal Usage(
        Meter meter, IEnumerable<ToldEvent> events, Instant start, Instant end)
    {
        var fields = events
            .Where(e => start <= e.At && e.At < end)
            .Where(e => meter.Filters.Any(f => f.Conditions.All(c => Holds(c, Field(e.Name, e.Dimensions, c.Field)))))
            .Select(e => Field(e.Name, e.Dimensions, meter.Aggregation.Field ?? ""))
            .ToList();
        var numbers = fields.Select(Number).OfType<decimal>().ToList();
        return meter.Aggregation.Function switch
        {
            AggregationFunction.Count => fields.Count,
            AggregationFunction.Unique => fields.OfType<object>().Select(Text).Distinct(StringComparer.Ordinal).Count(),
            AggregationFunction.Sum => numbers.Sum(),
            AggregationFunction.Max => numbers.Count == 0 ? 0 : numbers.Max(),
            AggregationFunction.Min => numbers.Count == 0 ? 0 : numbers.Min(),
            AggregationFunction.Avg => numbers.Count == 0 ? 0 : numbers.Sum() / numbers.Count,
            _ => throw new ArgumentOutOfRangeException(nameof(meter)),
        };
    }

    /// <summary>Whether the meter reads anything of the event: what it does not read it neither counts nor holds.</summary>
    public static bool IsRead(Meter meter, ToldEvent told)
    {
        var field = Field(told.Name, told.Dimensions, meter.Aggregation.Field ?? "");
        return meter.Filters.Any(f => f.Conditions.All(c => Holds(c, Field(told.Name, told.Dimensions, c.Field))))
            && meter.Aggregation.Function switch
            {
                AggregationFunction.Count => true,
                AggregationFunction.Unique => field is not null,
                _ => Number(field) is not null,
            };
    }

    /// <summary>The dimensions as the engine takes them.</summary>
    public static EventDimensions Dimensions(IReadOnlyDictionary<string, object> values) => EventDimensions.Of(
        [.. values.Select(pair => KeyValuePair.Create(pair.Key, pair.Value switch
        {
            string text => DimensionValue.Of(text),
            bool flag => DimensionValue.Of(flag),
            decimal number => DimensionValue.Of(number),
            var other => throw new ArgumentException($"No event carries a {other.GetType()}.", nameof(values)),
        }))]);

    private static object? Field(string name, IReadOnlyDictionary<string, object> dimensions, string field) =>
        field == "eventName" ? name : dimensions.GetValueOrDefault(field);

    private static bool Holds(MeterCondition condition, object? field)
    {
        if (field is null)
            return condition.Operation is ConditionOperation.IsNull or ConditionOperation.NotEquals;
        var text = Text(field);
        return condition.Operation switch
        {
            ConditionOperation.IsNull => false,
            ConditionOperation.IsNotNull => true,
            ConditionOperation.Equals => Order(field, condition.Value!) == 0,
            ConditionOperation.NotEquals => Order(field, condition.Value!) != 0,
            ConditionOperation.GreaterThan => Order(field, condition.Value!) > 0,
            ConditionOperation.GreaterThanOrEqual => Order(field, condition.Value!) >= 0,
            ConditionOperation.LessThan => Order(field, condition.Value!) < 0,
            ConditionOperation.LessThanOrEqual => Order(field, condition.Value!) <= 0,
            ConditionOperation.Contains => text.Contains(condition.Value!, StringComparison.Ordinal),
            ConditionOperation.StartsWith => text.StartsWith(condition.Value!, StringComparison.Ordinal),
            ConditionOperation.EndsWith => text.EndsWith(condition.Value!, StringComparison.Ordinal),
            ConditionOperation.In => condition.Values!.Any(value => Order(field, value) == 0),
            _ => throw new ArgumentOutOfRangeException(nameof(condition)),
        };
    }

    private static int Order(object field, string operand) =>
        Number(field) is { } left && Number(operand) is { } right
            ? left.CompareTo(right)
            : string.CompareOrdinal(Text(field), operand);

    private static decimal? Number(object? field) => field switch
    {
        decimal number => number,
        string text when System.Text.RegularExpressions.Regex.IsMatch(
            text, @"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$",
            System.Text.RegularExpressions.RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)) =>
            decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
        _ => null,
    };

    private static string Text(object field) => field switch
    {
        bool flag => flag ? "true" : "false",
        decimal number => (number / 1.0000000000000000000000000000m).ToString(CultureInfo.InvariantCulture),
        _ => (string)field,
    };
}

/// <summary>An event in plain words: its dimensions are string, decimal or bool.</summary>
public sealed record ToldEvent(Instant At, string Name, IReadOnlyDictionary<string, object> Dimensions);
