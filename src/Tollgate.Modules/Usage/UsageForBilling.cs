using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Usage.Events;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage;

/// <summary>Measures usage for billing from stored reports (spec catalog 9.6 and 9.7).</summary>
internal sealed class UsageForBilling(
    SubscriptionReader subscriptions, EventMeters meters, EventReader events) : IUsageForBilling
{
    private readonly UsageStore _store = new();

    public async Task<IReadOnlyDictionary<UsageNeed, MeasuredUsage>> MeasureAsync(
        Session session, EnvironmentId environment, Subscription subscription, IReadOnlyCollection<UsageNeed> needs)
    {
        var measured = new Dictionary<UsageNeed, MeasuredUsage>();
        if (needs.Count == 0)
            return measured;
        var set = await meters.GetAsync(session, environment);
        var resets = new Dictionary<CustomerId, IReadOnlyList<Subscriptions.UsageReset>>();
        foreach (var need in needs)
        {
            var of = need.Scope ?? UsageScope.Of(subscription);
            var key = new UsageKey(environment, of.CustomerId, of.ResourceId, need.FeatureId);
            if (!resets.ContainsKey(of.CustomerId))
                resets[of.CustomerId] = await subscriptions.UsageResetsAsync(session, environment, of.CustomerId);
            var cutOffs = resets[of.CustomerId]
                .Where(reset => reset.FeatureId == key.Feature && reset.ResourceId == key.Resource)
                .Select(reset => reset.At);
            if (set.Current(need.FeatureId) is { } meter)
            {
                // Reports from before the feature had a meter do not count.
                measured[need] = await MeteredAsync(
                    session, meter, key, need, UsageEras.Of(need, cutOffs, subscription.StartDate));
                continue;
            }

            measured[need] = need is { Reset: null, Measure: not UsageMeasure.Accumulated }
                ? await LevelAsync(session, key, need.Window.End)
                : await WindowsAsync(session, key, need, UsageEras.Of(need, cutOffs, subscription.StartDate));
        }

        return measured;
    }

    public async Task<LateFeatures> LateFeaturesAsync(Session session, EnvironmentId environment)
    {
        var set = await meters.GetAsync(session, environment);
        return new(set.LateFeatures, set.RecomputedFeatures);
    }

    /// <summary>The counter of a lifetime is the level as long as nothing in it is dated later.</summary>
    private async Task<MeasuredUsage> LevelAsync(Session session, UsageKey key, Instant at)
    {
        var counter = await _store.LoadAsync(session, key, UsageWindow.Lifetime);
        if (counter.LastAt is { } last && last >= at)
            counter = await _store.FoldAsync(session, key, UsageWindow.Lifetime with { End = at });
        return MeasuredUsage.Of(counter.Value);
    }

    /// <summary>
    /// Pay-as-you-go: the aggregate over the events of the billing window. Overage: of each usage window, or of life (spec
    /// catalog 9.6 and 9.7).
    /// </summary>
    private async Task<MeasuredUsage> MeteredAsync(
        Session session, MeterVersion meter, UsageKey key, UsageNeed need, UsageTimeline timeline)
    {
        if (need.Measure != UsageMeasure.PerUsageWindow)
            return MeasuredUsage.Of(await CountAsync(need.Window.Start, need.Window.End));
        if (need.Reset is null)
            return MeasuredUsage.Of(await CountAsync(UsageWindow.Lifetime.Start, need.Window.End));
        var windows = new List<WindowUsage>();
        foreach (var window in CalculatedUsage.Windows(timeline, need.Window))
        {
            windows.Add(new(
                window.Start < need.Window.Start ? await CountAsync(window.Start, need.Window.Start) : 0,
                await CountAsync(window.Start, Instant.Min(window.End, need.Window.End))));
        }

        return new(windows);

        async Task<decimal> CountAsync(Instant from, Instant until) =>
            (await events.CountAsync(session, meter, key, new(from, until))).Value;
    }

    private async Task<MeasuredUsage> WindowsAsync(
        Session session, UsageKey key, UsageNeed need, UsageTimeline timeline)
    {
        var from = CalculatedUsage.NeededFrom(timeline, need.Window);
        var measurements = await _store.MeasurementsAsync(session, key, new(from, need.Window.End));
        return CalculatedUsage.Of(timeline, need.Window, measurements);
    }
}
