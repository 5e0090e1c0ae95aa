using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Usage.Events;
using Tollgate.Modules.Usage.Events.Retention;
using Tollgate.Modules.Usage.Reservations;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage;

/// <summary>
/// The reports of several requests on their way into one transaction: counters are folded here in order of arrival,
/// each request by itself taken whole or refused whole. Used by one flow of control, while the customers are locked.
/// </summary>
internal sealed class UsageGroup(
    Session session, IUsageRows rows, UsageStore store, BudgetSpending spending, UsageLevels levels,
    BurnCredits credits, HoldCredits creditHolds)
{
    private readonly GroupBurns _burns = new(session, credits);
    private readonly GroupBudgets _budgets = new(session, spending);
    private readonly GroupCounters _counters = new(session, rows, store, levels);
    private readonly List<NewMeasurement> _measurements = [];
    private readonly Dictionary<ReportKey, StoredReport> _reports = [];
    private readonly GroupHolds _holds = new(session, creditHolds);

    /// <summary>
    /// By how much the last accepted report raised usage; null for what costs nothing whatever prices it.
    /// </summary>
    private decimal? _growth;
    private readonly List<UsageMove> _moves = [];

    /// <summary>How accepted reports moved the usage of the current window, in their order.</summary>
    public IReadOnlyList<UsageMove> Moves => _moves;

    public bool IsEmpty => _measurements.Count == 0 && _holds.IsEmpty;

    /// <summary>
    /// Brings in what the requests need: earlier reports under their keys, and the counters they touch.
    /// </summary>
    /// <param name="plans">The reports, and the reservations as reports of what they hold.</param>
    /// <param name="held">The counters of which it matters what reservations hold, and since when.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task LoadAsync(
        IReadOnlyCollection<PlannedMeasurement> plans,
        IReadOnlyCollection<(UsageCell Cell, Instant Now)> held,
        CancellationToken cancellationToken)
    {
        foreach (var (cell, now) in held)
            await _holds.LoadAsync(cell, now);

        var keys = new HashSet<ReportKey>();
        foreach (var plan in plans)
        {
            if (KeyOf(plan) is { } key)
                keys.Add(key);
            foreach (var cell in plan.Cells)
                await _counters.TrackAsync(cell, mayComeFromEvents: plan.Feature.Meter is not null);
            foreach (var counted in plan.Budgets.SelectMany(budget => budget.Cells))
                await _counters.TrackAsync(counted, mayComeFromEvents: true);
        }

        if (keys.Count > 0)
        {
            foreach (var (key, report) in await rows.FindReportsAsync(session, keys, cancellationToken))
                _reports[key] = report;
        }

        await _counters.LoadAsync(cancellationToken);
        foreach (var plan in plans.Where(plan => plan.Budgets.Count > 0))
            await _budgets.LoadAsync(plan, _counters.ValueAsync);
    }

    /// <summary>Folds one request's reports in, or says why all of them are refused.</summary>
    public async Task<Result<IReadOnlyList<UsageRecorded>>> AddAsync(
        OperationScope scope, IReadOnlyList<PlannedMeasurement> plans)
    {
        var undo = plans.SelectMany(plan => plan.Cells).Distinct().Select(cell => _counters[cell.Key])
            .ToDictionary(counter => counter, counter => counter.Snapshot());
        var from = _measurements.Count;
        var budgets = _budgets.Snapshot();
        var moves = _moves.Count;
        var answers = new List<UsageRecorded>(plans.Count);
        var growths = new List<decimal?>(plans.Count);
        foreach (var plan in plans)
        {
            // A repeated report stays without.
            _growth = null;
            if (!(await AddAsync(plan)).TryGet(out var recorded, out var refusal))
            {
                foreach (var (counter, snapshot) in undo)
                    counter.Restore(snapshot);
                _budgets.Restore(budgets);
                foreach (var added in _measurements.Skip(from))
                {
                    if (KeyOf(added.Plan) is { } key)
                        _reports.Remove(key);
                }

                _measurements.RemoveRange(from, _measurements.Count - from);
                _moves.RemoveRange(moves, _moves.Count - moves);
                return refusal;
            }

            answers.Add(recorded);
            growths.Add(_growth);
            if (plan.Budgets.Count > 0 && _measurements.Count > 0 && ReferenceEquals(_measurements[^1].Plan, plan))
                await _budgets.SpendAsync(scope, plan, _counters.ValueAsync);
        }

        for (var i = 0; i < plans.Count; i++)
            _burns.Add(scope, plans[i], growths[i], answers[i]);
        return answers;
    }

    /// <summary>After all requests: takes what they cost in credits and tells it in their answers.</summary>
    public Task BurnAsync(CancellationToken cancellationToken) => _burns.RunAsync(cancellationToken);

    /// <summary>When nothing was committed, or nobody knows.</summary>
    public void Doubt() => _burns.Doubt();

    /// <summary>Holds an amount, or says why it is denied. Soft limits and unlimited usage deny nothing.</summary>
    /// <param name="plan">The amount as a report of now.</param>
    /// <param name="reservation">What is made when there is room.</param>
    /// <param name="facts">What stands in the way before the limit is looked at.</param>
    /// <param name="entitlement">Null = the scope has none.</param>
    public async Task<Result<ReservationOutcome>> ReserveAsync(
        PlannedMeasurement plan, Reservation reservation, CheckFacts facts, CompiledEntitlement? entitlement)
    {
        // A soft currency has no price in the entitlement: it denies nothing.
        if (entitlement?.Credits is not null && reservation.Price is { } price)
            facts = facts with { AreCreditsInsufficient = !await _holds.CanPayAsync(plan.Scope, price) };
        var used = decimal.Max(await _counters.ValueAsync(plan.ReadCell.Key, plan.Current), 0);
        var held = _holds.HeldAt(plan.ReadCell.Key, plan.At);
        var taken = SoldUnits.Of(used + held + reservation.Amount, plan.Feature.UnitTransformation);
        var usage = SoldUnits.Of(used, plan.Feature.UnitTransformation);
        var outcome = EntitlementCheck.Evaluate(facts, entitlement?.Entitlement, taken, 0, []);
        if (!outcome.IsGranted)
            return new ReservationOutcome(null, outcome.DeniedReason, usage, held);
        _holds.Add(plan, reservation);
        return new ReservationOutcome(reservation, null, usage, held + reservation.Amount);
    }

    /// <summary>Ends a reservation as usage: <paramref name="plan"/> when there is any to report.</summary>
    public async Task<Result<Reservation>> SettleAsync(
        OperationScope scope, Guid id, decimal amount, PlannedMeasurement? plan, IReadOnlyList<UsageCell> cells)
    {
        var stored = await _holds.FindAsync(scope.EnvironmentId, id);
        if (!stored.Settle(amount, scope.Now).TryGet(out var settled, out var refusal)
            || ReferenceEquals(settled, stored))
        {
            return refusal ?? Result<Reservation>.Ok(stored);
        }

        if (plan is not null && (await AddAsync(scope, [plan])).Refusal is { } refused)
            return refused;
        _holds.End(scope.EnvironmentId, settled, cells);
        return settled;
    }

    public async Task<Result<Reservation>> ReleaseAsync(OperationScope scope, Guid id, IReadOnlyList<UsageCell> cells)
    {
        var stored = await _holds.FindAsync(scope.EnvironmentId, id);
        if (stored.Release(scope.Now).TryGet(out var released, out var refusal) && !ReferenceEquals(released, stored))
            _holds.End(scope.EnvironmentId, released, cells);
        return refusal ?? Result<Reservation>.Ok(released!);
    }

    /// <summary>After everything is written: what the reports crossed, as events of their requests.</summary>
    public Task<IReadOnlyList<(OperationScope Scope, DomainEvent Event)>> CrossingsAsync() =>
        _budgets.SettleAsync(_counters.ValueAsync);

    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        await rows.WriteAsync(session, _measurements, _counters.Changes, cancellationToken);
        await _counters.WriteReportsAsync();
        await _holds.WriteAsync();
    }

    /// <summary>After the commit: what was written is what checks see.</summary>
    public void Publish()
    {
        _burns.Publish();
        // Holds first: publishing counters gives the cell a new version.
        _holds.Publish();
        _counters.Publish();
    }

    /// <summary>Everything it published into.</summary>
    public IEnumerable<UsageCell> Cells => _counters.Cells.Union(_holds.Cells);

    private async Task<Result<UsageRecorded>> AddAsync(PlannedMeasurement plan)
    {
        var key = KeyOf(plan);
        if (key is { } known && _reports.TryGetValue(known, out var stored))
            return ReportReplay.Of(plan, stored);
        if (await AgedUsage.CheckAsync(session, plan.Scope, plan.At) is { } aged)
            return aged;
        var report = plan.Report;
        if (UsageFold.CheckValue(plan.Feature.Id, report.Behavior, report.Value) is { } badValue)
            return badValue;
        var counter = _counters[plan.ReadCell.Key];
        if (counter.IsFromEvents)
            return await AddMeteredAsync(plan, key);
        await counter.NeedAsync(plan.Current, _counters.LoadIntervalAsync);
        counter.DropBefore(plan.Current);
        await counter.NeedAsync(plan.Effective, _counters.LoadIntervalAsync);
        var before = counter.Counters[plan.Effective].Value;
        var current = counter.Counters[plan.Current].Value;
        foreach (var cell in plan.Cells)
        {
            await _counters.ApplyAsync(_counters[cell.Key], plan);
            _counters[cell.Key].TouchesPast |= plan.At < plan.Current.Start || _budgets.IsSettled(plan);
        }

        var after = counter.Counters[plan.Effective].Value;
        if (UsageFold.CheckUsage(plan.Feature.Id, report.Behavior, report.Value, before, after) is { } badUsage)
            return badUsage;
        // A correction gives nothing back, and a SET costs what it adds to the window.
        _growth = report.Behavior == UpdateBehavior.Set ? Raise(after - before) : report.Value;
        return Accept(plan, key, current, counter.Counters[plan.Current].Value);
    }

    /// <summary>
    /// A report of a feature that is counted from events: it adds to what the meter counts, a SET what is missing to
    /// it.
    /// </summary>
    private async Task<Result<UsageRecorded>> AddMeteredAsync(PlannedMeasurement plan, ReportKey? key)
    {
        var report = plan.Report;
        var before = await _counters.ValueAsync(plan.ReadCell.Key, plan.Effective);
        var current = await _counters.ValueAsync(plan.ReadCell.Key, plan.Current);
        var amount = report.Behavior == UpdateBehavior.Set ? report.Value - before : report.Value;
        if (UsageFold.CheckUsage(
            plan.Feature.Id, report.Behavior, report.Value, before, before + amount) is { } badUsage)
            return badUsage;
        foreach (var cell in plan.Cells)
            _counters[cell.Key].Reported.Add((plan.At, amount, report.Dimensions));
        _growth = report.Behavior == UpdateBehavior.Set ? Raise(amount) : amount;
        return Accept(plan, key, current, await _counters.ValueAsync(plan.ReadCell.Key, plan.Current));
    }

    /// <summary>
    /// The report counts: <paramref name="before"/> and after are the raw usage of the current window.
    /// </summary>
    private UsageRecorded Accept(PlannedMeasurement plan, ReportKey? key, decimal before, decimal after)
    {
        var report = plan.Report;
        // What the next check sees: a window that was counted otherwise when its reports came may hold less than 0.
        var usage = SoldUnits.Of(decimal.Max(after, 0), plan.Feature.UnitTransformation);
        var id = ReportIds.Next();
        _measurements.Add(new(plan, id, usage, report.Behavior == UpdateBehavior.Set ? _growth : null));
        _moves.Add(new(plan, before, after));
        if (key is { } claimed)
        {
            _reports[claimed] = new(
                id, report.Behavior, report.Value, report.CreatedAt is not null, plan.At, plan.RecordedAt,
                report.Dimensions, usage, plan.Shown);
        }

        return new UsageRecorded
        {
            Id = id,
            Report = report,
            Timestamp = plan.At,
            RecordedAt = plan.RecordedAt,
            CurrentUsage = usage,
            Window = plan.Shown,
        };
    }

    /// <summary>
    /// A SET tells what is; one that finds it so already is no use of anything, whatever a formula would say.
    /// </summary>
    private static decimal? Raise(decimal growth) => growth > 0 ? growth : null;

    private static ReportKey? KeyOf(PlannedMeasurement plan) => plan.Report.IdempotencyKey is { } key
        ? new(plan.ReadCell.Key with { Resource = plan.Report.ResourceId }, key)
        : null;
}
