using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Entitlements;

namespace Tollgate.Modules.Usage.Reservations;

/// <summary>
/// Keeps credits of a pool free until the reservation is settled, released or expires. Each step is one transaction
/// under the customer's lock, so of any number of callers who want the last credit one gets it.
/// </summary>
public sealed class ReserveCredits(UnitOfWork unitOfWork, EntitlementSnapshots snapshots, HoldCredits holds)
{
    private readonly ReservationStore _store = new();

    /// <summary>
    /// Exactly the pool of the resource given, or the customer's own, as direct consumption burns it.
    /// </summary>
    public async Task<Result<ReservationOutcome>> ReserveAsync(
        OperationScope scope, CreditReservationRequest request, CancellationToken cancellationToken)
    {
        var findings = new Findings();
        CreditAmounts.Check(findings, "amount", request.Amount);
        ReserveUsage.CheckHold(findings, request.Hold);
        var access = await snapshots.GetAsync(
            scope.Environment, request.CustomerId, request.ResourceId, scope.Now, cancellationToken);
        await CheckPartiesAsync(scope, request, access, findings, cancellationToken);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        var reservation = new Reservation
        {
            Uid = Guid.CreateVersion7(),
            CustomerId = request.CustomerId,
            ResourceId = request.ResourceId,
            CurrencyId = request.CurrencyId,
            Amount = request.Amount,
            CreatedAt = scope.Now,
            ExpiresAt = scope.Now + request.Hold,
        };
        return await unitOfWork.WriteAsync<ReservationOutcome>(
            scope,
            [UnitOfWork.CustomerLock(scope.EnvironmentId, request.CustomerId)],
            async (work, token) =>
            {
                var decision = await holds.HoldAsync(
                    work, PoolOf(reservation), new(reservation.Uid, reservation.Amount, reservation.ExpiresAt),
                    access.SoftCurrencies.Contains(request.CurrencyId), token);
                if (!decision.IsHeld)
                {
                    var reason = decision.IsEmptyPool && !access.MappedCurrencies.Contains(request.CurrencyId)
                        ? AccessDeniedReason.EntitlementNotFound
                        : AccessDeniedReason.InsufficientCredits;
                    return new ReservationOutcome(null, reason, decision.Consumed, decision.Held);
                }

                await _store.InsertAsync(
                    work.Session, scope.EnvironmentId, reservation, customerLevel: false, scope.TraceId,
                    Guid.TryParse(scope.Actor.Id, out var actor) ? actor : Guid.Empty);
                return new ReservationOutcome(reservation, null, decision.Consumed, decision.Held);
            },
            cancellationToken);
    }

    /// <summary>Turns it into consumption, of less, more or exactly what was held.</summary>
    public Task<Result<ReservationReading>> SettleAsync(
        OperationScope scope, Reservation seen, decimal? amount, string? dimensions,
        CancellationToken cancellationToken) =>
        EndAsync(
            scope,
            seen,
            stored =>
            {
                var findings = new Findings();
                if (amount is > 0)
                    CreditAmounts.Check(findings, "amount", amount.Value);
                return findings.ToRefusal() is { } refusal
                    ? refusal
                    : stored.Settle(amount ?? stored.Amount, scope.Now);
            },
            (work, settled, token) => holds.SettleAsync(
                work, PoolOf(settled), settled.Uid, settled.SettledAmount!.Value, dimensions, token),
            cancellationToken);

    public Task<Result<ReservationReading>> ReleaseAsync(
        OperationScope scope, Reservation seen, CancellationToken cancellationToken) => EndAsync(
        scope,
        seen,
        stored => stored.Release(scope.Now),
        (work, released, token) => holds.ReleaseAsync(work, PoolOf(released), released.Uid, token),
        cancellationToken);

    private Task<Result<ReservationReading>> EndAsync(
        OperationScope scope,
        Reservation seen,
        Func<Reservation, Result<Reservation>> decide,
        Func<Work, Reservation, CancellationToken, Task> carryOut,
        CancellationToken cancellationToken) => unitOfWork.WriteAsync<ReservationReading>(
        scope,
        [UnitOfWork.CustomerLock(scope.EnvironmentId, seen.CustomerId)],
        async (work, token) =>
        {
            var stored = (await _store.FindAsync(work.Session, scope.EnvironmentId, seen.Uid))?.Value
                ?? throw new InvalidOperationException(
                    $"Reservation {seen.Uid} is gone, though reservations are never deleted.");
            if (!decide(stored).TryGet(out var ended, out var refusal))
                return refusal;
            if (ended != stored)
            {
                await _store.EndAsync(work.Session, scope.EnvironmentId, ended);
                await carryOut(work, ended, token);
            }

            return new ReservationReading(ended, scope.Now);
        },
        cancellationToken);

    private static PoolKey PoolOf(Reservation reservation) =>
        new(reservation.CustomerId, reservation.ResourceId, reservation.CurrencyId!.Value);

    private async ValueTask CheckPartiesAsync(
        OperationScope scope, CreditReservationRequest request, ScopeAccess access, Findings findings,
        CancellationToken cancellationToken)
    {
        if (access.Facts.IsCustomerUnknown)
        {
            findings.Add(ErrorCode.CustomerNotFound, "customerId",
                $"There is no customer with the id '{request.CustomerId}' in this environment; provision it first.");
        }
        else if (access.Facts.IsCustomerArchived)
        {
            findings.Add(ErrorCode.EntityIsArchivedError, "customerId",
                $"The customer '{request.CustomerId}' is archived; unarchive it before reserving its credits.");
        }
        else if (access.Facts.IsResourceUnknown)
        {
            findings.Add(ErrorCode.CustomerResourceNotFound, "resourceId",
                $"The customer '{request.CustomerId}' has no resource '{request.ResourceId}'; "
                + "provision a subscription for it first.");
        }

        if (!(await snapshots.CurrenciesAsync(scope.EnvironmentId, cancellationToken)).ContainsKey(request.CurrencyId))
        {
            findings.Add(ErrorCode.CustomCurrencyNotFound, "currencyId",
                $"There is no credit currency with the id '{request.CurrencyId}' in this environment; "
                + "create it first.");
        }
    }
}

/// <summary>Credits that a caller asks to be kept free.</summary>
/// <param name="Amount">In credits.</param>
/// <param name="Hold">How long.</param>
public sealed record CreditReservationRequest(
    CustomerId CustomerId, CurrencyId CurrencyId, ResourceId? ResourceId, decimal Amount, Duration Hold);
