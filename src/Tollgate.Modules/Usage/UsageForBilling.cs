using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Subscriptions;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage;

/// <summary>Measures usage for billing from stored reports (spec catalog 9.6 and 9.7).</summary>
internal sealed class UsageForBilling(CatalogReader catalog, SubscriptionReader subscriptions) : IUsageForBilling
{
    private readonly UsageStore _store = new();

    public async Task<IReadOnlyDictionary<UsageNeed, MeasuredUsage>> MeasureAsync(
        Session session, EnvironmentId environment, Subscription subscription, IReadOnlyCollection<UsageNeed> needs)
    {
        var measured = new Dictionary<UsageNeed, MeasuredUsage>();
        if (needs.Count == 0)
            return measured;
        var features = await catalog.FeaturesAsync(session, environment);
        var resets = await subscriptions.UsageResetsAsync(session, environment, subscription.CustomerId);
        foreach (var need in needs)
        {
            // Usage of a feature with a meter comes from its events, and reports from before it had one do not count.
            if (features.GetValueOrDefault(need.FeatureId)?.Meter is not null)
            {
                measured[need] = MeasuredUsage.Nothing;
                continue;
            }

            var key = new UsageKey(environment, subscription.CustomerId, subscription.ResourceId, need.FeatureId);
            var cutOffs = resets
                .Where(reset => reset.FeatureId == key.Feature && reset.ResourceId == key.Resource)
                .Select(reset => reset.At);
            measured[need] = need is { Reset: null, Measure: not UsageMeasure.Accumulated }
                ? await LevelAsync(session, key, need.Window.End)
                : await WindowsAsync(session, key, need, UsageEras.Of(need, cutOffs, subscription.StartDate));
        }

        return measured;
    }

    /// <summary>The counter of a lifetime is the level as long as nothing in it is dated later.</summary>
    private async Task<MeasuredUsage> LevelAsync(Session session, UsageKey key, Instant at)
    {
        var counter = await _store.LoadAsync(session, key, UsageWindow.Lifetime);
        if (counter.LastAt is { } last && last >= at)
            counter = await _store.FoldAsync(session, key, UsageWindow.Lifetime with { End = at });
        return MeasuredUsage.Of(counter.Value);
    }

    private async Task<MeasuredUsage> WindowsAsync(
        Session session, UsageKey key, UsageNeed need, UsageTimeline timeline)
    {
        var from = CalculatedUsage.NeededFrom(timeline, need.Window);
        var measurements = await _store.MeasurementsAsync(session, key, new(from, need.Window.End));
        return CalculatedUsage.Of(timeline, need.Window, measurements);
    }
}
