using System.Globalization;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Usage;
using Tollgate.Modules.EventLog.Retention;

namespace Tollgate.Modules.Usage.Events.Retention;

/// <summary>Reads and changes for how long an environment keeps usage and its event log.</summary>
public sealed class UsageRetention(UnitOfWork unitOfWork)
{
    public Task<Result<RetentionReport>> ReadAsync(OperationScope scope, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<RetentionReport>>(
            async (session, _) => await ReportAsync(session, scope), cancellationToken);

    /// <summary>What was removed stays removed when more is kept from now on.</summary>
    public Task<Result<RetentionReport>> ChangeAsync(
        OperationScope scope, RetentionEdit edit, CancellationToken cancellationToken) =>
        unitOfWork.WriteAsync<RetentionReport>(
            scope,
            [EventLocks.Meters(scope.EnvironmentId), RetentionStore.Lock(scope.EnvironmentId)],
            async (work, _) =>
            {
                var before = (await ReportAsync(work.Session, scope)).Settings;
                var settings = new RetentionSettings(
                    edit.UsageDays ?? before.UsageDays,
                    edit.ReportLogDays ?? before.ReportLogDays,
                    edit.EventLogDays ?? before.EventLogDays);
                if (settings.Check() is { } refusal)
                    return refusal;
                if (settings != before)
                {
                    var state = await RetentionStore.FindAsync(work.Session, scope.EnvironmentId) ?? RetentionStore.Initial;
                    await RetentionStore.SaveAsync(work.Session, scope.EnvironmentId, state with
                    {
                        UsageDays = settings.UsageDays,
                        ReportLogDays = settings.ReportLogDays,
                        DueAt = null,
                    });
                    await KeepEventLog.ChangeAsync(work.Session, scope.EnvironmentId, settings.EventLogDays);
                    work.Record(LogOf(scope, before, settings));
                }

                return await ReportAsync(work.Session, scope);
            },
            cancellationToken);

    private static DomainEvent LogOf(OperationScope scope, RetentionSettings before, RetentionSettings after) => new(
        EventType.UsageRetentionChanged, EntityKind.Environment, scope.Environment.Uid.ToString(), null, null, null)
    {
        Facts = new Dictionary<string, string>
        {
            ["usageDays"] = Change(before.UsageDays, after.UsageDays),
            ["reportLogDays"] = Change(before.ReportLogDays, after.ReportLogDays),
            ["eventLogDays"] = Change(before.EventLogDays, after.EventLogDays),
        },
    };

    private static string Change(int before, int after) => before == after
        ? after.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{before} -> {after}");

    private static async Task<RetentionReport> ReportAsync(Storage.Session session, OperationScope scope)
    {
        var state = await RetentionStore.FindAsync(session, scope.EnvironmentId) ?? RetentionStore.Initial;
        var log = await KeepEventLog.ReadAsync(session, scope.EnvironmentId);
        return new(
            new(state.UsageDays, state.ReportLogDays, log.Days),
            await RetentionStore.ClosedAtAsync(session, scope.EnvironmentId),
            state.StartedAt is { } started
                ? new(started, state.FinishedAt, state.Events, state.Reports, state.Months)
                : null,
            log.RemovedAt,
            log.Events);
    }
}

/// <summary>Null = stays.</summary>
public sealed record RetentionEdit(int? UsageDays, int? ReportLogDays, int? EventLogDays);

/// <summary>What is kept, and what was removed.</summary>
/// <param name="Settings">In force.</param>
/// <param name="UsageFrom">Usage dated before it is gone or going, and refused; null = there is none such yet.</param>
/// <param name="LastRun">Null = none was needed yet.</param>
/// <param name="LogRemovedAt">When rows of the event log were removed last; null = never.</param>
/// <param name="LogEvents">How many then.</param>
public sealed record RetentionReport(
    RetentionSettings Settings, Instant? UsageFrom, RetentionRun? LastRun, Instant? LogRemovedAt, long LogEvents);

/// <summary>One removal of usage.</summary>
/// <param name="StartedAt">By the clock of the environment.</param>
/// <param name="FinishedAt">Null = it goes on.</param>
/// <param name="Events">Raw events removed; of whole months those of all environments.</param>
/// <param name="Reports">Usage reports replaced by sums.</param>
/// <param name="Months">Whole months dropped.</param>
public sealed record RetentionRun(Instant StartedAt, Instant? FinishedAt, long Events, long Reports, int Months);
