using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Events;

/// <summary>
/// Whatever is sent in whatever order, late, twice, without the fields that meters read, by resources, under changed plans and
/// changed meters: usage is what the specification gives for the whole list of events, and a restart changes nothing. A failure
/// prints what TOLLGATE_REPLAY repeats; TOLLGATE_HISTORIES makes more of them.
/// </summary>
public sealed class EventLawTests
{
    private static readonly ResetInput Calendar =
        new() { Period = new(ResetPeriod.Month), Monthly = ResetAnchor.StartOfTheMonth };

    [Theory, InlineData(DatabaseKind.Sqlite, 40), InlineData(DatabaseKind.PostgreSql, 25)]
    public async Task Usage_is_the_recount_of_all_events(DatabaseKind kind, int histories)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var meter = MeterOf(AggregationFunction.Sum, "tokens");
        var next = meter;
        var isSent = false;
        await host.FeatureAsync("calls", events: meter);
        await host.ProductAsync("sites", isMultiple: true);
        await host.PlanAsync("one", Limit("calls", 100, Calendar));
        await host.PlanAsync("two", Limit("calls", 200, Calendar));
        await host.PlanAsync("site", "sites", Limit("calls", 300, Calendar));
        var models = new List<Model>();
        var sample = Sample.Of(Steps().NonEmptyListOf(), histories, 12);
        foreach (var history in sample.Values)
        {
            var model = new Model($"c{models.Count}");
            models.Add(model);
            foreach (var step in history)
            {
                host.Time.Advance(TimeSpan.FromMinutes(step.Minutes));
                switch (step.Kind)
                {
                    case StepKind.Create when !model.IsKnown:
                        await host.CustomerAsync(model.Customer);
                        model.IsKnown = true;
                        break;
                    case StepKind.ChangePlan when model.IsKnown:
                        model.Plan = model.Plan == "one" ? "two" : "one";
                        Accepted(await host.ProvisionAsync(model.Customer, model.Plan));
                        model.ChangedAt = host.Scope().Now;
                        model.Changes++;
                        break;
                    case StepKind.AddSite when model is { IsKnown: true, HasSite: false }:
                        Accepted(await host.ProvisionAsync(model.Customer, "site", r => r with { ResourceId = new("r") }));
                        model.HasSite = true;
                        break;
                    case StepKind.Send:
                        await SendAsync(host, model, step);
                        isSent = true;
                        break;
                    case StepKind.SetMeter:
                        await host.SetMeterAsync("calls", step.Meter);
                        next = step.Meter;
                        // Where no event was ever sent there is nothing to count anew.
                        if (!isSent)
                            meter = next;
                        break;
                    case StepKind.RunTasks:
                        await host.RunTasksAsync();
                        Assert.Equal(0, await host.CountAsync("tasks WHERE status IN ('Pending', 'InProgress')"));
                        meter = next;
                        break;
                    default:
                        break;
                }

                await AssertAsync(host, model, meter, $"{string.Join(", ", history)}; {sample.Replay}");
            }
        }

        foreach (var model in models)
            await AssertAsync(host, model, meter, $"at the end; {sample.Replay}");
        await host.RunTasksAsync();
        await host.RestartAsync();
        foreach (var model in models)
            await AssertAsync(host, model, next, $"after a restart; {sample.Replay}");
    }

    private static async Task SendAsync(ModuleHost host, Model model, Step step)
    {
        var now = host.Scope().Now;
        var events = new List<UsageEvent>();
        foreach (var sent in step.Events)
        {
            var at = now - Duration.FromHours(sent.HoursAgo ?? 0);
            var reported = new UsageEvent
            {
                CustomerId = new(model.Customer),
                ResourceId = sent.Resource is { } id ? new(id) : null,
                Name = sent.Name,
                IdempotencyKey = $"k{sent.Key}",
                Timestamp = sent.HoursAgo is null ? null : at,
                Dimensions = NaiveMetering.Dimensions(sent.Dimensions),
            };
            events.Add(reported);
            var key = (sent.Resource, sent.Name, sent.Key, sent.HoursAgo is null ? null : (Instant?)at);
            // An undated one that meets a dated one of the very instant is that one, and so is whatever comes undated after it.
            if (!model.Keys.Add(key) || (sent.HoursAgo is null && model.Keys.Contains((sent.Resource, sent.Name, sent.Key, at))))
                continue;
            model.Keys.Add((sent.Resource, sent.Name, sent.Key, at));
            model.Events.Add((new(at, sent.Name, sent.Dimensions), sent.Resource, sent.Resource is null || !model.HasSite));
        }

        await host.SendAsync([.. events]);
    }

    private static async Task AssertAsync(ModuleHost host, Model model, Meter meter, string history)
    {
        if (model.Plan is null)
            return;
        var now = host.Scope().Now;
        foreach (var resource in model.HasSite ? new string?[] { null, "r" } : [null])
        {
            var expected = Math.Max(model.Usage(meter, resource, now), 0);
            var actual = await host.UsageAsync(model.Customer, "calls", resource);
            Assert.True(
                Math.Abs(expected - actual) < 0.0000000000000000001m,
                $"{model.Customer}/{resource}: {actual}, not {expected}, {meter.Aggregation} at {now}; {history}");
        }
    }

    private static Gen<Step> Steps() =>
        from kind in Gen.Elements(
            StepKind.Create, StepKind.Create, StepKind.ChangePlan, StepKind.ChangePlan, StepKind.AddSite, StepKind.Send,
            StepKind.Send, StepKind.Send, StepKind.Send, StepKind.Send, StepKind.SetMeter, StepKind.RunTasks)
        from minutes in Gen.OneOf(Gen.Choose(1, 60), Gen.Choose(1, 25 * 24 * 60))
        from events in Events().ListOf(5)
        from count in Gen.Choose(1, 5)
        from meter in Meters()
        select new Step(kind, minutes, [.. events.Take(count)], meter);

    private static Gen<SentEvent> Events() =>
        from name in Gen.Elements("call", "call", "login")
        from key in Gen.Choose(0, 15)
        from resource in Gen.Elements(null, null, "r")
        from isDated in Gen.Elements(true, false)
        from hoursAgo in Gen.OneOf(Gen.Choose(0, 30), Gen.Choose(0, 70 * 24))
        from values in Gen.Elements<object>(1m, 2.5m, 7m, -3m, "4", "a", "b", true).ListOf(2)
        from names in Gen.Elements<string[]>(["tokens"], ["tokens"], ["user"], ["tokens", "user"], [])
        select new SentEvent(
            name, key, resource, isDated ? hoursAgo : null,
            names.Zip(values).ToDictionary(pair => pair.First, pair => pair.Second));

    private static Gen<Meter> Meters() =>
        from function in Gen.Elements(Enum.GetValues<AggregationFunction>())
        from read in Gen.Elements("tokens", "user")
        from name in Gen.Elements("call", "login")
        from isNarrow in Gen.Elements(true, false)
        select new Meter(
            new(function, function == AggregationFunction.Count ? null : read),
            [
                new([new("eventName", ConditionOperation.Equals, name, null)]),
                new([
                    new("eventName", ConditionOperation.StartsWith, "ca", null),
                    new("tokens", isNarrow ? ConditionOperation.GreaterThan : ConditionOperation.IsNull, isNarrow ? "1" : null, null),
                ]),
            ]);

    private enum StepKind
    {
        Create,
        ChangePlan,
        AddSite,
        Send,
        SetMeter,
        RunTasks,
    }

    private sealed record SentEvent(
        string Name, int Key, string? Resource, int? HoursAgo, IReadOnlyDictionary<string, object> Dimensions)
    {
        public override string ToString() =>
            $"{Name} k{Key}/{Resource} {HoursAgo}h ago {NaiveMetering.Dimensions(Dimensions)}";
    }

    private sealed record Step(StepKind Kind, int Minutes, IReadOnlyList<SentEvent> Events, Meter Meter)
    {
        public override string ToString() => Kind switch
        {
            StepKind.Send => $"+{Minutes}min [{string.Join("; ", Events)}]",
            StepKind.SetMeter => $"+{Minutes}min {Meter.Aggregation}",
            _ => $"+{Minutes}min {Kind}",
        };
    }

    private sealed class Model(string customer)
    {
        public string Customer { get; } = customer;
        public bool IsKnown { get; set; }
        public string? Plan { get; set; }
        public bool HasSite { get; set; }

        /// <summary>Usage of the customer starts again at 0 with each plan.</summary>
        public Instant ChangedAt { get; set; }

        public HashSet<(string? Resource, string Name, int Key, Instant? At)> Keys { get; } = [];

        public List<(ToldEvent Event, string? Resource, bool AtCustomer)> Events { get; } = [];

        /// <summary>
        /// The calendar month; a plan change within it starts anew, while the first plan of a customer counts the month whole.
        /// </summary>
        public decimal Usage(Meter meter, string? resource, Instant now)
        {
            var date = now.InUtc().Date;
            var start = new LocalDate(date.Year, date.Month, 1);
            var events = Events
                .Where(e => resource is null ? e.AtCustomer : e.Resource == resource)
                .Select(e => e.Event);
            var from = start.AtStartOfDayInZone(DateTimeZone.Utc).ToInstant();
            if (resource is null && Changes > 1 && ChangedAt > from)
                from = ChangedAt;
            return NaiveMetering.Usage(
                meter, events, from, start.PlusMonths(1).AtStartOfDayInZone(DateTimeZone.Utc).ToInstant());
        }

        public int Changes { get; set; }
    }
}
