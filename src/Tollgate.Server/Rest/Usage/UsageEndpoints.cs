using System.Text.Json;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Usage;
using Tollgate.Modules.Usage.Events;

namespace Tollgate.Server.Rest.Usage;

/// <summary>Reporting usage and reading its course (spec entitlements-and-usage 7 and 10).</summary>
internal static class UsageEndpoints
{
    /// <summary>Characters of the groupBy of a history.</summary>
    private const int MaxGroupsLength = 255;

    public static void MapUsage(this RestRoutes routes)
    {
        var report = routes.Services.GetRequiredService<ReportUsage>();
        var estimate = routes.Services.GetRequiredService<EstimateUsageCost>();
        var estimateEvent = routes.Services.GetRequiredService<EstimateEventCost>();
        var history = routes.Services.GetRequiredService<ReadUsageHistory>();
        var events = new EventRoute(
            routes.Services.GetRequiredService<RestPipeline>(), routes.Services.GetRequiredService<ReportEvents>());
        routes
            .Map("v1.usage.report", (call, token) => call.AnswerAsync(
                scope => report.ExecuteAsync(scope, UsageWire.ReportsFromRest(call.Body), token),
                UsageWire.ToRest,
                RestJson.Wire.RestDataIReadOnlyListRestUsageMeasurement))
            .MapRaw("v1.events.report", operation => context => events.RunAsync(context, operation), EventBody.MaxBytes)
            .Map("v1.usage.estimate", (call, token) => call.AnswerAsync(
                scope => estimate.ExecuteAsync(scope, UsageWire.ReportFromRest(call.Body), token),
                UsageWire.ToRest,
                RestJson.Wire.RestDataRestCreditEstimate))
            .Map("v1.events.estimate", (call, token) => call.AnswerAsync(
                async scope => EventBody.ToEstimate(call.Body).TryGet(out var asked, out var refusal)
                    ? await estimateEvent.ExecuteAsync(scope, asked, token)
                    : refusal,
                UsageWire.ToRest,
                RestJson.Wire.RestDataRestCreditEstimate))
            .Map("v1.usage.history", (call, token) => call.AnswerAsync(
                async scope => CheckGroups(call) is { } refusal
                    ? refusal
                    : await history.ExecuteAsync(scope, RequestOf(call), token),
                UsageWire.ToRest,
                RestJson.Wire.RestDataRestUsageHistory));
    }

    /// <summary>The list's length is the only limit of its groups (spec entitlements-and-usage 10).</summary>
    private static Refusal? CheckGroups(RestCall call) =>
        call.Query.GetString("groupBy") is { Length: > MaxGroupsLength } groups
            ? Refusal.Of(ErrorCode.BadUserInput, [new("groupBy",
                $"groupBy has {groups.Length} characters; name dimensions in at most {MaxGroupsLength}, commas "
                + "included.")])
            : null;

    private static UsageHistoryRequest RequestOf(RestCall call) => new(
        new(call.Path("customerId")),
        call.Query.GetString("resourceId") is { Length: > 0 } resource ? new ResourceId(resource) : null,
        new(call.Path("featureId")),
        Wire.Instant(call.Query.GetInstant("startDate")!.Value),
        call.Query.GetInstant("endDate") is { } end ? Wire.Instant(end) : null,
        call.Query.GetString("groupBy")?.Split(
            ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            ?? []);
}
