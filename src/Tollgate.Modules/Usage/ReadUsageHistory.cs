using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Usage.Events;
using Tollgate.Modules.Usage.Events.Retention;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage;

/// <summary>The course of one feature's usage (spec entitlements-and-usage 10).</summary>
public sealed class ReadUsageHistory(
    Database database,
    EntitlementSnapshots snapshots,
    ScopeCompiler compiler,
    SubscriptionReader subscriptions,
    EventMeters meters,
    EventReader events)
{
    /// <summary>The longest history: beyond it there is nothing to see, and dates end.</summary>
    private const int MaxYears = 100;

    private readonly UsageStore _store = new();

    public async Task<Result<UsageHistory>> ExecuteAsync(
        OperationScope scope, UsageHistoryRequest request, CancellationToken cancellationToken)
    {
        var access = await snapshots.GetAsync(
            scope.Environment, request.CustomerId, request.ResourceId, scope.Now, cancellationToken);
        var features = await snapshots.FeaturesAsync(scope.EnvironmentId, cancellationToken);
        var end = request.End ?? scope.Now;
        if (Check(access, features, request) is { } refusal)
            return refusal;
        if (end.InUtc().Year - request.Start.InUtc().Year > MaxYears
            || end > scope.Now + Duration.FromDays(366 * MaxYears))
        {
            return new Refusal(ErrorCode.InvalidArgumentError,
                $"The history from {request.Start} to {end} spans or reaches ahead more than {MaxYears} years; "
                + "ask for less.");
        }

        var feature = features[request.FeatureId];
        return await database.ReadAsync(
            async (session, _) =>
            {
                var start = request.Start;
                if (await RetentionStore.ClosedAtAsync(session, scope.EnvironmentId) is { } horizon && start < horizon)
                {
                    if (end < horizon)
                    {
                        return new Refusal(ErrorCode.InvalidArgumentError,
                            $"endDate is {end}, before {horizon}: usage from before then is no longer kept; "
                            + "ask for a later time.");
                    }

                    start = horizon;
                }

                var (counts, activeUntil) = await CountingAsync(session, scope, request, access, features);
                var key = new UsageKey(
                    scope.EnvironmentId,
                    request.CustomerId,
                    counts is { CountsOnResource: true } ? request.ResourceId : null,
                    request.FeatureId);
                var meter = (await meters.GetAsync(session, scope.EnvironmentId)).Current(key.Feature);
                var timeline = await TimelineAsync(session, key, counts, start);
                var query = new UsageHistoryQuery
                {
                    Timeline = timeline,
                    Start = start,
                    End = end,
                    GroupBy = request.GroupBy,
                    Aggregation = meter?.Function,
                    Transformation = feature.UnitTransformation,
                    ActiveUntil = activeUntil,
                };
                var needed = request.Start > end ? end : timeline.NeededFrom(request.Start, end);
                // A point includes what is dated at its own instant, so the read ends just after the last one.
                var read = new UsageWindow(needed, end + Duration.FromMilliseconds(1));
                var measurements = meter is null
                    ? await _store.MeasurementsAsync(session, key, read)
                    : await events.MeasurementsAsync(session, meter, key, read, request.GroupBy.Count > 0);
                return UsageHistory.Of(query, measurements);
            },
            cancellationToken);
    }

    /// <summary>
    /// A plan transition that starts usage again at 0 moves the anchor of the windows to its own instant, so before the
    /// one that gave the present anchor each stretch is counted from its own beginning. The rule of the past is not
    /// kept: the present one stands for it.
    /// </summary>
    private async Task<UsageTimeline> TimelineAsync(
        Session session, UsageKey key, EffectiveEntitlement? counts, Instant start)
    {
        if (counts?.Reset is not { } rule)
            return UsageTimeline.Of(start, null, start);
        var cutOffs = (await subscriptions.UsageResetsAsync(session, key.Environment, key.Customer))
            .Where(r => r.FeatureId == key.Feature && r.ResourceId == key.Resource)
            .Select(r => r.At)
            .Distinct()
            .ToArray();
        var anchor = counts.Anchor;
        var eras = cutOffs.Select(cut => new UsageEra(cut, rule, Instant.Min(cut, anchor), ResetsUsage: true));
        var first = cutOffs.Length > 0 && cutOffs[0] <= anchor
            ? (await subscriptions.OfCustomerAsync(session, key.Environment, key.Customer))
                .Where(s => s.ResourceId == key.Resource)
                .Min(s => s.StartDate)
            : anchor;
        return new(eras.Prepend(new(Instant.Min(first, counts.Winner.StartDate), rule, first, ResetsUsage: false)));
    }

    private static Refusal? Check(
        ScopeAccess access, IReadOnlyDictionary<FeatureId, Feature> features, UsageHistoryRequest request)
    {
        if (access.Facts.IsCustomerUnknown || access.Facts.IsCustomerArchived)
        {
            return new(ErrorCode.CustomerNotFound,
                $"There is no live customer with the id '{request.CustomerId}' in this environment.");
        }

        if (!features.TryGetValue(request.FeatureId, out var feature))
        {
            return new(ErrorCode.FeatureNotFound,
                $"There is no feature with the id '{request.FeatureId}' in this environment; create it first.");
        }

        if (!feature.IsMetered)
        {
            return new(ErrorCode.MeteringNotAvailableForFeatureType,
                $"The feature '{feature.Id}' is not metered, so it has no usage history.");
        }

        return access.Facts.IsResourceUnknown
            ? new(ErrorCode.CustomerResourceNotFound,
                $"The customer '{request.CustomerId}' has no resource '{request.ResourceId}'.")
            : null;
    }

    /// <summary>
    /// The entitlement whose windows the history follows: the one in force, else what the subscription that ended last
    /// gave.
    /// </summary>
    private async Task<(EffectiveEntitlement? Entitlement, Instant? ActiveUntil)> CountingAsync(
        Session session,
        OperationScope scope,
        UsageHistoryRequest request,
        ScopeAccess access,
        IReadOnlyDictionary<FeatureId, Feature> features)
    {
        if (access.Find(request.FeatureId.Value) is { } compiled)
            return (compiled.Entitlement, null);
        var set = await compiler.ComputeLastEndedAsync(
            session, scope.EnvironmentId, request.CustomerId, request.ResourceId, features);
        return set is { } last && last.Set.Find(request.FeatureId) is { } entitlement
            ? (entitlement, last.EndedAt)
            : (null, null);
    }
}

/// <summary>Which history is asked for. <paramref name="End"/> null = now.</summary>
public sealed record UsageHistoryRequest(
    CustomerId CustomerId,
    ResourceId? ResourceId,
    FeatureId FeatureId,
    Instant Start,
    Instant? End,
    IReadOnlyList<string> GroupBy);
