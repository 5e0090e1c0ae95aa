using Dapper;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Catalog;

namespace Tollgate.Modules.Usage.Events.Lateness;

/// <summary>How a feature's meter deals with events that come late.</summary>
public sealed class MeterLateness(UnitOfWork unitOfWork, CatalogReader catalog)
{
    public Task<Result<FeatureLateness>> ReadAsync(
        OperationScope scope, FeatureId feature, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<FeatureLateness>>(
            async (session, _) =>
            {
                if (Check(feature, await catalog.FeatureAsync(session, scope.EnvironmentId, feature)) is { } refusal)
                    return refusal;
                var all = await LatenessStore.ListAsync(session, scope.EnvironmentId);
                return new FeatureLateness(feature, all.GetValueOrDefault(feature));
            },
            cancellationToken);

    /// <summary>Holds for events that arrive, and for bills that are made, from now on.</summary>
    /// <param name="scope">Who changes it.</param>
    /// <param name="feature">A feature with a meter.</param>
    /// <param name="policy">Null: whatever comes counts, and no bill is made twice.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public Task<Result<FeatureLateness>> SetAsync(
        OperationScope scope, FeatureId feature, LatenessPolicy? policy, CancellationToken cancellationToken)
    {
        if (policy?.Check() is { } wrong)
            return Task.FromResult(Result<FeatureLateness>.Refused(wrong));
        return unitOfWork.WriteAsync<FeatureLateness>(
            scope,
            [UnitOfWork.CatalogInUse(scope.EnvironmentId), EventLocks.Meters(scope.EnvironmentId)],
            async (work, _) =>
            {
                var found = await catalog.FeatureAsync(work.Session, scope.EnvironmentId, feature);
                if (Check(feature, found) is { } refusal)
                    return refusal;
                var before = (await LatenessStore.ListAsync(work.Session, scope.EnvironmentId)).GetValueOrDefault(feature);
                if (before == policy)
                    return new FeatureLateness(feature, policy);
                await LatenessStore.SetAsync(work.Session, scope.EnvironmentId, feature, policy);
                await MeterChanges.ChangedAsync(work);
                work.Record(new DomainEvent(
                    EventType.MeterLatenessChanged, EntityKind.Feature, feature.Value, null, null, null)
                {
                    Facts = new Dictionary<string, string> { ["before"] = Say(before), ["after"] = Say(policy) },
                });
                return new FeatureLateness(feature, policy);
            },
            cancellationToken);
    }

    private static Refusal? Check(FeatureId id, Feature? feature) => feature switch
    {
        null => new(ErrorCode.FeatureNotFound,
            $"There is no feature with the id '{id}' in this environment; create it first."),
        { Meter: null } => new(ErrorCode.MeterMustBeAssociatedToMeteredFeature,
            $"The feature '{id}' has no meter, so no events come late for it; give it a meter first."),
        _ => null,
    };

    private static string Say(LatenessPolicy? policy) =>
        policy is null ? "none" : $"{policy.AcceptWindow}, then {policy.Then}";
}

/// <summary>A feature's policy; null = none.</summary>
public sealed record FeatureLateness(FeatureId Feature, LatenessPolicy? Policy);
