using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Usage.Events.Lateness;

namespace Tollgate.Server.Rest.Usage;

/// <summary>Our own operations on events that come late.</summary>
internal static class LatenessEndpoints
{
    public static void MapLateness(this RestRoutes routes)
    {
        var lateness = routes.Services.GetRequiredService<MeterLateness>();
        routes
            .Map("tollgate.usage.retrieveLateness", (call, token) => call.AnswerAsync(
                scope => lateness.ReadAsync(scope, new(call.Path("featureId")), token),
                found => new RestData<RestMeterLateness>(LatenessWire.ToRest(found)),
                LatenessJson.Default.RestDataRestMeterLateness))
            .Map("tollgate.usage.setLateness", (call, token) => call.AnswerAsync(
                async scope => LatenessWire.FromRest(call.Body).TryGet(out var policy, out var refusal)
                    ? await lateness.SetAsync(scope, new(call.Path("featureId")), policy, token)
                    : refusal,
                found => new RestData<RestMeterLateness>(LatenessWire.ToRest(found)),
                LatenessJson.Default.RestDataRestMeterLateness))
            .Map("tollgate.usage.removeLateness", (call, token) => call.AnswerAsync(
                scope => lateness.SetAsync(scope, new(call.Path("featureId")), null, token),
                found => new RestData<RestMeterLateness>(LatenessWire.ToRest(found)),
                LatenessJson.Default.RestDataRestMeterLateness))
            .Map("tollgate.usage.releaseEvents", (call, token) => DecideAsync(routes, call, release: true, token))
            .Map("tollgate.usage.discardEvents", (call, token) => DecideAsync(routes, call, release: false, token));
    }

    private static Task<RestAnswer> DecideAsync(
        RestRoutes routes, RestCall call, bool release, CancellationToken cancellationToken)
    {
        var quarantine = routes.Services.GetRequiredService<QuarantinedEvents>();
        return call.AnswerAsync(
            async scope =>
            {
                var choice = LatenessWire.ChoiceOf(call.Body);
                if (choice.EventIds is not null
                    && choice is not { CustomerId: null, FeatureId: null, From: null, Until: null })
                {
                    return Result<QuarantineOutcome>.Refused(Refusal.Of(ErrorCode.BadUserInput, [new(
                        "eventIds", "eventIds names the events; give no customerId, featureId, from or to beside "
                        + "it.")]));
                }

                return await quarantine.DecideAsync(
                    scope, choice, release, call.Body.Text("reason"), cancellationToken);
            },
            outcome => new RestData<RestQuarantineOutcome>(new(outcome.Count, outcome.HasMore)),
            LatenessJson.Default.RestDataRestQuarantineOutcome);
    }
}
