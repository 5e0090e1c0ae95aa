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
        var credits = routes.Services.GetRequiredService<ReserveCredits>();
        routes
            .Map("tollgate.reservations.create", (call, token) => call.AnswerAsync(
                scope => Subject(call.Body) switch
                {
                    (null, { } currency) => credits.ReserveAsync(scope, CreditsOf(call.Body, currency), token),
                    ({ } feature, null) => reservations.ReserveAsync(scope, RequestOf(call.Body, feature), token),
                    _ => Task.FromResult<Result<ReservationOutcome>>(Refusal.Of(
                        ErrorCode.BadUserInput,
                        [new("featureId", "Give either featureId or currencyId, whichever is to be held.")])),
                },
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
                    scope, id, call.Body.Property("amount")?.GetDecimal(),
                    call.Body.Property("dimensions")?.GetRawText(), token)))
            .Map("tollgate.reservations.release", (call, token) => AnswerAsync(
                call, (scope, id) => reservations.ReleaseAsync(scope, id, token)));
    }

    private static (string? Feature, string? Currency) Subject(JsonElement body) =>
        (body.TextOrNull("featureId"), body.TextOrNull("currencyId"));

    private static ReservationRequest RequestOf(JsonElement body, string feature) => new(
        new(body.Text("customerId")), new(feature), ResourceOf(body), body.GetProperty("amount").GetDecimal(),
        HoldOf(body));

    private static CreditReservationRequest CreditsOf(JsonElement body, string currency) => new(
        new(body.Text("customerId")), new(currency), ResourceOf(body), body.GetProperty("amount").GetDecimal(),
        HoldOf(body));

    private static ResourceId? ResourceOf(JsonElement body) =>
        body.TextOrNull("resourceId") is { Length: > 0 } resource ? new ResourceId(resource) : null;

    private static Duration HoldOf(JsonElement body) => body.Property("expiresInSeconds") is { } seconds
        ? Duration.FromSeconds(seconds.GetInt64())
        : Reservation.DefaultHold;

    private static ReservationFilter FilterOf(RestCall call) => new(
        call.Query.GetString("customerId") is { } customer ? new CustomerId(customer) : null,
        call.Query.GetString("featureId") is { } feature ? new FeatureId(feature) : null,
        call.Query.Members<ReservationStatus>("status") ?? [])
    {
        CurrencyId = call.Query.GetString("currencyId") is { } currency ? new CurrencyId(currency) : null,
    };

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
