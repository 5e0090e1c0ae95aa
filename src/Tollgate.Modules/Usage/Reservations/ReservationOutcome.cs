using NodaTime;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Usage;

namespace Tollgate.Modules.Usage.Reservations;

/// <summary>What a caller asks to be kept free.</summary>
/// <param name="Amount">In the feature's reporting unit.</param>
/// <param name="Hold">How long.</param>
public sealed record ReservationRequest(
    Domain.CustomerId CustomerId, Domain.FeatureId FeatureId, Domain.ResourceId? ResourceId, decimal Amount,
    Duration Hold);

/// <summary>The answer: a reservation, or why there is none; denials are no errors, as with checks.</summary>
/// <param name="Reservation">Null when denied.</param>
/// <param name="DeniedReason">Null when held.</param>
/// <param name="Usage">Usage of the current window, in sold units.</param>
/// <param name="Held">What is held against the same counter, this reservation included, in the reporting unit.</param>
public sealed record ReservationOutcome(
    Reservation? Reservation, AccessDeniedReason? DeniedReason, decimal Usage, decimal Held);

/// <summary>A reservation at an instant; the usage it was settled with, where it was just settled.</summary>
public sealed record ReservationReading(Reservation Value, Instant Now);
