using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Tollgate.Testing;

/// <summary>
/// Waits for a condition of another process or of a background worker of this one, polling in real time. Never for something
/// that a test clock decides: move that clock instead.
/// </summary>
public static class Eventually
{
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMilliseconds(250);

    public static Task TrueAsync(
        Func<bool> condition,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default,
        [CallerArgumentExpression(nameof(condition))] string expected = "")
        => TrueAsync(() => Task.FromResult(condition()), timeout, cancellationToken, expected);

    /// <exception cref="TimeoutException">The condition was still false, or still threw, after the timeout.</exception>
    public static async Task TrueAsync(
        Func<Task<bool>> condition,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default,
        [CallerArgumentExpression(nameof(condition))] string expected = "")
    {
        var limit = timeout ?? DefaultTimeout;
        var started = Stopwatch.GetTimestamp();
        var delay = FirstDelay;
        while (true)
        {
            Exception? failure = null;
            try
            {
                if (await condition())
                {
                    return;
                }
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // "Connection refused" is an ordinary state of a server that is starting.
                failure = exception;
            }
            if (Stopwatch.GetElapsedTime(started) >= limit)
            {
                throw new TimeoutException($"Not true within {limit.TotalSeconds:0.#} s: {expected}", failure);
            }
            await Task.Delay(delay, cancellationToken);
            delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
        }
    }
}
