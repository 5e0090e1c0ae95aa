using Tollgate.Storage;

namespace Tollgate.Server.Hosting;

/// <summary>
/// A background loop that survives its own failures: runs a step, waits, repeats. Its pulse says when it last came
/// round, so health can tell a loop that hangs from one that idles.
/// </summary>
public abstract partial class Worker(string name, TimeSpan interval, TimeProvider time, ILogger<Worker> logger)
    : BackgroundService
{
    private long _lastRound = time.GetTimestamp();
    private volatile string? _lastFault;

    public string Name { get; } = name;

    /// <summary>How long ago the last round ended.</summary>
    public TimeSpan Lag => time.GetElapsedTime(Interlocked.Read(ref _lastRound));

    /// <summary>What went wrong in the last round; null when nothing did.</summary>
    public string? LastFault => _lastFault;

    /// <summary>A loop is alive while its rounds end well within this many intervals.</summary>
    public bool IsAlive => Lag < interval + TimeSpan.FromSeconds(30);

    /// <summary>How late the work of the environment that waits longest is; null for loops without due work.</summary>
    public virtual TimeSpan? DueLag => null;

    /// <summary>Says that the loop lives, in the middle of a round that takes long.</summary>
    protected void Beat() => Interlocked.Exchange(ref _lastRound, time.GetTimestamp());

    protected abstract Task StepAsync(CancellationToken stoppingToken);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Off the start-up path: the first step may complete synchronously for long.
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await StepAsync(stoppingToken);
                _lastFault = null;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (DatabaseUnavailableException exception)
            {
                _lastFault = exception.Message;
                LogUnavailable(Name, exception.Message);
            }
            catch (Exception exception)
            {
                _lastFault = exception.Message;
                LogFault(exception, Name);
            }

            Beat();
            try
            {
                await Task.Delay(interval, time, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    [LoggerMessage(1001, LogLevel.Warning, "Worker {Worker} waits for the database: {Reason}")]
    private partial void LogUnavailable(string worker, string reason);

    [LoggerMessage(1002, LogLevel.Error, "Worker {Worker} failed a round and goes on")]
    private partial void LogFault(Exception exception, string worker);
}
