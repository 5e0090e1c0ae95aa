using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Usage.Events;
using Tollgate.Modules.Usage.Reservations;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage;

/// <summary>
/// The reports of several requests on their way into one transaction: counters are folded here in order of arrival, each
/// request by itself taken whole or refused whole. Used by one flow of control, while the customers are locked.
/// </summary>
internal sealed class UsageGroup(
    Session session, IUsageRows rows, UsageStore store, BudgetSpending spending, UsageLevels levels, BurnCredits credits)
{
    private readonly GroupBurns _burns = new(session, credits);
    private readonly GroupBudgets _budgets = new(session, spending);
    private readonly Dictionary<UsageKey, KeyState> _keys = [];
    private readonly List<NewMeasurement> _measurements = [];
    private readonly Dictionary<ReportKey, StoredReport> _reports = [];
    private readonly GroupHolds _holds = new(session);
    private readonly Dictionary<EnvironmentId, MeterSet> _meters = [];

    /// <summary>By how much the last accepted report raised usage; 0 for a repeated one.</summary>
    private decimal _growth;
    private readonly List<UsageMove> _moves = [];

    /// <summary>How accepted reports moved the usage of the current window, in their order.</summary>
    public IReadOnlyList<UsageMove> Moves => _moves;

    public bool IsEmpty => _measurements.Count == 0 && _holds.IsEmpty;

    /// <summary>Brings in what the requests need: earlier reports under their keys, and the counters they touch.</summary>
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
                await TrackAsync(cell, mayComeFromEvents: plan.Feature.Meter is not null);
            foreach (var counted in plan.Budgets.SelectMany(budget => budget.Cells))
                await TrackAsync(counted, mayComeFromEvents: true);
        }

        if (keys.Count > 0)
        {
            foreach (var (key, report) in await rows.FindReportsAsync(session, keys, cancellationToken))
                _reports[key] = report;
        }

        // SQLite belongs to this process, so complete cells are the truth; PostgreSQL may have been written by others.
        var missing = _keys.Values
            .Where(state => session.Kind == DatabaseKind.PostgreSql || state.IsFromEvents || !state.Cell.IsComplete)
            .Select(state => state.Cell.Key)
            .ToArray();
        if (missing.Length > 0)
        {
            foreach (var (key, interval, counter) in await rows.LoadCountersAsync(session, missing, cancellationToken))
                _keys[key].Counters[interval] = counter;
        }

        foreach (var plan in plans.Where(plan => plan.Budgets.Count > 0))
            await _budgets.LoadAsync(plan, CounterAsync);
    }

    /// <summary>Folds one request's reports in, or says why all of them are refused.</summary>
    public async Task<Result<IReadOnlyList<UsageRecorded>>> AddAsync(
        OperationScope scope, IReadOnlyList<PlannedMeasurement> plans)
    {
        var undo = plans.SelectMany(plan => plan.Cells).Distinct().Select(cell => _keys[cell.Key]).ToDictionary(s => s, s => s.Snapshot());
        var from = _measurements.Count;
        var budgets = _budgets.Snapshot();
        var moves = _moves.Count;
        var answers = new List<UsageRecorded>(plans.Count);
        var growths = new List<decimal>(plans.Count);
        foreach (var plan in plans)
        {
            _growth = 0;
            if (!(await AddAsync(plan)).TryGet(out var recorded, out var refusal))
            {
                foreach (var (state, snapshot) in undo)
                    state.Restore(snapshot);
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
                await _budgets.SpendAsync(scope, plan, CounterAsync);
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
        PlannedMeasurement plan, Reservation reservation, CheckFacts facts, EffectiveEntitlement? entitlement)
    {
        var used = decimal.Max(await CounterAsync(plan.ReadCell.Key, plan.Current), 0);
        var held = _holds.HeldAt(plan.ReadCell.Key, plan.At);
        var taken = SoldUnits.Of(used + held + reservation.Amount, plan.Feature.UnitTransformation);
        var usage = SoldUnits.Of(used, plan.Feature.UnitTransformation);
        var outcome = EntitlementCheck.Evaluate(facts, entitlement, taken, 0, []);
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
        if (!stored.Settle(amount, scope.Now).TryGet(out var settled, out var refusal) || ReferenceEquals(settled, stored))
            return refusal ?? Result<Reservation>.Ok(stored);
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
        _budgets.SettleAsync(CounterAsync);

    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        await rows.WriteAsync(
            session, _measurements, [.. _keys.Values.SelectMany(state => state.Changes())], cancellationToken);
        foreach (var state in _keys.Values)
        {
            foreach (var (at, amount, dimensions) in state.Reported)
                await MeterReports.AddAsync(session, state.Cell.Key, at, amount, dimensions);
            // From here on it is what is stored.
            state.MarkStored();
        }

        await _holds.WriteAsync();
    }

    /// <summary>After the commit: what was written is what checks see.</summary>
    public void Publish()
    {
        _burns.Publish();
        // Holds first: publishing counters gives the cell a new version.
        _holds.Publish();
        foreach (var state in _keys.Values)
        {
            if (!state.IsFromEvents)
                state.Cell.Publish(state.Counters, state.CellVersion, state.TouchesPast);
            else if (state.IsReported)
                state.Cell.Doubt();
        }
    }

    /// <summary>Everything it published into.</summary>
    public IEnumerable<UsageCell> Cells =>
        _keys.Values.Where(state => !state.IsFromEvents || state.IsReported).Select(state => state.Cell).Union(_holds.Cells);

    private async Task<Result<UsageRecorded>> AddAsync(PlannedMeasurement plan)
    {
        var key = KeyOf(plan);
        if (key is { } known && _reports.TryGetValue(known, out var stored))
            return Replay(plan, stored);
        var report = plan.Report;
        if (UsageFold.CheckValue(plan.Feature.Id, report.Behavior, report.Value) is { } badValue)
            return badValue;
        var state = _keys[plan.ReadCell.Key];
        if (state.IsFromEvents)
            return await AddMeteredAsync(plan, key);
        await state.NeedAsync(plan.Current, LoadIntervalAsync);
        state.DropBefore(plan.Current);
        await state.NeedAsync(plan.Effective, LoadIntervalAsync);
        var before = state.Counters[plan.Effective].Value;
        var current = state.Counters[plan.Current].Value;
        foreach (var cell in plan.Cells)
        {
            await ApplyAsync(_keys[cell.Key], plan);
            _keys[cell.Key].TouchesPast |= plan.At < plan.Current.Start || _budgets.IsSettled(plan);
        }

        var after = state.Counters[plan.Effective].Value;
        if (UsageFold.CheckUsage(plan.Feature.Id, report.Behavior, report.Value, before, after) is { } badUsage)
            return badUsage;
        // A correction gives nothing back, and a SET costs what it adds to the window.
        _growth = report.Behavior == UpdateBehavior.Set ? after - before : report.Value;
        return Accept(plan, key, current, state.Counters[plan.Current].Value);
    }

    /// <summary>
    /// A report of a feature that is counted from events: it adds to what the meter counts, a SET what is missing to it.
    /// </summary>
    private async Task<Result<UsageRecorded>> AddMeteredAsync(PlannedMeasurement plan, ReportKey? key)
    {
        var report = plan.Report;
        var before = await CounterAsync(plan.ReadCell.Key, plan.Effective);
        var current = await CounterAsync(plan.ReadCell.Key, plan.Current);
        var amount = report.Behavior == UpdateBehavior.Set ? report.Value - before : report.Value;
        if (UsageFold.CheckUsage(plan.Feature.Id, report.Behavior, report.Value, before, before + amount) is { } badUsage)
            return badUsage;
        foreach (var cell in plan.Cells)
            _keys[cell.Key].Reported.Add((plan.At, amount, report.Dimensions));
        _growth = amount;
        return Accept(plan, key, current, await CounterAsync(plan.ReadCell.Key, plan.Current));
    }

    /// <summary>The report counts: <paramref name="before"/> and after are the raw usage of the current window.</summary>
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
                id, report.Behavior, report.Value, report.CreatedAt is not null, plan.At, plan.RecordedAt, report.Dimensions, usage,
                plan.Shown);
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

    /// <summary>Every counter of the key whose interval holds the instant moves, whichever plan it was made for.</summary>
    private async Task ApplyAsync(KeyState state, PlannedMeasurement plan)
    {
        foreach (var interval in state.Counters.Keys.Where(i => i.Contains(plan.At)).ToArray())
        {
            var step = state.Counters[interval].Apply(plan.Report.Behavior, plan.Report.Value, plan.At);
            state.Set(interval, step.NeedsRecount ? await RecountAsync(state.Cell.Key, interval, plan) : step.Counter);
        }

        state.Pending.Add(plan);
    }

    private async Task<UsageCounter> RecountAsync(UsageKey key, UsageWindow interval, PlannedMeasurement plan) =>
        UsageFold.Of([.. await AllAsync(key, interval), MeasurementOf(plan, long.MaxValue)]);

    private async Task<UsageCounter> LoadIntervalAsync(UsageKey key, UsageWindow interval) =>
        UsageFold.Of(await AllAsync(key, interval));

    /// <summary>What is stored, and what this group has accepted but not written yet, in order of arrival.</summary>
    private async Task<IReadOnlyList<Measurement>> AllAsync(UsageKey key, UsageWindow interval)
    {
        var stored = await store.MeasurementsAsync(session, key, interval);
        var arrival = long.MaxValue - _keys[key].Pending.Count;
        var pending = _keys[key].Pending
            .Select(plan => MeasurementOf(plan, arrival++))
            .Where(measurement => interval.Contains(measurement.At));
        return [.. stored, .. pending];
    }

    private static Measurement MeasurementOf(PlannedMeasurement plan, long arrival) =>
        new(plan.At, arrival, plan.Report.Behavior, plan.Report.Value);

    private static ReportKey? KeyOf(PlannedMeasurement plan) => plan.Report.IdempotencyKey is { } key
        ? new(plan.ReadCell.Key with { Resource = plan.Report.ResourceId }, key)
        : null;

    private static Result<UsageRecorded> Replay(PlannedMeasurement plan, StoredReport stored)
    {
        var report = plan.Report;
        var sameInstant = report.CreatedAt is { } at ? stored.IsDated && at == stored.At : !stored.IsDated;
        if (!sameInstant || report.Behavior != stored.Behavior || report.Value != stored.Value
            || !UsageDimensions.AreSame(report.Dimensions, stored.Dimensions))
        {
            return new Refusal(ErrorCode.DuplicatedEntityNotAllowed,
                $"The idempotencyKey '{report.IdempotencyKey}' of customer '{report.CustomerId}' and feature '{report.FeatureId}' "
                + $"was used for {Describe(stored.Behavior, stored.Value, stored.IsDated ? stored.At : null, stored.Dimensions)}; "
                + $"this report is {Describe(report.Behavior, report.Value, report.CreatedAt, report.Dimensions)}. "
                + "Send the same report again or use a new key.");
        }

        return new UsageRecorded
        {
            Id = stored.Id,
            Report = report,
            Timestamp = stored.At,
            RecordedAt = stored.RecordedAt,
            CurrentUsage = stored.Usage,
            Window = stored.Window,
        };
    }

    private static string Describe(UpdateBehavior behavior, decimal value, Instant? createdAt, string? dimensions) =>
        $"{behavior.ToString().ToUpperInvariant()} {value:0.#############################}"
        + (createdAt is null ? "" : $" at {createdAt}")
        + (dimensions is null ? "" : $" with {dimensions}");

    /// <summary>The counter of an interval as the group has it by now, kept from here on.</summary>
    private async Task<decimal> CounterAsync(UsageKey key, UsageWindow interval)
    {
        if (_keys[key] is { IsFromEvents: true } counted)
        {
            if (!counted.Stored.TryGetValue(interval, out var stored))
                counted.Stored[interval] = stored = (await levels.ReadStoredAsync(session, key, interval)).Value;
            return stored + counted.Reported.Where(report => interval.Contains(report.At)).Sum(report => report.Amount);
        }

        await _keys[key].NeedAsync(interval, LoadIntervalAsync);
        return _keys[key].Counters[interval].Value;
    }

    private async Task TrackAsync(UsageCell cell, bool mayComeFromEvents)
    {
        if (_keys.ContainsKey(cell.Key))
            return;
        var isFromEvents = mayComeFromEvents && (await MetersAsync(cell.Key.Environment)).Current(cell.Key.Feature) is not null;
        _keys.Add(cell.Key, new(cell, session.Kind, isFromEvents));
    }

    private async ValueTask<MeterSet> MetersAsync(EnvironmentId environment) =>
        _meters.TryGetValue(environment, out var known)
            ? known
            : _meters[environment] = await levels.MetersAsync(session, environment);

    /// <summary>The counters of one key while the group runs.</summary>
    private sealed class KeyState
    {
        private HashSet<UsageWindow> _changed = [];
        private HashSet<UsageWindow> _dropped = [];

        public KeyState(UsageCell cell, DatabaseKind kind, bool isFromEvents)
        {
            Cell = cell;
            IsFromEvents = isFromEvents;
            CellVersion = cell.Version;
            if (kind == DatabaseKind.Sqlite && cell.IsComplete && !isFromEvents)
                Counters = cell.Windows.ToDictionary(w => w.Window, w => w.Counter);
        }

        public UsageCell Cell { get; }

        /// <summary>What checks read comes from events and is another writer's: the cell is not filled from reports.</summary>
        public bool IsFromEvents { get; }

        /// <summary>Taken while the customer is locked, before its counters are read.</summary>
        public long CellVersion { get; }

        public Dictionary<UsageWindow, UsageCounter> Counters { get; private set; } = [];

        /// <summary>What the meter and earlier reports come to, of a feature that is counted from events.</summary>
        public Dictionary<UsageWindow, decimal> Stored { get; } = [];

        /// <summary>What the group reports of such a feature and has not written yet.</summary>
        public List<(Instant At, decimal Amount, string? Dimensions)> Reported { get; } = [];

        /// <summary>Reports of such a feature were written: the cell is read again.</summary>
        public bool IsReported { get; private set; }

        public void MarkStored()
        {
            IsReported |= Reported.Count > 0;
            Reported.Clear();
            Stored.Clear();
        }

        /// <summary>Reports dated before the running windows came in: a promise too many does no harm.</summary>
        public bool TouchesPast { get; set; }

        /// <summary>Accepted reports of this group that count here, in order of arrival.</summary>
        public List<PlannedMeasurement> Pending { get; } = [];

        /// <summary>Makes sure that the interval has a counter.</summary>
        public async Task NeedAsync(UsageWindow interval, Func<UsageKey, UsageWindow, Task<UsageCounter>> load)
        {
            if (!Counters.ContainsKey(interval))
                Set(interval, await load(Cell.Key, interval));
        }

        /// <summary>Counters of windows that are over are no longer kept: a late report counts its window anew.</summary>
        public void DropBefore(UsageWindow current)
        {
            foreach (var over in Counters.Keys.Where(i => i.End <= current.Start).ToArray())
            {
                Counters.Remove(over);
                _changed.Remove(over);
                _dropped.Add(over);
            }
        }

        public void Set(UsageWindow interval, UsageCounter counter)
        {
            Counters[interval] = counter;
            _changed.Add(interval);
            _dropped.Remove(interval);
        }

        public IEnumerable<ChangedCounter> Changes() => _changed
            .Select(interval => new ChangedCounter(Cell.Key, interval, Counters[interval]))
            .Concat(_dropped.Select(interval => new ChangedCounter(Cell.Key, interval, null)));

        public (Dictionary<UsageWindow, UsageCounter>, HashSet<UsageWindow>, HashSet<UsageWindow>, int, int) Snapshot() =>
            (new(Counters), [.. _changed], [.. _dropped], Pending.Count, Reported.Count);

        public void Restore(
            (Dictionary<UsageWindow, UsageCounter> Counters, HashSet<UsageWindow> Changed, HashSet<UsageWindow> Dropped, int Pending,
                int Reported) snapshot)
        {
            Counters = snapshot.Counters;
            _changed = snapshot.Changed;
            _dropped = snapshot.Dropped;
            Pending.RemoveRange(snapshot.Pending, Pending.Count - snapshot.Pending);
            Reported.RemoveRange(snapshot.Reported, Reported.Count - snapshot.Reported);
        }
    }
}
