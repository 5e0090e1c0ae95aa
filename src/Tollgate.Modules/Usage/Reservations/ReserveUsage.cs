using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Reservations;

/// <summary>
/// Keeps an amount of a metered feature free until it is settled, released or expires. Deciding and holding are one act
/// of the usage writer under the customer's lock, so of any number of callers who want the last unit one gets it.
/// </summary>
public sealed class ReserveUsage(
    Database database,
    MeasurementPlanner planner,
    EntitlementSnapshots snapshots,
    CheckEntitlement checks,
    IUsageLevels levels,
    UsageWriter writer,
    ReserveCredits credits)
{
    private readonly ReservationStore _store = new();

    public async Task<Result<ReservationOutcome>> ReserveAsync(
        OperationScope scope, ReservationRequest request, CancellationToken cancellationToken)
    {
        var findings = new Findings();
        if (request.Amount <= 0 || request.Amount > UsageFold.LargestValue)
        {
            findings.Add(ErrorCode.InvalidArgumentError, "amount",
                $"amount is {request.Amount}; reserve more than 0 and at most {UsageFold.LargestValue}.");
        }

        CheckHold(findings, request.Hold);
        var report = new UsageReport
        {
            CustomerId = request.CustomerId,
            FeatureId = request.FeatureId,
            ResourceId = request.ResourceId,
            Value = request.Amount,
        };
        var plan = await planner.PlanAsync(scope, report, "", findings, cancellationToken, mayComeFromEvents: true);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        var access = await snapshots.GetAsync(
            scope.Environment, request.CustomerId, request.ResourceId, scope.Now, cancellationToken);
        var entitlement = access.Find(request.FeatureId.Value);
        var facts = access.Facts with
        {
            IsBudgetExhausted = entitlement is not null
                && await checks.IsBudgetExhaustedAsync(scope.EnvironmentId, entitlement, scope.Now, cancellationToken),
        };
        var reservation = new Reservation
        {
            Uid = Guid.CreateVersion7(),
            CustomerId = request.CustomerId,
            ResourceId = request.ResourceId,
            FeatureId = request.FeatureId,
            Amount = request.Amount,
            Price = plan!.Mapping is { } mapping ? new(mapping.Pool, CostOf(mapping, request.Amount)) : null,
            CreatedAt = scope.Now,
            ExpiresAt = scope.Now + request.Hold,
        };
        return await writer.WriteAsync(
            scope,
            [plan],
            [.. plan.Cells],
            group => group.ReserveAsync(plan, reservation, facts, entitlement),
            cancellationToken);
    }

    /// <summary>In credits; what a formula would come to is not known before the usage is.</summary>
    private static decimal CostOf(FeatureMapping mapping, decimal amount) => mapping.Formula is not null
        ? 0
        : UsageCost.Of(mapping.Rate, null, mapping.Feature, amount, new ReportedInputs(null, amount));

    /// <summary>Adds a finding when nothing can be held so long.</summary>
    internal static void CheckHold(Findings findings, Duration hold)
    {
        if (hold <= Duration.Zero || hold > Reservation.LongestHold)
        {
            findings.Add(ErrorCode.InvalidArgumentError, "expiresInSeconds",
                $"expiresInSeconds is {hold.TotalSeconds}; hold for 1 to {Reservation.LongestHold.TotalSeconds} "
                + "seconds.");
        }
    }

    /// <summary>
    /// Turns a reservation into usage, in one act. Where usage comes from events its reservation is settled without an
    /// amount when the events were sent, and frees what it held; with an amount it is a report, which only features
    /// priced in credits take.
    /// </summary>
    /// <param name="scope">Who asks.</param>
    /// <param name="id">The reservation.</param>
    /// <param name="amount">What was used, in the reporting unit; null = what was held.</param>
    /// <param name="dimensions">Of the usage, as a JSON object; null = none.</param>
    /// <param name="cancellationToken">Ends the wait before anything was written.</param>
    public async Task<Result<ReservationReading>> SettleAsync(
        OperationScope scope, Guid id, decimal? amount, string? dimensions, CancellationToken cancellationToken)
    {
        if (await FindAsync(scope, id, cancellationToken) is not { } stored)
            return NotFound(id);
        if (stored.Value.FeatureId is not { } feature)
            return await credits.SettleAsync(scope, stored.Value, amount, dimensions, cancellationToken);
        var features = await snapshots.FeaturesAsync(scope.EnvironmentId, cancellationToken);
        var isFromEvents = features.GetValueOrDefault(feature)?.Meter is not null;
        var isReported = !isFromEvents || amount is not null || dimensions is not null;
        if (isFromEvents && isReported && !await IsPricedAsync(scope, stored.Value, feature, cancellationToken))
        {
            return new Refusal(ErrorCode.CannotReportUsageForEntitlementWithMeterError,
                $"The usage of feature '{feature}' comes from raw events through its meter; send the event, then "
                + "settle without amount and dimensions.");
        }

        var used = amount ?? stored.Value.Amount;
        if (used < 0)
            return stored.Value.Settle(used, scope.Now).Map(settled => new ReservationReading(settled, scope.Now));
        PlannedMeasurement? plan = null;
        if (used > 0 && isReported)
        {
            var findings = new Findings();
            plan = await planner.PlanAsync(
                scope,
                new()
                {
                    CustomerId = stored.Value.CustomerId,
                    FeatureId = feature,
                    ResourceId = stored.Value.ResourceId,
                    Value = used,
                    Dimensions = dimensions,
                },
                "",
                findings,
                cancellationToken);
            if (findings.ToRefusal() is { } refusal)
                return refusal;
        }

        return await EndAsync(
            scope, stored, plan is null ? [] : [plan],
            (group, cells) => group.SettleAsync(scope, id, used, plan, cells),
            cancellationToken);
    }

    /// <summary>Gives back what was held. A reservation that holds nothing any more is answered as it is.</summary>
    public async Task<Result<ReservationReading>> ReleaseAsync(
        OperationScope scope, Guid id, CancellationToken cancellationToken) =>
        await FindAsync(scope, id, cancellationToken) is not { } stored ? NotFound(id)
            : stored.Value.CurrencyId is not null ? await credits.ReleaseAsync(scope, stored.Value, cancellationToken)
            : await EndAsync(
                scope, stored, [], (group, cells) => group.ReleaseAsync(scope, id, cells), cancellationToken);

    public async Task<Result<ReservationReading>> RetrieveAsync(
        OperationScope scope, Guid id, CancellationToken cancellationToken) =>
        await FindAsync(scope, id, cancellationToken) is { } stored
            ? new ReservationReading(stored.Value, scope.Now)
            : NotFound(id);

    /// <summary>Newest first.</summary>
    public async Task<Result<Page<ReservationReading>>> ListAsync(
        OperationScope scope, ReservationFilter filter, PageRequest page, CancellationToken cancellationToken) =>
        (await database.ReadAsync(
            (session, _) => _store.ListAsync(session, scope.EnvironmentId, filter, page, scope.Now), cancellationToken))
        .Map(found => found.Map(reservation => new ReservationReading(reservation, scope.Now)));

    private async ValueTask<bool> IsPricedAsync(
        OperationScope scope, Reservation reservation, FeatureId feature, CancellationToken cancellationToken) =>
        (await snapshots.GetAsync(
            scope.Environment, reservation.CustomerId, reservation.ResourceId, scope.Now, cancellationToken))
        .Mappings.ContainsKey(feature.Value);

    private async Task<Result<ReservationReading>> EndAsync(
        OperationScope scope,
        StoredReservation stored,
        IReadOnlyList<PlannedMeasurement> plans,
        Func<UsageGroup, IReadOnlyList<UsageCell>, Task<Result<Reservation>>> end,
        CancellationToken cancellationToken)
    {
        UsageCell[] cells = [.. stored.Keys(scope.EnvironmentId).Select(key => levels.Cell(key))];
        return await writer.WriteAsync(
            scope,
            plans,
            cells,
            async group => (await end(group, cells)).Map(ended => new ReservationReading(ended, scope.Now)),
            cancellationToken);
    }

    private Task<StoredReservation?> FindAsync(OperationScope scope, Guid id, CancellationToken cancellationToken) =>
        database.ReadAsync((session, _) => _store.FindAsync(session, scope.EnvironmentId, id), cancellationToken);

    /// <summary>The list of error codes has none for reservations.</summary>
    private static Refusal NotFound(Guid id) => new(
        ErrorCode.InvalidArgumentError,
        $"There is no reservation with the id '{id}' in this environment; "
        + "list them with GET /tollgate/v1/usage/reservations.");
}
