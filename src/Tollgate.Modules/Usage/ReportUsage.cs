using Tollgate.Domain.Errors;

namespace Tollgate.Modules.Usage;

/// <summary>
/// Records usage computed by the host (spec entitlements-and-usage 7). Every report of a call is checked first; one
/// that is wrong refuses the whole call. Limits do not refuse: checks apply them.
/// </summary>
public sealed class ReportUsage(MeasurementPlanner planner, UsageWriter writer)
{
    public const int MaxReports = 100;

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
            if (await planner.PlanAsync(scope, reports[i], $"usages[{i}].", findings, cancellationToken) is { } plan)
                plans[i] = plan;
        }

        return findings.ToRefusal() is { } refusal
            ? refusal
            : await writer.WriteAsync(scope, plans, [], group => group.AddAsync(scope, plans), cancellationToken);
    }
}
