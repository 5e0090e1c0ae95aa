using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Entitlements;

namespace Tollgate.Modules.Usage;

/// <summary>
/// Records usage computed by the host (spec entitlements-and-usage 7). Every report of a call is checked first; one that is
/// wrong refuses the whole call. Limits do not refuse: checks apply them.
/// </summary>
public sealed class ReportUsage(EntitlementSnapshots snapshots, IUsageLevels levels, UsageWriter writer)
{
    public const int MaxReports = 100;

    /// <summary>Characters of an idempotencyKey.</summary>
    public const int MaxKeyLength = 255;

    /// <summary>How far ahead of the clock a report may be dated.</summary>
    public static readonly Duration FutureTolerance = Duration.FromMinutes(5);

    /// <summary>Answers in request order, when everything is durable and visible to checks.</summary>
    public async Task<Result<IReadOnlyList<UsageRecorded>>> ExecuteAsync(
        OperationScope scope, IReadOnlyList<UsageReport> reports, CancellationToken cancellationToken)
    {
        if (reports.Count is 0 or > MaxReports)
        {
            return Refusal.Of(ErrorCode.InvalidArgumentError,
                [new("usages", $"usages holds {reports.Count} reports; send 1 to {MaxReports} at once.")]);
        }

        var findings = new Findings();
        var plans = new PlannedMeasurement[reports.Count];
        for (var i = 0; i < reports.Count; i++)
        {
            if (await PlanAsync(scope, reports[i], $"usages[{i}]", findings, cancellationToken) is { } plan)
                plans[i] = plan;
        }

        return findings.ToRefusal() is { } refusal ? refusal : await writer.WriteAsync(scope, plans, cancellationToken);
    }

    private async ValueTask<PlannedMeasurement?> PlanAsync(
        OperationScope scope, UsageReport report, string path, Findings findings, CancellationToken cancellationToken)
    {
        var access = await snapshots.GetAsync(
            scope.Environment, report.CustomerId, report.ResourceId, scope.Now, cancellationToken);
        var features = await snapshots.FeaturesAsync(scope.EnvironmentId, cancellationToken);
        if (!Check(access, features, report, path, scope.Now, findings, out var feature))
            return null;
        var at = report.CreatedAt ?? scope.Now;
        var entitlement = access.Find(report.FeatureId.Value);
        var readCell = entitlement?.Cell ?? levels.Cell(new(scope.EnvironmentId, report.CustomerId, null, report.FeatureId));
        var window = entitlement?.WindowAt(scope.Now);
        return new()
        {
            Report = report,
            Feature = feature,
            At = at,
            RecordedAt = scope.Now,
            TraceId = scope.TraceId,
            ActorId = Guid.TryParse(scope.Actor.Id, out var actor) ? actor : Guid.Empty,
            ReadCell = readCell,
            ResourceCell = report.ResourceId is { } resource && readCell.Key.Resource is null
                ? levels.Cell(readCell.Key with { Resource = resource })
                : null,
            Current = window?.Counted ?? UsageWindow.Lifetime,
            Effective = entitlement?.IntervalAt(at) ?? UsageWindow.Lifetime,
            Budgets = access.Budgets.Count == 0 ? [] : [.. access.Budgets.Where(b => b.Charges(report.FeatureId))],
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
        Findings findings,
        out Feature feature)
    {
        feature = features.GetValueOrDefault(report.FeatureId)!;
        if (access.Facts.IsCustomerUnknown)
        {
            findings.Add(ErrorCode.CustomerNotFound, $"{path}.customerId",
                $"There is no customer with the id '{report.CustomerId}' in this environment; provision it first.");
        }
        else if (access.Facts.IsCustomerArchived)
        {
            findings.Add(ErrorCode.EntityIsArchivedError, $"{path}.customerId",
                $"The customer '{report.CustomerId}' is archived; unarchive it before reporting usage.");
        }
        else if (feature is null)
        {
            findings.Add(ErrorCode.FeatureNotFound, $"{path}.featureId",
                $"There is no feature with the id '{report.FeatureId}' in this environment; create it first.");
        }
        else if (!feature.IsMetered)
        {
            findings.Add(ErrorCode.MeteringNotAvailableForFeatureType, $"{path}.featureId",
                $"The feature '{feature.Id}' is of type {feature.Type.ToString().ToUpperInvariant()} without a meter type, so it "
                + "has no usage; report usage of metered features only.");
        }
        else if (feature.Meter is not null)
        {
            findings.Add(ErrorCode.CannotReportUsageForEntitlementWithMeterError, $"{path}.featureId",
                $"The usage of feature '{feature.Id}' comes from raw events through its meter; send events instead.");
        }
        else if (access.Facts.IsResourceUnknown)
        {
            findings.Add(ErrorCode.CustomerResourceNotFound, $"{path}.resourceId",
                $"The customer '{report.CustomerId}' has no resource '{report.ResourceId}'; provision a subscription for it first.");
        }
        else if (report.CreatedAt is { } at && at > now + FutureTolerance)
        {
            findings.Add(ErrorCode.InvalidArgumentError, $"{path}.createdAt",
                $"createdAt is {at}, more than 5 minutes after the current instant {now}; report usage when it has happened.");
        }
        else if (report.IdempotencyKey is { } key && (key.Length is 0 or > MaxKeyLength || key.Any(char.IsControl)))
        {
            findings.Add(ErrorCode.BadUserInput, $"{path}.idempotencyKey",
                $"idempotencyKey has {key.Length} characters; use 1 to {MaxKeyLength} and no control characters.");
        }
        else
        {
            return true;
        }

        return false;
    }
}
