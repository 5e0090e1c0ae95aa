using System.Text.Json;
using NodaTime;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;
using Tollgate.Modules;
using Tollgate.Modules.Usage.Reservations;

namespace Tollgate.Server.Rest.Usage;

/// <summary>Our own operations on reservations: hold an amount, then settle or release it.</summary>
internal static class ReservationEndpoints
{
    public static void MapReservations(this RestRoutes routes)
    {
        var reservations = routes.Services.GetRequiredService<ReserveUsage>();
        routes
            .Map("tollgate.reservations.create", (call, token) => call.AnswerAsync(
                scope => reservations.ReserveAsync(scope, RequestOf(call.Body), token),
                outcome => new RestData<RestReservationOutcome>(ReservationWire.ToRest(outcome, call.Scope.Now)),
                ReservationJson.Wire.RestDataRestReservationOutcome))
            .Map("tollgate.reservations.list", (call, token) => call.AnswerAsync(
                scope => reservations.ListAsync(scope, FilterOf(call), call.Query.Page(), token),
                page => Wire.Page(page, ReservationWire.ToRest),
                ReservationJson.Wire.RestPageRestReservation))
            .Map("tollgate.reservations.retrieve", (call, token) => AnswerAsync(
                call, (scope, id) => reservations.RetrieveAsync(scope, id, token)))
            .Map("tollgate.reservations.settle", (call, token) => AnswerAsync(
                call,
                (scope, id) => reservations.SettleAsync(
                    scope, id, call.Body.Property("amount")?.GetDecimal(), call.Body.Property("dimensions")?.GetRawText(), token)))
            .Map("tollgate.reservations.release", (call, token) => AnswerAsync(
                call, (scope, id) => reservations.ReleaseAsync(scope, id, token)));
    }

    private static ReservationRequest RequestOf(JsonElement body) => new(
        new(body.Text("customerId")),
        new(body.Text("featureId")),
        body.TextOrNull("resourceId") is { Length: > 0 } resource ? new ResourceId(resource) : null,
        body.GetProperty("amount").GetDecimal(),
        body.Property("expiresInSeconds") is { } seconds
            ? Duration.FromSeconds(seconds.GetInt64())
            : Reservation.DefaultHold);

    private static ReservationFilter FilterOf(RestCall call) => new(
        call.Query.GetString("customerId") is { } customer ? new CustomerId(customer) : null,
        call.Query.GetString("featureId") is { } feature ? new FeatureId(feature) : null,
        call.Query.Members<ReservationStatus>("status") ?? []);

    /// <summary>Path parameters are text; one that is no UUID is refused like a body that is none.</summary>
    private static Result<Guid> IdOf(RestCall call) => Guid.TryParse(call.Path("id"), out var id)
        ? id
        : Refusal.Of(
            ErrorCode.BadUserInput,
            [new("id", $"id is '{call.Path("id")}'; give the id of a reservation as its creation answered.")]);

    private static Task<RestAnswer> AnswerAsync(
        RestCall call, Func<OperationScope, Guid, Task<Result<ReservationReading>>> run) => call.AnswerAsync(
        async scope => IdOf(call).TryGet(out var id, out var refusal) ? await run(scope, id) : refusal,
        reading => new RestData<RestReservation>(ReservationWire.ToRest(reading)),
        ReservationJson.Wire.RestDataRestReservation);
}
