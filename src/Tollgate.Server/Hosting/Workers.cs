using NodaTime;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Changes;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Idempotency;
using Tollgate.Modules.Tasks;
using Tollgate.Modules.Usage.Events.Retention;
using Tollgate.Storage;

namespace Tollgate.Server.Hosting;

/// <summary>
/// Keeps environments, keys and clocks in memory as committed: at once when told, each second in any case.
/// </summary>
public sealed class AccountDirectoryWorker(
    AccountDirectory directory, Database database, TimeProvider time, ILogger<Worker> logger)
    : Worker("account-directory", TimeSpan.FromMilliseconds(100), time, logger)
{
    private readonly TimeProvider _time = time;
    private long _lastReload = time.GetTimestamp();

    protected override async Task StepAsync(CancellationToken stoppingToken)
    {
        var poll = database.Kind == DatabaseKind.PostgreSql && _time.GetElapsedTime(_lastReload) >= TimeSpan.FromSeconds(1);
        if (!directory.IsStale && !poll)
            return;
        await directory.ReloadAsync(stoppingToken);
        _lastReload = _time.GetTimestamp();
    }
}

/// <summary>Hears what other nodes committed.</summary>
public sealed class ChangeFeedWorker(ChangeFeed feed, Database database) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            await feed.RunAsync(database, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }
}

/// <summary>
/// Does in real time what falls due: trials end, periods renew, scheduled changes take effect. A night in which many
/// periods end takes long: it is done some customers at a time, so that health sees the loop alive and how late it is.
/// </summary>
public sealed class DueWorker(
    AccountDirectory directory, IEnumerable<IDueWork> dueWork, TimeProvider time, ILogger<Worker> logger)
    : DueLoop("due-work", directory, dueWork.Where(work => work is { CallsOthers: false, MayWait: false }), time, logger);

/// <summary>The same for what waits for other systems, so that nothing else waits for them.</summary>
public sealed class ProviderWorker(
    AccountDirectory directory, IEnumerable<IDueWork> dueWork, TimeProvider time, ILogger<Worker> logger)
    : DueLoop("provider-sync", directory, dueWork.Where(work => work.CallsOthers), time, logger);

/// <summary>Removes what is no longer kept. It may take its time, so that how late it is says nothing.</summary>
public sealed class RetentionWorker(
    AccountDirectory directory, IEnumerable<IDueWork> dueWork, TimeProvider time, ILogger<Worker> logger)
    : DueLoop("retention", directory, dueWork.Where(work => work.MayWait), time, logger, TimeSpan.FromMinutes(10))
{
    public override TimeSpan? DueLag => null;
}

/// <summary>Does due work, environment by environment.</summary>
/// <param name="name">Of the loop.</param>
/// <param name="directory">The environments.</param>
/// <param name="dueWork">What to do in each.</param>
/// <param name="time">The clock of the process.</param>
/// <param name="logger">Where faults go.</param>
/// <param name="interval">Between two rounds; null = half a second.</param>
public abstract class DueLoop(
    string name, AccountDirectory directory, IEnumerable<IDueWork> dueWork, TimeProvider time, ILogger<Worker> logger,
    TimeSpan? interval = null)
    : Worker(name, interval ?? TimeSpan.FromMilliseconds(500), time, logger)
{
    private const int CustomersAtATime = 200;

    private readonly IReadOnlyList<IDueWork> _dueWork = [.. dueWork];
    private readonly TimeProvider _time = time;
    private long _dueLag;

    public override TimeSpan? DueLag => TimeSpan.FromMilliseconds(Interlocked.Read(ref _dueLag));

    /// <exception cref="AggregateException">Some work failed; all other work was done.</exception>
    protected override async Task StepAsync(CancellationToken stoppingToken)
    {
        bool isAnyDone;
        var failures = new List<Exception>();
        do
        {
            isAnyDone = false;
            failures.Clear();
            var latest = Duration.Zero;
            foreach (var environment in directory.Environments)
            {
                foreach (var work in _dueWork)
                {
                    var now = environment.Now(_time);
                    if (await work.NextDueAsync(environment.Id, stoppingToken) is not { } due || due > now)
                        continue;
                    latest = Duration.Max(latest, now - due);
                    Interlocked.Exchange(ref _dueLag, (long)latest.TotalMilliseconds);
                    try
                    {
                        isAnyDone |= await work.RunSomeDueAsync(environment, now, CustomersAtATime, stoppingToken) > 0;
                    }
                    catch (AggregateException failed)
                    {
                        failures.Add(failed);
                    }

                    Beat();
                }
            }

            Interlocked.Exchange(ref _dueLag, (long)latest.TotalMilliseconds);
        }
        while (isAnyDone);

        if (failures.Count > 0)
            throw new AggregateException(failures[0].Message, failures);
    }
}

/// <summary>Does durable tasks, such as moving subscriptions to a version published for all customers.</summary>
public sealed class TaskWorker(TaskRunner runner, TimeProvider time, ILogger<Worker> logger)
    : Worker("tasks", TimeSpan.FromMilliseconds(250), time, logger)
{
    protected override Task StepAsync(CancellationToken stoppingToken) => runner.RunDueAsync(Beat, stoppingToken);
}

/// <summary>Forgets responses whose replay window has passed.</summary>
public sealed class IdempotencyWorker(IdempotencyStore store, TimeProvider time, ILogger<Worker> logger)
    : Worker("idempotency-retention", TimeSpan.FromMinutes(10), time, logger)
{
    protected override Task StepAsync(CancellationToken stoppingToken) => store.PurgeAsync(stoppingToken);
}

/// <summary>
/// Proves the credit books of every environment once an hour. A fault is logged as an error and shown by health as the
/// fault of this loop until a later audit finds the books right.
/// </summary>
public sealed class CreditAuditWorker(
    AccountDirectory directory, AuditCredits audit, TimeProvider time, ILogger<Worker> logger)
    : Worker("credit-audit", TimeSpan.FromHours(1), time, logger)
{
    /// <exception cref="InvalidOperationException">The books of an environment are wrong.</exception>
    protected override async Task StepAsync(CancellationToken stoppingToken)
    {
        var faults = new List<string>();
        foreach (var environment in directory.Environments)
        {
            var found = await audit.ExecuteAsync(environment.Id, stoppingToken);
            Beat();
            if (found.FaultCount > 0)
                faults.Add($"Environment '{environment.Name}': {found.FaultCount} faults, the first: {found.Faults[0]}");
        }

        if (faults.Count > 0)
            throw new InvalidOperationException($"The credit books are wrong. {string.Join(" ", faults)}");
    }
}

/// <summary>
/// Makes the months of the near future before their first event comes, by the clock of each environment, and packs those that
/// are over.
/// </summary>
public sealed class EventMonthsWorker(
    AccountDirectory directory, EventMonths months, TightenMonths tighten, TimeProvider time, ILogger<Worker> logger)
    : Worker("event-months", TimeSpan.FromHours(1), time, logger)
{
    private readonly TimeProvider _time = time;

    protected override async Task StepAsync(CancellationToken stoppingToken)
    {
        foreach (var environment in directory.Environments)
            await months.PrepareAsync(environment.Now(_time), stoppingToken);
        await tighten.RunAsync(Instant.FromDateTimeOffset(_time.GetUtcNow()), stoppingToken);
    }
}
