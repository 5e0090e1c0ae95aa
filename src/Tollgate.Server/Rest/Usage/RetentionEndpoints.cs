using Tollgate.Contracts.Rest.Responses;
using Tollgate.Modules.Usage.Events.Retention;

namespace Tollgate.Server.Rest.Usage;

/// <summary>Our own operations on how long usage is kept.</summary>
internal static class RetentionEndpoints
{
    public static void MapRetention(this RestRoutes routes)
    {
        var retention = routes.Services.GetRequiredService<UsageRetention>();
        routes
            .Map("tollgate.usage.retrieveRetention", (call, token) => call.AnswerAsync(
                scope => retention.ReadAsync(scope, token),
                found => new RestData<RestRetention>(RetentionWire.ToRest(found)),
                RetentionJson.Default.RestDataRestRetention))
            .Map("tollgate.usage.updateRetention", (call, token) => call.AnswerAsync(
                scope => retention.ChangeAsync(
                    scope,
                    new(
                        call.Body.IntegerOrNull("usageDays"), call.Body.IntegerOrNull("reportLogDays"),
                        call.Body.IntegerOrNull("eventLogDays")),
                    token),
                found => new RestData<RestRetention>(RetentionWire.ToRest(found)),
                RetentionJson.Default.RestDataRestRetention));
    }
}
