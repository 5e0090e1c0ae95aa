using Tollgate.Modules.Accounts;
using Tollgate.Modules.Changes;
using Tollgate.Modules.Idempotency;
using Tollgate.Modules.Tasks;
using Tollgate.Storage;

namespace Tollgate.Server.Hosting;

/// <summary>Keeps environments, keys and clocks in memory as committed: at once when told, each second in any case.</summary>
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

/// <summary>Does in real time what falls due: trials end, periods renew, scheduled changes take effect.</summary>
public sealed class DueWorker(
    AccountDirectory directory, IEnumerable<IDueWork> dueWork, TimeProvider time, ILogger<Worker> logger)
    : Worker("due-work", TimeSpan.FromMilliseconds(500), time, logger)
{
    private readonly TimeProvider _time = time;

    protected override async Task StepAsync(CancellationToken stoppingToken)
    {
        foreach (var environment in directory.Environments)
        {
            foreach (var work in dueWork)
                await work.RunDueAsync(environment, environment.Now(_time), stoppingToken);
        }
    }
}

/// <summary>Does durable tasks, such as moving subscriptions to a version published for all customers.</summary>
public sealed class TaskWorker(TaskRunner runner, TimeProvider time, ILogger<Worker> logger)
    : Worker("tasks", TimeSpan.FromMilliseconds(250), time, logger)
{
    protected override Task StepAsync(CancellationToken stoppingToken) => runner.RunDueAsync(ComeRound, stoppingToken);
}

/// <summary>Forgets responses whose replay window has passed.</summary>
public sealed class IdempotencyWorker(IdempotencyStore store, TimeProvider time, ILogger<Worker> logger)
    : Worker("idempotency-retention", TimeSpan.FromMinutes(10), time, logger)
{
    protected override Task StepAsync(CancellationToken stoppingToken) => store.PurgeAsync(stoppingToken);
}
