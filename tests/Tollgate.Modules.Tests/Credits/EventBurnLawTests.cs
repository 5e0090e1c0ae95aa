using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Tests.Usage.Events;
using Tollgate.Modules.Usage.Events.Backfills;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Credits;

/// <summary>
/// Whatever is sent in whatever order, late, twice, without what the meter reads, in sessions that are closed and reverted, held and
/// released, then taken back or amended: the balance is what was granted less what the list of events that count costs by the words
/// of the specification, and the ledger proves itself.
/// </summary>
public sealed class EventBurnLawTests
{
    private const decimal Granted = 1_000_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

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
                await DoAsync(host, model, step);
                Assert.True(
                    Granted - model.Cost() == await host.BalanceAsync(),
                    $"{await host.BalanceAsync()}, not {Granted - model.Cost()} after {step} of {string.Join(", ", history)}");
            }
        }

        await host.AuditAsync();
        await host.RestartAsync();
        Assert.Equal(Granted - model.Cost(), await host.BalanceAsync());
    }

    private static async Task DoAsync(ModuleHost host, Model model, Step step)
    {
        switch (step.Kind)
        {
            case StepKind.Restart:
                await host.RestartAsync();
                break;
            case StepKind.Send:
                await SendAsync(host, model, step);
                break;
            case StepKind.Backfill:
                await BackfillAsync(host, model, step);
                break;
            case StepKind.Close when model.Open.Count > 0:
                var (id, events) = model.Open.Dequeue();
                await host.CloseAsync(id);
                model.Close(id, events);
                break;
            case StepKind.Revert when model.Closed.Count > 0:
                var session = model.Closed.Keys.First();
                Accepted(await host.Get<BackfillSessions>().RevertAsync(host.Scope(), session, "wrong", Cancellation));
                model.Revert(session);
                break;
            case StepKind.Strict:
                model.IsStrict = !model.IsStrict;
                await host.StrictAsync(model.IsStrict);
                break;
            case StepKind.Release or StepKind.Discard when model.Held.Count > 0:
                var keys = model.Held.Keys.Take(2).ToArray();
                Assert.Equal(keys.Length, await host.DecideAsync(step.Kind == StepKind.Release, keys));
                model.Decide(keys, step.Kind == StepKind.Release);
                break;
            case StepKind.Amend or StepKind.Void when model.Events.Count > 0:
                await CorrectAsync(host, model, step);
                break;
            default:
                break;
        }
    }

    private static async Task SendAsync(ModuleHost host, Model model, Step step)
    {
        var now = host.Scope().Now;
        var events = step.Events.Select(sent => sent.ToEvent(now)).ToArray();
        // Twice, so that every history holds repeated events.
        await Task.WhenAll(host.SendAsync(events), host.SendAsync(events));
        foreach (var (sent, reported) in step.Events.Zip(events))
        {
            var told = new ToldEvent(reported.Timestamp!.Value, "call", sent.Dimensions);
            model.Send(reported.IdempotencyKey, told, sent.HoursAgo > 6 && model.Counts(told));
        }
    }

    private static async Task BackfillAsync(ModuleHost host, Model model, Step step)
    {
        var now = host.Scope().Now;
        var events = step.Events.Select(sent => sent.ToEvent(now)).ToArray();
        var id = await host.BackfillAsync(events);
        var brought = new Dictionary<string, ToldEvent>();
        foreach (var (sent, reported) in step.Events.Zip(events))
        {
            if (!model.IsKnown(reported.IdempotencyKey))
                brought.TryAdd(reported.IdempotencyKey, new(reported.Timestamp!.Value, "call", sent.Dimensions));
        }

        model.Open.Enqueue((id, brought));
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
            StepKind.Send, StepKind.Send, StepKind.Send, StepKind.Send, StepKind.Amend, StepKind.Void, StepKind.Restart,
            StepKind.Backfill, StepKind.Backfill, StepKind.Close, StepKind.Close, StepKind.Revert, StepKind.Strict,
            StepKind.Release, StepKind.Discard)
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
        Backfill,
        Close,
        Revert,
        Strict,
        Release,
        Discard,
    }

    private sealed record SentEvent(int Key, int HoursAgo, IReadOnlyDictionary<string, object> Dimensions)
    {
        public UsageEvent ToEvent(Instant now)
        {
            var at = now - Duration.FromHours(HoursAgo);
            return new()
            {
                CustomerId = new("c"),
                ResourceId = Key % 3 == 0 ? new("r") : null,
                Name = "call",
                IdempotencyKey = $"k{Key}-{at.ToUnixTimeMilliseconds()}",
                Timestamp = at,
                Dimensions = NaiveMetering.Dimensions(Dimensions),
            };
        }

        public override string ToString() => $"k{Key} {HoursAgo}h ago {NaiveMetering.Dimensions(Dimensions)}";
    }

    private sealed record Step(StepKind Kind, int Minutes, IReadOnlyList<SentEvent> Events)
    {
        public override string ToString() => $"+{Minutes}min {Kind} [{string.Join("; ", Events)}]";
    }

    private sealed class Model(Meter meter, string? formula)
    {
        /// <summary>What counts, or was voided.</summary>
        public Dictionary<string, ToldEvent> Events { get; } = [];

        /// <summary>Sessions that were opened, the oldest first.</summary>
        public Queue<(Guid Id, Dictionary<string, ToldEvent> Events)> Open { get; } = [];

        /// <summary>The keys that each closed session brought.</summary>
        public Dictionary<Guid, string[]> Closed { get; } = [];

        public Dictionary<string, ToldEvent> Held { get; } = [];

        public HashSet<string> Discarded { get; } = [];

        public bool IsStrict { get; set; }

        /// <summary>A policy holds what its meter would count.</summary>
        public bool Counts(ToldEvent told) => IsStrict && NaiveMetering.IsRead(meter, told);

        /// <summary>Something has the occurrence that is not an open or a reverted session.</summary>
        public bool IsKnown(string key) => Events.ContainsKey(key) || Held.ContainsKey(key) || Discarded.Contains(key);

        public void Send(string key, ToldEvent told, bool isHeld)
        {
            if (IsKnown(key))
                return;
            // What comes live is no session's any more.
            foreach (var (_, events) in Open)
                events.Remove(key);
            (isHeld ? Held : Events).Add(key, told);
        }

        public void Close(Guid id, Dictionary<string, ToldEvent> events)
        {
            Closed[id] = [.. events.Keys.Where(key => Events.TryAdd(key, events[key]))];
        }

        public void Revert(Guid id)
        {
            Closed.Remove(id, out var keys);
            foreach (var key in keys!)
            {
                Events.Remove(key);
                Corrected.Remove(key);
            }
        }

        public void Decide(string[] keys, bool isRelease)
        {
            foreach (var key in keys)
            {
                Held.Remove(key, out var told);
                if (isRelease)
                    Events.Add(key, told!);
                else
                    Discarded.Add(key);
            }
        }

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
