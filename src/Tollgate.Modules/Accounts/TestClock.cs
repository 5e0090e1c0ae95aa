using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Storage;

namespace Tollgate.Modules.Accounts;

/// <summary>Work that falls due by time alone. Slices that have such work implement it.</summary>
public interface IDueWork
{
    /// <summary>It waits for other systems, so nothing else may wait for it.</summary>
    bool CallsOthers => false;

    /// <summary>Nobody notices when it is done minutes late, and it may take long.</summary>
    bool MayWait => false;

    /// <summary>The earliest instant at which something is due in the environment, or null.</summary>
    Task<Instant?> NextDueAsync(EnvironmentId environment, CancellationToken cancellationToken);

    /// <summary>
    /// Does everything due up to and including <paramref name="until"/>, in time order; how many changes were made.
    /// </summary>
    Task<int> RunDueAsync(AccountEnvironment environment, Instant until, CancellationToken cancellationToken);

    /// <summary>
    /// Like <see cref="RunDueAsync"/>, but may stop after <paramref name="most"/> customers with the rest still due:
    /// for a caller that has to show that it lives.
    /// </summary>
    Task<int> RunSomeDueAsync(
        AccountEnvironment environment, Instant until, int most, CancellationToken cancellationToken) =>
        RunDueAsync(environment, until, cancellationToken);
}

/// <summary>What the clock of an environment shows.</summary>
public sealed record ClockReading(Instant Now, bool Frozen);

/// <summary>
/// Moves the clock of an environment forward and runs what falls due on the way, instant by instant, so that months
/// pass in the order they would. Production environments know only real time.
/// </summary>
public sealed class TestClock(
    Database database, AccountDirectory directory, IEnumerable<IDueWork> dueWork, Changes.ChangeFeed changes,
    TimeProvider time)
{
    private readonly AccountsStore _store = new();
    private readonly SemaphoreSlim _moving = new(1, 1);

    public ClockReading Read(OperationScope scope)
    {
        var environment = directory.Get(scope.EnvironmentId);
        return new(environment.Now(time), environment.Clock.IsFrozen);
    }

    /// <summary>
    /// Moves to <paramref name="target"/> of the current instant. <paramref name="frozen"/>: true stops the clock
    /// there, false lets it run on, null keeps a frozen clock frozen and a running one running.
    /// </summary>
    public async Task<Result<ClockReading>> AdvanceAsync(
        OperationScope scope, Func<Instant, Result<Instant>> target, bool? frozen, CancellationToken cancellationToken)
    {
        if (scope.Environment.Kind == EnvironmentKind.Production)
        {
            return new Refusal(ErrorCode.AccessDeniedError,
                $"The environment '{scope.Environment.Name}' is a production environment; its clock is real time. "
                + "Use a development environment to move time.");
        }

        await _moving.WaitAsync(cancellationToken);
        try
        {
            var start = directory.Get(scope.EnvironmentId);
            var now = start.Now(time);
            if (!target(now).TryGet(out var to, out var refusal))
                return refusal;
            if (to < now)
            {
                return new Refusal(ErrorCode.InvalidArgumentError,
                    $"to is {to}, before the current instant {now} of this environment; "
                    + "the clock never goes backwards.");
            }

            await RunUntilAsync(start, to, cancellationToken);
            var clock = EnvironmentClock.Showing(to, RealNow(), frozen ?? start.Clock.IsFrozen);
            await SaveAsync(start.Id, clock, cancellationToken);
            return new ClockReading(to, clock.IsFrozen);
        }
        finally
        {
            // After a fault the stored clock shows again; what was done on the way stays done.
            directory.ForgetMovingClock(scope.EnvironmentId);
            await directory.ReloadAsync(CancellationToken.None);
            _moving.Release();
        }
    }

    private async Task RunUntilAsync(AccountEnvironment environment, Instant to, CancellationToken cancellationToken)
    {
        while (await NextDueAsync(environment.Id, cancellationToken) is { } due && due <= to)
        {
            var shown = Instant.Max(due, directory.Now(environment.Id));
            var standing = EnvironmentClock.Showing(shown, RealNow(), frozen: true);
            directory.ShowClock(environment.Id, standing);
            var done = 0;
            foreach (var work in dueWork)
                done += await work.RunDueAsync(environment with { Clock = standing }, shown, cancellationToken);
            // The host's worker sees the moving clock too and may have been first.
            if (done == 0 && await NextDueAsync(environment.Id, cancellationToken) is { } still && still <= shown)
                throw new InvalidOperationException($"Work due at {due} in {environment.Name} was not done.");
        }
    }

    private async Task<Instant?> NextDueAsync(EnvironmentId environment, CancellationToken cancellationToken)
    {
        Instant? next = null;
        foreach (var work in dueWork)
        {
            if (await work.NextDueAsync(environment, cancellationToken) is { } due && (next is null || due < next))
                next = due;
        }

        return next;
    }

    private async Task SaveAsync(EnvironmentId environment, EnvironmentClock clock, CancellationToken cancellationToken)
    {
        Changes.Change[] notice = [new(Changes.ChangeKind.Accounts, environment, null)];
        await database.WriteAsync(
            [],
            async (session, token) =>
            {
                await _store.UpdateClockAsync(session, environment, clock);
                await changes.NotifyAsync(session, notice, token);
                return true;
            },
            cancellationToken);
        changes.Dispatch(notice);
    }

    private long RealNow() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
