using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Entitlements;

namespace Tollgate.Modules.Usage;

/// <summary>
/// Decides what can be decided about a usage report before it is the writer's turn: whether it is accepted
/// (spec entitlements-and-usage 7.3), which counters it moves and in which window.
/// </summary>
public sealed class MeasurementPlanner(EntitlementSnapshots snapshots, IUsageLevels levels)
{
    /// <summary>Characters of an idempotencyKey.</summary>
    public const int MaxKeyLength = 255;

    /// <summary>How far ahead of the clock a report may be dated.</summary>
    public static readonly Duration FutureTolerance = Duration.FromMinutes(5);

    /// <summary>Null when something was found wrong, which is then among the findings.</summary>
    /// <param name="scope">Who reports.</param>
    /// <param name="report">What.</param>
    /// <param name="path">Before the names of the fields in findings.</param>
    /// <param name="findings">Where faults go.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <param name="mayComeFromEvents">Nothing is reported, so a meter stands in no way.</param>
    internal async ValueTask<PlannedMeasurement?> PlanAsync(
        OperationScope scope,
        UsageReport report,
        string path,
        Findings findings,
        CancellationToken cancellationToken,
        bool mayComeFromEvents = false)
    {
        var access = await snapshots.GetAsync(
            scope.Environment, report.CustomerId, report.ResourceId, scope.Now, cancellationToken);
        var features = await snapshots.FeaturesAsync(scope.EnvironmentId, cancellationToken);
        if (!Check(access, features, report, path, scope.Now, mayComeFromEvents, findings, out var feature))
            return null;
        var at = report.CreatedAt ?? scope.Now;
        var entitlement = access.Find(report.FeatureId.Value);
        var readCell = entitlement?.Cell
            ?? levels.Cell(new(scope.EnvironmentId, report.CustomerId, null, report.FeatureId));
        var window = entitlement?.WindowAt(scope.Now);
        return new()
        {
            Report = report,
            Feature = feature,
            At = at,
            RecordedAt = scope.Now,
            Scope = scope,
            Entitlement = entitlement,
            TraceId = scope.TraceId,
            ActorId = Guid.TryParse(scope.Actor.Id, out var actor) ? actor : Guid.Empty,
            ReadCell = readCell,
            ResourceCell = report.ResourceId is { } resource && readCell.Key.Resource is null
                ? levels.Cell(readCell.Key with { Resource = resource })
                : null,
            Current = window?.Counted ?? UsageWindow.Lifetime,
            Effective = entitlement?.IntervalAt(at) ?? UsageWindow.Lifetime,
            Budgets = access.Budgets.Count == 0 ? [] : [.. access.Budgets.Where(b => b.Charges(report.FeatureId))],
            Mapping = access.Mappings.GetValueOrDefault(report.FeatureId.Value),
            Shown = window is { Shown.IsLifetime: false } ? window.Shown : null,
        };
    }

    /// <summary>The conditions of spec 7.3, in its order.</summary>
    private static bool Check(
        ScopeAccess access,
        IReadOnlyDictionary<FeatureId, Feature> features,
        UsageReport report,
        string path,
        Instant now,
        bool mayComeFromEvents,
        Findings findings,
        out Feature feature)
    {
        feature = features.GetValueOrDefault(report.FeatureId)!;
        if (access.Facts.IsCustomerUnknown)
        {
            findings.Add(ErrorCode.CustomerNotFound, $"{path}customerId",
                $"There is no customer with the id '{report.CustomerId}' in this environment; provision it first.");
        }
        else if (access.Facts.IsCustomerArchived)
        {
            findings.Add(ErrorCode.EntityIsArchivedError, $"{path}customerId",
                $"The customer '{report.CustomerId}' is archived; unarchive it before reporting usage.");
        }
        else if (feature is null)
        {
            findings.Add(ErrorCode.FeatureNotFound, $"{path}featureId",
                $"There is no feature with the id '{report.FeatureId}' in this environment; create it first.");
        }
        else if (!feature.IsMetered)
        {
            findings.Add(ErrorCode.MeteringNotAvailableForFeatureType, $"{path}featureId",
                $"The feature '{feature.Id}' is of type {feature.Type.ToString().ToUpperInvariant()} without a meter "
                + "type, so it has no usage; report usage of metered features only.");
        }
        else if (feature.Meter is not null && !mayComeFromEvents && !access.Mappings.ContainsKey(feature.Id.Value))
        {
            findings.Add(ErrorCode.CannotReportUsageForEntitlementWithMeterError, $"{path}featureId",
                $"The usage of feature '{feature.Id}' comes from raw events through its meter; send events instead.");
        }
        else if (access.Facts.IsResourceUnknown)
        {
            findings.Add(ErrorCode.CustomerResourceNotFound, $"{path}resourceId",
                $"The customer '{report.CustomerId}' has no resource '{report.ResourceId}'; "
                + "provision a subscription for it first.");
        }
        else if (report.CreatedAt is { } at && at > now + FutureTolerance)
        {
            findings.Add(ErrorCode.InvalidArgumentError, $"{path}createdAt",
                $"createdAt is {at}, more than 5 minutes after the current instant {now}; "
                + "report usage when it has happened.");
        }
        else if (report.IdempotencyKey is { } key && (key.Length is 0 or > MaxKeyLength || key.Any(char.IsControl)))
        {
            findings.Add(ErrorCode.BadUserInput, $"{path}idempotencyKey",
                $"idempotencyKey has {key.Length} characters; use 1 to {MaxKeyLength} and no control characters.");
        }
        else
        {
            return true;
        }

        return false;
    }
}
