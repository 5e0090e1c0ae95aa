using NodaTime;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Usage;

/// <summary>
/// An amount of a metered feature, or of a credit currency, that is kept free for one caller: checks and other
/// reservations count it like usage until it is settled (becomes usage: less, more or exactly as much), released, or
/// expires by itself.
/// </summary>
public sealed record Reservation
{
    /// <summary>How long an amount may be held.</summary>
    public static readonly Duration LongestHold = Duration.FromDays(1);

    /// <summary>How long it is held when nothing else is said.</summary>
    public static readonly Duration DefaultHold = Duration.FromMinutes(5);

    public required Guid Uid { get; init; }
    public required CustomerId CustomerId { get; init; }
    public ResourceId? ResourceId { get; init; }
    /// <summary>Null where credits are held.</summary>
    public FeatureId? FeatureId { get; init; }

    /// <summary>The credits that are held; null where a feature is.</summary>
    public CurrencyId? CurrencyId { get; init; }

    /// <summary>
    /// What it holds of a pool besides, because usage of the feature is priced in credits; null otherwise.
    /// </summary>
    public ReservedPrice? Price { get; init; }

    /// <summary>In the feature's reporting unit, or in credits; more than 0.</summary>
    public required decimal Amount { get; init; }

    /// <summary>As last changed; ask <see cref="StatusAt"/>, because an expiry changes nothing.</summary>
    public ReservationStatus Status { get; init; }
    public required Instant CreatedAt { get; init; }

    /// <summary>From this instant on it holds nothing.</summary>
    public required Instant ExpiresAt { get; init; }

    /// <summary>When it was settled or released.</summary>
    public Instant? EndedAt { get; init; }

    /// <summary>The usage it became, in the reporting unit or in credits.</summary>
    public decimal? SettledAmount { get; init; }

    public ReservationStatus StatusAt(Instant now) =>
        Status == ReservationStatus.Held && now >= ExpiresAt ? ReservationStatus.Expired : Status;

    /// <summary>
    /// The reservation as usage of <paramref name="amount"/>, 0 or more. One that has expired can still be settled,
    /// because what was used was used. The same reservation is answered when it was settled with this amount before.
    /// </summary>
    public Result<Reservation> Settle(decimal amount, Instant now)
    {
        if (amount < 0)
        {
            return Refusal.Of(ErrorCode.InvalidArgumentError,
                [new("amount", $"amount is {amount}; settle 0 or more, or release the reservation.")]);
        }

        return Status switch
        {
            ReservationStatus.Settled when SettledAmount == amount => this,
            ReservationStatus.Settled => new Refusal(ErrorCode.DuplicatedEntityNotAllowed,
                $"Reservation '{Uid}' was settled with {SettledAmount} on {EndedAt}; "
                + $"it cannot be settled again with {amount}."),
            ReservationStatus.Released => new Refusal(ErrorCode.InvalidArgumentError,
                $"Reservation '{Uid}' was released on {EndedAt}; report the usage instead."),
            ReservationStatus.Held or ReservationStatus.Expired => this with
            {
                Status = ReservationStatus.Settled,
                SettledAmount = amount,
                EndedAt = now,
            },
            _ => throw new InvalidOperationException($"Unknown status {Status}."),
        };
    }

    /// <summary>The reservation without effect; one that was released, or has expired, stays as it is.</summary>
    public Result<Reservation> Release(Instant now) => StatusAt(now) switch
    {
        ReservationStatus.Held => this with { Status = ReservationStatus.Released, EndedAt = now },
        ReservationStatus.Settled => new Refusal(ErrorCode.InvalidArgumentError,
            $"Reservation '{Uid}' was settled with {SettledAmount} on {EndedAt} and is usage now; "
            + "report a negative DELTA to take it back."),
        ReservationStatus.Released or ReservationStatus.Expired => this,
        _ => throw new InvalidOperationException($"Unknown status {Status}."),
    };
}

/// <summary>The credits that the usage of a reservation will cost.</summary>
/// <param name="Pool">What pays: the pool of the subscription whose mapping prices the feature.</param>
/// <param name="Credits">For the whole amount; 0 where a formula decides, so that the cost is not known.</param>
public sealed record ReservedPrice(PoolKey Pool, decimal Credits);

/// <summary>The numbers are stored and stay.</summary>
public enum ReservationStatus
{
    Held = 0,
    Settled = 1,
    Released = 2,

    /// <summary>Never stored: the clock tells.</summary>
    Expired = 3,
}
