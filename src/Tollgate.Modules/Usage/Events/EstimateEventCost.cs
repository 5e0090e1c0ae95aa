using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// What an event would cost in credits if it were sent now, for every feature whose meter counts it; records nothing
/// (spec credits 6, entitlements-and-usage 12).
/// </summary>
public sealed class EstimateEventCost(
    Database database, EntitlementSnapshots snapshots, EventMeters meters, EventReader reader, ICreditLevels levels)
{
    public async Task<Result<CreditEstimate>> ExecuteAsync(
        OperationScope scope, EventToEstimate asked, CancellationToken cancellationToken)
    {
        var access = await snapshots.GetAsync(
            scope.Environment, asked.CustomerId, asked.ResourceId, scope.Now, cancellationToken);
        if (EstimateUsageCost.Check(access, asked.CustomerId, asked.ResourceId) is { } refusal)
            return refusal;
        var (isCounted, costs) = await database.ReadAsync(
            (session, _) => CostsAsync(session, scope, asked, access), cancellationToken);
        var warnings = new List<EstimateWarning>();
        if (asked.ResourceId is null && access.HasResourceSubscriptions)
            warnings.Add(EstimateWarning.ResourceScopedSubscriptionExists);
        if (costs.Count == 0)
            warnings.Add(isCounted ? EstimateWarning.FeatureNotCreditBased : EstimateWarning.FeatureNotFound);
        var held = await levels.LoadAsync(levels.Cell(scope.EnvironmentId, asked.CustomerId), cancellationToken);
        return new CreditEstimate(
            [
                .. costs.GroupBy(cost => cost.Pool).OrderBy(pool => pool.Key.CurrencyId.Value, StringComparer.Ordinal)
                    .Select(pool => new PoolEstimate(
                        pool.Key.CurrencyId,
                        held.Of(pool.Key).At(scope.Now).Balance,
                        [.. pool.Select(cost => cost.Cost)])),
            ],
            warnings);
    }

    /// <summary>By feature id; and whether any meter counts the event at all.</summary>
    private async Task<(bool IsCounted, IReadOnlyList<(PoolKey Pool, FeatureCost Cost)> Costs)> CostsAsync(
        Session session, OperationScope scope, EventToEstimate asked, ScopeAccess access)
    {
        var isCounted = false;
        var costs = new List<(PoolKey, FeatureCost)>();
        var set = await meters.GetAsync(session, scope.EnvironmentId);
        foreach (var meter in set.Of(asked.Name).ToArray()
            .OrderBy(meter => meter.Feature.Value, StringComparer.Ordinal))
        {
            if (meter.Stage != MeterStage.Current
                || !meter.Compiled.TryRead(asked.Name, asked.Dimensions, out var sample))
            {
                continue;
            }

            isCounted = true;
            if (!access.Mappings.TryGetValue(meter.Feature.Value, out var mapping))
                continue;
            var isSupported = EventUnits.IsSupported(meter.Function);
            var units = !isSupported ? 0
                : mapping.DependsOnWindow(meter.Function) ? await GrowthAsync(
                    session, scope, asked, access, meter, sample)
                : EventUnits.Of(meter.Function, sample);
            var cost = UsageCost.Of(
                mapping.Rate, mapping.Formula, mapping.Feature, units, new EventInputs(asked.Dimensions));
            costs.Add((mapping.Pool, new(meter.Feature, cost, !isSupported)));
        }

        return (isCounted, costs);
    }

    private async Task<decimal> GrowthAsync(
        Session session, OperationScope scope, EventToEstimate asked, ScopeAccess access, MeterVersion meter,
        MeterSample sample)
    {
        var compiled = access.Find(meter.Feature.Value);
        var key = compiled?.Cell?.Key ?? new(scope.EnvironmentId, asked.CustomerId, null, meter.Feature);
        var interval = compiled?.IntervalAt(scope.Now) ?? UsageWindow.Lifetime;
        if (meter.Function == AggregationFunction.Max)
        {
            var count = await reader.CountAsync(session, meter, key, interval);
            return EventUnits.Growth(count.Metered!.Tally, sample.Number);
        }

        return await reader.HasValueAsync(session, meter, key, interval, UniqueToken.Of(sample.Value!)) ? 0 : 1;
    }
}

/// <summary>An event that is not sent.</summary>
public sealed record EventToEstimate(
    CustomerId CustomerId, ResourceId? ResourceId, string Name, EventDimensions Dimensions);
