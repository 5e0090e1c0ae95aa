using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Usage;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// What the correction of one event changes of what usage burnt. Where an event costs by itself (COUNT, SUM, a formula)
/// it is what it costs now less what it has burnt; where the window decides (MAX, UNIQUE) it is what the usage of the
/// window changes by. An event that began to count while nothing priced the feature stays free.
/// </summary>
internal sealed class CorrectedEvent(
    Session session, EventReader reader, CorrectBurns burns, ScopeAccess access, FeedEvent corrected,
    EventDimensions? now, string reason)
{
    private readonly EventDimensions? _was =
        corrected.Correction is { } earlier ? earlier.Dimensions : corrected.Event.Dimensions;

    private readonly List<MeterState> _meters = [];

    private Instant At => Instant.FromUnixTimeMilliseconds(corrected.Address.At);

    /// <summary>Before the correction is stored.</summary>
    public async Task BeforeAsync(EnvironmentId environment, MeterSet set)
    {
        var burnt = await burns.OfEventAsync(
            session, environment, corrected.Event.CustomerId, corrected.Event.ResourceId, corrected.Address.ToString(),
            At);
        foreach (var meter in set.Of(corrected.Event.Name).ToArray())
        {
            if (meter.Stage != MeterStage.Current || !EventUnits.IsSupported(meter.Function))
                continue;
            var state = new MeterState(meter, access.Mappings.GetValueOrDefault(meter.Feature.Value))
            {
                Sent = Read(meter, corrected.Event.Dimensions),
                Now = Read(meter, now),
                Burnt = burnt.FirstOrDefault(b => b.FeatureId == meter.Feature),
            };
            if ((state.Now is null && Read(meter, _was) is null) || (state.Burnt is null && state.Mapping is null))
                continue;
            if (state.IsByWindow)
            {
                var compiled = access.Find(meter.Feature.Value);
                state.Key = compiled?.Cell?.Key ?? new(environment, corrected.Event.CustomerId, null, meter.Feature);
                state.Interval = compiled?.IntervalAt(At) ?? UsageWindow.Lifetime;
                state.Usage = await UsageAsync(state);
            }

            _meters.Add(state);
        }
    }

    /// <summary>After it is stored: what is to be burnt or given back.</summary>
    public async Task<IReadOnlyList<BurnCorrection>> AfterAsync()
    {
        var corrections = new List<BurnCorrection>();
        foreach (var state in _meters)
        {
            var amount = state.IsByWindow ? await ByWindowAsync(state) : ByEvent(state);
            if (amount == 0)
                continue;
            corrections.Add(new(
                state.Pool, state.Meter.Feature, amount, corrected.Address.ToString(), At,
                now is null ? null : EventInputs.Json(now), reason));
        }

        return corrections;
    }

    private decimal ByEvent(MeterState state)
    {
        // One that costs nothing by its formula has burnt nothing either, priced or not: then it costs what it is
        // amended to. One that was held begins to count only now.
        if (state is { Burnt: null, Sent: { } sent } && corrected.Correction?.HeldBy is null
            && (state.Pricing is not { } priced || Cost(priced, Units(state, sent), corrected.Event.Dimensions) > 0))
        {
            return 0;
        }

        var burnt = state.Burnt?.Amount ?? 0;
        if (state.Now is not { } sample)
            return -burnt;
        var units = Units(state, sample);
        if (state.Pricing is { } pricing)
            return Cost(pricing, units, now) - burnt;
        // Nothing prices it any more: it costs what it did, or nothing.
        return units > 0 || EventUnits.DependsOnWindow(state.Meter.Function) ? 0 : -burnt;
    }

    private async Task<decimal> ByWindowAsync(MeterState state)
    {
        var grown = await UsageAsync(state) - state.Usage;
        if (grown == 0 || state.Pricing is not { } pricing)
            return 0;
        var burnt = await burns.OfFeatureAsync(
            session, state.Key.Environment, state.Pool, state.Meter.Feature, Bounds.Start(state.Interval),
            Bounds.End(state.Interval));
        if (grown > 0)
            return burnt == 0 && state.Usage > 0 ? 0 : Cost(pricing, grown, now);
        return -decimal.Min(Cost(pricing, -grown, now), burnt);
    }

    /// <summary>Of what costs by itself: where a formula prices what MAX or UNIQUE counts, none.</summary>
    private static decimal Units(MeterState state, in MeterSample sample) =>
        EventUnits.Of(state.Meter.Function, sample);

    private static decimal Cost(FeatureMapping mapping, decimal units, EventDimensions? dimensions) => UsageCost.Of(
        mapping.Rate, mapping.Formula, mapping.Feature, units, new EventInputs(dimensions ?? EventDimensions.Empty));

    private async Task<decimal> UsageAsync(MeterState state) => decimal.Max(
        0, (await reader.CountAsync(session, state.Meter, state.Key, state.Interval)).Value);

    private MeterSample? Read(MeterVersion meter, EventDimensions? dimensions) =>
        dimensions is not null && meter.Compiled.TryRead(corrected.Event.Name, dimensions, out var sample)
            ? sample
            : null;

    private sealed class MeterState(MeterVersion meter, FeatureMapping? mapping)
    {
        public MeterVersion Meter { get; } = meter;

        public FeatureMapping? Mapping { get; } = mapping;

        /// <summary>What the event brought to the meter as it was sent; null when it did not count.</summary>
        public MeterSample? Sent { get; init; }

        /// <summary>What it brings from now on.</summary>
        public MeterSample? Now { get; init; }

        public EventBurnt? Burnt { get; init; }

        public UsageKey Key { get; set; }

        public UsageWindow Interval { get; set; }

        /// <summary>Of the window before the correction.</summary>
        public decimal Usage { get; set; }

        public bool IsByWindow => EventUnits.DependsOnWindow(Meter.Function) && Mapping is { Formula: null };

        public PoolKey Pool => Burnt?.Pool ?? Mapping!.Pool;

        /// <summary>The mapping when it is the pool's that paid; null otherwise.</summary>
        public FeatureMapping? Pricing => Mapping is { } mapping && mapping.Pool == Pool ? mapping : null;
    }
}
