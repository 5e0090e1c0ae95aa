using System.Globalization;
using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Subscriptions.Bills;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Retention;

/// <summary>
/// Removes usage that is older than an environment keeps it (spec entitlements-and-usage 8.2), a month at a time, so
/// that what is left counts as before. First the months are closed: nothing dated in them is taken or changed from then
/// on. Then their events and reports are summed up, then the sums are read instead of them, and then they go. Each step
/// can be done again after a crash or by two nodes at a time.
/// </summary>
internal sealed class RetainUsage(
    Database database, AccountDirectory directory, EventReader reader, EventMonths months, TimeProvider time) : IDueWork
{
    /// <summary>Customers, or senders, whose progress is noted together.</summary>
    private const int NotedTogether = 20;

    private readonly SumEvents _events = new(database, reader);
    private readonly SumReports _reports = new(database);
    private readonly RemoveEvents _removal = new(database);
    private readonly ClosedMonths _months = new(database, directory, time);

    /// <summary>One round at a time in this process: the worker's, and that of a clock that is moved.</summary>
    private readonly SemaphoreSlim _running = new(1, 1);

    public bool MayWait => true;

    public Task<Instant?> NextDueAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        database.ReadAsync((session, _) => NextDueAsync(session, environment), cancellationToken);

    public Task<int> RunDueAsync(AccountEnvironment environment, Instant until, CancellationToken cancellationToken) =>
        RunSomeDueAsync(environment, until, int.MaxValue, cancellationToken);

    public async Task<int> RunSomeDueAsync(
        AccountEnvironment environment, Instant until, int most, CancellationToken cancellationToken)
    {
        await _running.WaitAsync(cancellationToken);
        try
        {
            var done = 0;
            while (done < most && await NextDueAsync(environment.Id, cancellationToken) is { } due && due <= until)
                done += Math.Max(1, await StepAsync(environment, until, cancellationToken));
            return done;
        }
        finally
        {
            _running.Release();
        }
    }

    /// <summary>
    /// An environment that is younger than it keeps usage has nothing to remove, however old what is sent to it.
    /// </summary>
    private async Task<Instant?> NextDueAsync(Session session, EnvironmentId environment)
    {
        var state = await RetentionStore.FindAsync(session, environment);
        if (state is { Step: not RetentionStep.Idle })
            return state.StartedAt;
        if (state?.DueAt is { } due)
            return due;
        return state?.ClosedAt is null && !await RetentionStore.HasUsageAsync(session, environment)
            ? null
            : (state ?? RetentionStore.Initial).DueFor(directory.Get(environment));
    }

    private async Task<int> StepAsync(AccountEnvironment environment, Instant now, CancellationToken cancellationToken)
    {
        var state = await database.ReadAsync(
            (session, _) => RetentionStore.FindAsync(session, environment.Id), cancellationToken) ?? RetentionStore.Initial;
        switch (state.Step)
        {
            case RetentionStep.Idle:
                await CloseAsync(environment.Id, now, cancellationToken);
                return 1;
            case RetentionStep.SumEvents:
                return await SumEventsAsync(environment.Id, state, cancellationToken);
            case RetentionStep.SumReports:
                return await SumReportsAsync(environment.Id, state, cancellationToken);
            case RetentionStep.Remove:
                return await RemoveAsync(environment, state, now, cancellationToken);
            default:
                throw new InvalidOperationException($"The step {state.Step} of environment {environment.Id.Value} is not known.");
        }
    }

    /// <summary>
    /// Alone among those who store, correct, close and revert events: what they began is stored by then, and what they
    /// begin after it sees the horizon. What a bill has still to measure is waited for.
    /// </summary>
    private Task CloseAsync(EnvironmentId environment, Instant now, CancellationToken cancellationToken) => database.WriteAsync(
        [EventLocks.Meters(environment), RetentionStore.Lock(environment)],
        async (session, _) =>
        {
            var state = await RetentionStore.FindAsync(session, environment) ?? RetentionStore.Initial;
            if (state.Step != RetentionStep.Idle || await NextDueAsync(session, environment) is not { } due || due > now)
                return false;
            var horizon = RetentionMonths.Horizon(now, state.UsageDays);
            if (await BilledUsage.EarliestMarkedAsync(session, environment) is { } marked && marked < horizon)
                horizon = RetentionMonths.StartOf(marked);
            if (horizon <= state.ClosedAt)
            {
                await RetentionStore.SaveAsync(session, environment, state with { DueAt = now + Duration.FromDays(1) });
                return true;
            }

            await BilledUsage.FinishAsync(session, environment, horizon);
            await RetentionStore.SaveAsync(session, environment, state with
            {
                DueAt = null,
                ClosedAt = horizon,
                Step = RetentionStep.SumEvents,
                Position = "",
                Meters = await SumEvents.MetersAsync(session, environment),
                StartedAt = now,
                FinishedAt = null,
                Events = 0,
                Reports = 0,
                Months = 0,
            });
            await MovedHorizonAsync(session, environment);
            return true;
        },
        cancellationToken);

    private async Task<int> SumEventsAsync(
        EnvironmentId environment, RetentionState state, CancellationToken cancellationToken)
    {
        var customers = await _events.CustomersAsync(environment, state.Position, NotedTogether, cancellationToken);
        foreach (var customer in customers)
            await _events.ExecuteAsync(environment, new(customer), state, cancellationToken);
        if (customers.Count > 0)
        {
            await NoteAsync(environment, state, now => now with { Position = customers[^1] }, cancellationToken);
            return customers.Count;
        }

        await database.WriteAsync(
            [EventLocks.Meters(environment), RetentionStore.Lock(environment)],
            async (session, _) =>
            {
                if (await FindAsync(session, environment, state) is not { } current)
                    return false;
                await RetentionStore.SaveAsync(session, environment, current with
                {
                    SummedAt = current.ClosedAt,
                    Step = RetentionStep.SumReports,
                    Position = "",
                });
                await MovedHorizonAsync(session, environment);
                return true;
            },
            cancellationToken);
        return 1;
    }

    private async Task<int> SumReportsAsync(
        EnvironmentId environment, RetentionState state, CancellationToken cancellationToken)
    {
        var (customers, removed, position) = (0, 0L, state.Position);
        while (customers < NotedTogether
            && await _reports.NextCustomerAsync(environment, position, cancellationToken) is { } customer)
        {
            removed += await _reports.ExecuteAsync(environment, new(customer), state.ClosedAt!.Value, cancellationToken);
            position = customer;
            customers++;
        }

        await NoteAsync(
            environment,
            state,
            now => customers > 0
                ? now with { Position = position, Reports = now.Reports + removed }
                : now with { Position = "", Step = RetentionStep.Remove },
            cancellationToken);
        return customers;
    }

    private async Task<int> RemoveAsync(
        AccountEnvironment environment, RetentionState state, Instant now, CancellationToken cancellationToken)
    {
        var horizon = state.ClosedAt!.Value;
        var byMonth = database.Kind == DatabaseKind.PostgreSql && await _months.GoAsWholeAsync(environment.Id, horizon, cancellationToken);
        var senders = await _removal.SendersAsync(environment.Id, state.Position, NotedTogether, cancellationToken);
        var removed = 0L;
        foreach (var sender in senders)
            removed += await _removal.ExecuteAsync(sender, horizon, withEvents: !byMonth, cancellationToken);
        if (senders.Count > 0)
        {
            var position = senders[^1].ToString(CultureInfo.InvariantCulture);
            await NoteAsync(
                environment.Id, state, current => current with { Position = position, Events = current.Events + removed },
                cancellationToken);
            return senders.Count;
        }

        var dropped = (Months: 0, Events: 0L);
        if (database.Kind == DatabaseKind.PostgreSql && await _months.CloseAsync(cancellationToken) is { } gone)
            dropped = await months.DropBeforeAsync(gone, cancellationToken);
        await NoteAsync(
            environment.Id,
            state,
            current => current with
            {
                RemovedAt = horizon,
                Step = RetentionStep.Idle,
                Position = "",
                DueAt = null,
                FinishedAt = now,
                Events = current.Events + dropped.Events,
                Months = dropped.Months,
            },
            cancellationToken);
        return 1;
    }

    /// <summary>Notes progress, unless another node has got further meanwhile.</summary>
    private Task NoteAsync(
        EnvironmentId environment, RetentionState began, Func<RetentionState, RetentionState> change,
        CancellationToken cancellationToken) => database.WriteAsync(
        [RetentionStore.Lock(environment)],
        async (session, _) =>
        {
            if (await FindAsync(session, environment, began) is not { } current)
                return false;
            await RetentionStore.SaveAsync(session, environment, change(current));
            return true;
        },
        cancellationToken);

    /// <summary>The state when it is still where a step began.</summary>
    private static async Task<RetentionState?> FindAsync(Session session, EnvironmentId environment, RetentionState began) =>
        await RetentionStore.FindAsync(session, environment) is { } current
            && (current.Step, current.Position, current.ClosedAt) == (began.Step, began.Position, began.ClosedAt)
                ? current
                : null;

    /// <summary>Whoever counts learns of the horizon with the meters.</summary>
    private static Task<int> MovedHorizonAsync(Session session, EnvironmentId environment) => session.Connection.ExecuteAsync(
        """
        INSERT INTO meter_sets (environment_id, version) VALUES (@environment, 1)
        ON CONFLICT (environment_id) DO UPDATE SET version = meter_sets.version + 1
        """,
        new { environment = environment.Value },
        session.Transaction);
}
