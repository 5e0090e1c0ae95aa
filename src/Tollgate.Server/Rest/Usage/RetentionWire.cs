using System.Text.Json.Serialization;
using Tollgate.Contracts;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Modules.Usage.Events.Retention;

namespace Tollgate.Server.Rest.Usage;

/// <summary>Schema <c>TollgateRetention</c>.</summary>
public sealed record RestRetention
{
    public required int UsageDays { get; init; }
    public required int ReportLogDays { get; init; }
    public required int EventLogDays { get; init; }
    public required WireInstant? UsageFrom { get; init; }
    public required RestUsageRemoval? LastUsageRemoval { get; init; }
    public required RestLogRemoval? LastLogRemoval { get; init; }
}

/// <summary>Schema <c>TollgateUsageRemoval</c>.</summary>
public sealed record RestUsageRemoval(
    WireInstant StartedAt, WireInstant? FinishedAt, long Events, long Reports, int Months);

/// <summary>Schema <c>TollgateLogRemoval</c>.</summary>
public sealed record RestLogRemoval(WireInstant At, long Events);

/// <summary>Source-generated JSON of retention.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RestData<RestRetention>))]
internal sealed partial class RetentionJson : JsonSerializerContext;

/// <summary>Retention as it is answered.</summary>
internal static class RetentionWire
{
    public static RestRetention ToRest(RetentionReport report) => new()
    {
        UsageDays = report.Settings.UsageDays,
        ReportLogDays = report.Settings.ReportLogDays,
        EventLogDays = report.Settings.EventLogDays,
        UsageFrom = Wire.Instant(report.UsageFrom),
        LastUsageRemoval = report.LastRun is { } run
            ? new(Wire.Instant(run.StartedAt), Wire.Instant(run.FinishedAt), run.Events, run.Reports, run.Months)
            : null,
        LastLogRemoval = report.LogRemovedAt is { } at ? new(Wire.Instant(at), report.LogEvents) : null,
    };
}
