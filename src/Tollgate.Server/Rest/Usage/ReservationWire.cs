using System.Text.Json.Serialization;
using Tollgate.Contracts;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Modules.Usage.Reservations;

namespace Tollgate.Server.Rest.Usage;

/// <summary>Schema <c>TollgateReservation</c>.</summary>
public sealed record RestReservation
{
    public required Guid Id { get; init; }
    public required string CustomerId { get; init; }
    public required string? ResourceId { get; init; }
    public required string? FeatureId { get; init; }
    public required string? CurrencyId { get; init; }
    public required decimal Amount { get; init; }
    public required string Status { get; init; }
    public required decimal? SettledAmount { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required WireInstant ExpiresAt { get; init; }
    public required WireInstant? EndedAt { get; init; }
}

/// <summary>Schema <c>TollgateReservationOutcome</c>.</summary>
public sealed record RestReservationOutcome(
    bool IsGranted, string? AccessDeniedReason, decimal CurrentUsage, decimal Held, RestReservation? Reservation);

/// <summary>Source-generated JSON of reservations. Use <see cref="Wire"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RestData<RestReservation>))]
[JsonSerializable(typeof(RestData<RestReservationOutcome>))]
[JsonSerializable(typeof(RestPage<RestReservation>))]
internal sealed partial class ReservationJson : JsonSerializerContext
{
    public static ReservationJson Wire => field ??= new(WireOptions.Of(Default.Options));
}

/// <summary>Reservations as they are answered.</summary>
internal static class ReservationWire
{
    public static RestReservationOutcome ToRest(ReservationOutcome outcome, NodaTime.Instant now) => new(
        outcome.DeniedReason is null,
        Wire.Symbol(outcome.DeniedReason),
        outcome.Usage,
        outcome.Held,
        outcome.Reservation is { } reservation ? ToRest(new ReservationReading(reservation, now)) : null);

    public static RestReservation ToRest(ReservationReading reading)
    {
        var (reservation, now) = reading;
        return new()
        {
            Id = reservation.Uid,
            CustomerId = reservation.CustomerId.Value,
            ResourceId = reservation.ResourceId?.Value,
            FeatureId = reservation.FeatureId?.Value,
            CurrencyId = reservation.CurrencyId?.Value,
            Amount = reservation.Amount,
            Status = Wire.Symbol(reservation.StatusAt(now)),
            SettledAmount = reservation.SettledAmount,
            CreatedAt = Wire.Instant(reservation.CreatedAt),
            ExpiresAt = Wire.Instant(reservation.ExpiresAt),
            EndedAt = Wire.Instant(reservation.EndedAt),
        };
    }
}
