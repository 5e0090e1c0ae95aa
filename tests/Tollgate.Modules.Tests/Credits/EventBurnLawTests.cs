using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Tests.Usage.Events;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Credits;

/// <summary>
/// Whatever is sent in whatever order, late, twice, without what the meter reads, then taken back or amended: the balance is what
/// was granted less what the list of events costs by the words of the specification, and the ledger proves itself.
/// </summary>
public sealed class EventBurnLawTests
{
    private const decimal Granted = 1_000_000;

    [Theory]
    [InlineData(DatabaseKind.Sqlite, AggregationFunction.Sum, null)]
    [InlineData(DatabaseKind.Sqlite, AggregationFunction.Count, "2 * tokens + 1")]
    [InlineData(DatabaseKind.Sqlite, AggregationFunction.Max, null)]
    [InlineData(DatabaseKind.Sqlite, AggregationFunction.Unique, null)]
    [InlineData(DatabaseKind.PostgreSql, AggregationFunction.Sum, "2 * tokens + 1")]
    [InlineData(DatabaseKind.PostgreSql, AggregationFunction.Max, null)]
    [InlineData(DatabaseKind.PostgreSql, AggregationFunction.Unique, null)]
    public async Task The_balance_is_what_the_events_leave(DatabaseKind kind, AggregationFunction function, string? formula)
    {
        var meter = MeterOf(function, function == AggregationFunction.Count ? null : "tokens");
        await using var host = await EventBurnDriver.StartAsync(kind, meter, new(0.25m, new("ai"), formula));
        await host.GrantAsync(Granted);
        var model = new Model(meter, formula);
        foreach (var history in Steps().NonEmptyListOf().Sample(12, 10))
        {
            foreach (var step in history)
            {
                host.Time.Advance(TimeSpan.FromMinutes(step.Minutes));
                if (step.Kind == StepKind.Restart)
                    await host.RestartAsync();
                else if (step.Kind == StepKind.Send)
                    await SendAsync(host, model, step);
                else if (model.Events.Count > 0)
                    await CorrectAsync(host, model, step);
                Assert.True(
                    Granted - model.Cost() == await host.BalanceAsync(),
                    $"{await host.BalanceAsync()}, not {Granted - model.Cost()} after {step} of {string.Join(", ", history)}");
            }
        }

        await host.AuditAsync();
        await host.RestartAsync();
        Assert.Equal(Granted - model.Cost(), await host.BalanceAsync());
    }

    private static async Task SendAsync(ModuleHost host, Model model, Step step)
    {
        var now = host.Scope().Now;
        var events = new List<UsageEvent>();
        foreach (var sent in step.Events)
        {
            var at = now - Duration.FromHours(sent.HoursAgo);
            var key = $"k{sent.Key}-{at.ToUnixTimeMilliseconds()}";
            events.Add(new()
            {
                CustomerId = new("c"),
                ResourceId = sent.Key % 3 == 0 ? new("r") : null,
                Name = "call",
                IdempotencyKey = key,
                Timestamp = at,
                Dimensions = NaiveMetering.Dimensions(sent.Dimensions),
            });
            model.Events.TryAdd(key, new(at, "call", sent.Dimensions));
        }

        // Twice, so that every history holds repeated events.
        await Task.WhenAll(host.SendAsync([.. events]), host.SendAsync([.. events]));
    }

    private static async Task CorrectAsync(ModuleHost host, Model model, Step step)
    {
        var keys = model.Events.Keys.TakeLast(30).ToArray();
        var key = keys[step.Minutes % keys.Length];
        var isVoid = step.Kind == StepKind.Void;
        var dimensions = step.Events[0].Dimensions;
        model.Corrected[key] = isVoid ? null : dimensions;
        Accepted(await host.CorrectAsync(key, isVoid ? null : [.. dimensions.Select(d => (d.Key, d.Value))]));
    }

    private static Gen<Step> Steps() =>
        from kind in Gen.Elements(
            StepKind.Send, StepKind.Send, StepKind.Send, StepKind.Send, StepKind.Amend, StepKind.Void, StepKind.Restart)
        from minutes in Gen.OneOf(Gen.Choose(1, 60), Gen.Choose(1, 20 * 24 * 60))
        from events in Events().ListOf(4)
        from count in Gen.Choose(1, 4)
        select new Step(kind, minutes, [.. events.Take(count)]);

    private static Gen<SentEvent> Events() =>
        from key in Gen.Choose(0, 5)
        from hoursAgo in Gen.OneOf(Gen.Constant(0), Gen.Choose(0, 20), Gen.Choose(0, 70 * 24))
        from value in Gen.Elements<object>(1m, 2.5m, 7m, -3m, "4", "a", true, 11m)
        from name in Gen.Elements("tokens", "tokens", "tokens", "user")
        select new SentEvent(key, hoursAgo, new Dictionary<string, object> { [name] = value });

    private enum StepKind
    {
        Send,
        Amend,
        Void,
        Restart,
    }

    private sealed record SentEvent(int Key, int HoursAgo, IReadOnlyDictionary<string, object> Dimensions)
    {
        public override string ToString() => $"k{Key} {HoursAgo}h ago {NaiveMetering.Dimensions(Dimensions)}";
    }

    private sealed record Step(StepKind Kind, int Minutes, IReadOnlyList<SentEvent> Events)
    {
        public override string ToString() => $"+{Minutes}min {Kind} [{string.Join("; ", Events)}]";
    }

    private sealed class Model(Meter meter, string? formula)
    {
        public Dictionary<string, ToldEvent> Events { get; } = [];

        public Dictionary<string, IReadOnlyDictionary<string, object>?> Corrected { get; } = [];

        /// <summary>
        /// By event where one costs by itself, else by the usage of each calendar month; 0.25 a unit, or twice the tokens and 1.
        /// </summary>
        public decimal Cost()
        {
            var counted = Events
                .Select(e => Corrected.TryGetValue(e.Key, out var as_) ? as_ is null ? null : e.Value with { Dimensions = as_ } : e.Value)
                .OfType<ToldEvent>()
                .ToList();
            var groups = meter.Aggregation.Function is AggregationFunction.Max or AggregationFunction.Unique
                ? counted.GroupBy(e => (object)e.At.InUtc().Date.With(NodaTime.DateAdjusters.StartOfMonth))
                : counted.GroupBy(e => (object)e);
            return groups.Sum(group =>
            {
                var units = Math.Max(0, NaiveMetering.Usage(meter, group, Instant.MinValue, Instant.MaxValue));
                if (formula is null)
                    return units * 0.25m;
                return units == 0 ? 0 : Math.Max(0, 2 * Tokens(group.Single()) + 1);
            });
        }

        private static decimal Tokens(ToldEvent e) => e.Dimensions.GetValueOrDefault("tokens") switch
        {
            decimal number => number,
            "4" => 4,
            true => 1,
            _ => 0,
        };
    }
}
