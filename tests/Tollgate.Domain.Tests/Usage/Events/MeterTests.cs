using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Usage;
using Tollgate.Domain.Usage.Events;
using Tollgate.Testing;

namespace Tollgate.Domain.Tests.Usage.Events;

/// <summary>What a meter makes of events: by example from the specification, and against a recount in its own words.</summary>
public sealed class MeterTests
{
    private static readonly Instant Start = Instant.FromUtc(2025, 1, 1, 0, 0);

    [Theory]
    [InlineData(AggregationFunction.Count, 3)]
    [InlineData(AggregationFunction.Sum, 30)]
    [InlineData(AggregationFunction.Max, 20)]
    [InlineData(AggregationFunction.Min, 10)]
    [InlineData(AggregationFunction.Avg, 15)]
    [InlineData(AggregationFunction.Unique, 3)]
    public void Example_of_the_specification(AggregationFunction function, int expected)
    {
        // Spec 8.3: 3 events tokens 10, 20, "x": COUNT 3, SUM 30, MAX 20, MIN 10, AVG 15.
        var meter = new Meter(
            new(function, function == AggregationFunction.Count ? null : "tokens"),
            [new([new("eventName", ConditionOperation.Equals, "call", null)])]);
        Assert.Equal(expected, Engine(meter, [Event(0, "call", 10m), Event(1, "call", 20m), Event(2, "call", "x")]));
        Assert.Equal(0, Engine(meter, []));
    }

    [Theory]
    [InlineData(ConditionOperation.Equals, "10.0", true)]
    [InlineData(ConditionOperation.Equals, "1e1", true)]
    [InlineData(ConditionOperation.Equals, "ten", false)]
    [InlineData(ConditionOperation.NotEquals, "10", false)]
    [InlineData(ConditionOperation.GreaterThan, "9", true)]
    [InlineData(ConditionOperation.GreaterThanOrEqual, "10", true)]
    [InlineData(ConditionOperation.LessThan, "9", false)]
    [InlineData(ConditionOperation.LessThanOrEqual, "10", true)]
    [InlineData(ConditionOperation.StartsWith, "1", true)]
    [InlineData(ConditionOperation.EndsWith, "0", true)]
    [InlineData(ConditionOperation.Contains, "10.0", false)]
    public void Numbers_are_compared_as_numbers_and_searched_as_their_shortest_text(
        ConditionOperation operation, string value, bool expected) =>
        Assert.Equal(expected, Matches(new("tokens", operation, value, null), Event(0, "call", 10.00m)));

    [Theory]
    [InlineData(ConditionOperation.IsNull, true)]
    [InlineData(ConditionOperation.IsNotNull, false)]
    [InlineData(ConditionOperation.NotEquals, true)]
    [InlineData(ConditionOperation.Equals, false)]
    [InlineData(ConditionOperation.LessThan, false)]
    [InlineData(ConditionOperation.Contains, false)]
    [InlineData(ConditionOperation.In, false)]
    public void Missing_dimension_passes_is_null_and_not_equals_alone(ConditionOperation operation, bool expected)
    {
        var isUnary = operation is ConditionOperation.IsNull or ConditionOperation.IsNotNull or ConditionOperation.In;
        var condition = new MeterCondition(
            "absent", operation, isUnary ? null : "x", operation == ConditionOperation.In ? ["x", ""] : null);
        Assert.Equal(expected, Matches(condition, Event(0, "call", 10m)));
    }

    [Fact]
    public void Truth_values_read_as_texts()
    {
        Assert.True(Matches(new("tokens", ConditionOperation.Equals, "true", null), Event(0, "call", true)));
        Assert.False(Matches(new("tokens", ConditionOperation.Equals, "1", null), Event(0, "call", true)));
        Assert.True(Matches(new("tokens", ConditionOperation.In, null, ["no", "false"]), Event(0, "call", false)));
    }

    [Fact]
    public void Engine_is_the_recount_in_any_order_and_any_grouping() => Check.QuickThrowOnFailure(
        Prop.ForAll(Meters.ToArbitrary(), Histories.ToArbitrary(), (meter, history) =>
        {
            var expected = NaiveMetering.Usage(meter, history, Start, Start + Duration.FromHours(50));
            var inTime = history.Where(e => e.At < Start + Duration.FromHours(50)).ToList();
            // In two parts, merged: as a window is counted from storage and from what has just come in.
            var backwards = inTime.AsEnumerable().Reverse().ToList();
            return Engine(meter, inTime) == expected
                && Engine(meter, backwards) == expected
                && Merged(meter, inTime) == expected;
        }));

    [Fact]
    public void Index_offers_every_meter_that_matches() => Check.QuickThrowOnFailure(
        Prop.ForAll(Meters.ListOf(5).ToArbitrary(), Histories.ToArbitrary(), (meters, history) =>
        {
            var compiled = meters.Select(CompiledMeter.Of).ToList();
            var index = new MeterIndex<CompiledMeter>(compiled, meter => meter);
            return history.All(e => compiled
                .Where(meter => meter.Matches(e.Name, NaiveMetering.Dimensions(e.Dimensions)))
                .All(index.Of(e.Name).ToArray().Contains));
        }));

    [Fact]
    public void Sums_stay_at_the_largest_number()
    {
        var most = default(Tally).Add(decimal.MaxValue).Add(decimal.MaxValue);
        Assert.Equal(UsageFold.LargestValue, most.Value(AggregationFunction.Sum));
        Assert.Equal(-UsageFold.LargestValue, default(Tally).Add(decimal.MinValue).Add(-1).Value(AggregationFunction.Sum));
    }

    private static ToldEvent Event(int hour, string name, object tokens) =>
        new(Start + Duration.FromHours(hour), name, new Dictionary<string, object> { ["tokens"] = tokens });

    private static bool Matches(
        MeterCondition condition, ToldEvent reported) =>
        CompiledMeter.Of(new(new(AggregationFunction.Count, null), [new([condition])]))
            .Matches(reported.Name, NaiveMetering.Dimensions(reported.Dimensions));

    private static decimal Engine(
        Meter meter, IEnumerable<ToldEvent> events) =>
        TallyOf(meter, events, []).Value(meter.Aggregation.Function);

    private static decimal Merged(
        Meter meter, List<ToldEvent> events)
    {
        var seen = new HashSet<string>();
        var one = TallyOf(meter, events.Take(events.Count / 2), seen);
        return one.Merge(TallyOf(meter, events.Skip(events.Count / 2), seen)).Value(meter.Aggregation.Function);
    }

    private static Tally TallyOf(
        Meter meter,
        IEnumerable<ToldEvent> events,
        HashSet<string> seen)
    {
        var compiled = CompiledMeter.Of(meter);
        var tally = default(Tally);
        foreach (var (_, name, dimensions) in events)
        {
            if (!compiled.TryRead(name, NaiveMetering.Dimensions(dimensions), out var sample))
                continue;
            if (compiled.Function != AggregationFunction.Unique)
                tally = tally.Add(sample.Number);
            else if (seen.Add(Convert.ToHexString(UniqueToken.Of(sample.Value!))))
                tally = tally.AddDistinct(1);
        }

        return tally;
    }

    private static Gen<Meter> Meters =>
        from function in Gen.Elements(Enum.GetValues<AggregationFunction>())
        from read in Gen.Elements("tokens", "user")
        from filters in Filters.NonEmptyListOf()
        select new Meter(new(function, function == AggregationFunction.Count ? null : read), [.. filters]);

    private static Gen<MeterFilter> Filters =>
        from name in Gen.Elements("call", "login", "7")
        from isNamed in Gen.Elements(true, true, false)
        from conditions in Conditions.ListOf()
        select new MeterFilter(
        [
            isNamed
                ? new("eventName", ConditionOperation.Equals, name, null)
                : new("eventName", ConditionOperation.StartsWith, name[..1], null),
            .. conditions.Take(2),
        ]);

    private static Gen<MeterCondition> Conditions =>
        from operation in Gen.Elements(Enum.GetValues<ConditionOperation>())
        from read in Gen.Elements("tokens", "user", "eventName")
        from values in Gen.Elements("1", "2.50", "a", "b", "true", "-1", "1e1", "").ListOf(2)
        select operation switch
        {
            ConditionOperation.In => new MeterCondition(read, operation, null, [.. values]),
            ConditionOperation.IsNull or ConditionOperation.IsNotNull => new(read, operation, null, null),
            _ => new(read, operation, values[0], null),
        };

    private static Gen<IReadOnlyList<ToldEvent>> Histories =>
        Events.ListOf().Select(list => (IReadOnlyList<ToldEvent>)[.. list]);

    private static Gen<ToldEvent> Events =>
        from hour in Gen.Choose(0, 60)
        from name in Gen.Elements("call", "login", "7.0", "other")
        from values in Gen.Elements<object>(1m, 2.5m, 10m, -1m, "1", "a", "b", "x", true, false).ListOf(2)
        from names in Gen.Elements<string[]>(["tokens"], ["user"], ["tokens", "user"], [])
        select new ToldEvent(
            Start + Duration.FromHours(hour), name, names.Zip(values).ToDictionary(pair => pair.First, pair => pair.Second));
}
