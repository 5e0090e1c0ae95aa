using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Idempotency;
using Tollgate.Storage;

namespace Tollgate.Modules.GroupCommit;

/// <summary>
/// Group commit: one reader drains whatever is queued into one transaction, makes it durable once for all and answers
/// each caller. Nothing waits on purpose: a group is what arrived while the last one was written.
/// </summary>
internal sealed partial class GroupQueue<TRequest>(GroupLimits limits, ILogger logger)
    where TRequest : GroupRequest
{
    private readonly Channel<TRequest> _waiting = Channel.CreateBounded<TRequest>(
        new BoundedChannelOptions(limits.Waiting) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    /// <summary>
    /// Returns when the request waits for its group. From then on it is written whatever the caller does.
    /// </summary>
    /// <param name="request">What to write.</param>
    /// <param name="cancellationToken">Ends the wait for room.</param>
    /// <exception cref="DatabaseUnavailableException">The server is stopping.</exception>
    public async ValueTask AddAsync(TRequest request, CancellationToken cancellationToken)
    {
        try
        {
            if (!_waiting.Writer.TryWrite(request))
                await _waiting.Writer.WriteAsync(request, cancellationToken);
        }
        catch (ChannelClosedException exception)
        {
            throw new DatabaseUnavailableException("The server is stopping; nothing was recorded.", exception);
        }
    }

    /// <summary>Writes groups until the server stops; what waits by then is still written.</summary>
    /// <param name="write">
    /// Writes a group in one transaction, sets each request's answer and publishes what is durable. When it throws
    /// every caller is told so, and what it keeps in memory about the group has been doubted by then: a commit that
    /// answered nothing may have happened all the same.
    /// </param>
    /// <param name="stopping">Takes no more requests.</param>
    public async Task RunAsync(Func<IReadOnlyList<TRequest>, Task> write, CancellationToken stopping)
    {
        await Task.Yield();
        await using var closing = stopping.Register(() => _waiting.Writer.TryComplete());
        var group = new List<TRequest>();
        while (await _waiting.Reader.WaitToReadAsync(CancellationToken.None))
        {
            while (Collect(group))
            {
                await RunAsync(write, group);
                group.Clear();
            }
        }
    }

    private bool Collect(List<TRequest> group)
    {
        var items = 0;
        var customers = new HashSet<CustomerKey>();
        while (group.Count < limits.Requests && _waiting.Reader.TryPeek(out var next))
        {
            items += next.Items;
            next.AddCustomers(customers);
            if (group.Count > 0 && (next.IsAlone || items > limits.Items || customers.Count > limits.Customers))
                break;
            _waiting.Reader.TryRead(out _);
            group.Add(next);
            if (next.IsAlone)
                break;
        }

        return group.Count > 0;
    }

    private async Task RunAsync(Func<IReadOnlyList<TRequest>, Task> write, List<TRequest> group)
    {
        try
        {
            await write(group);
            Tell(group, request => request.Tell());
        }
        catch (GroupFaultException) when (group.Count > 1)
        {
            // One of them is at fault and must not take the others with it: alone, only that one fails.
            foreach (var request in group)
            {
                request.Again();
                await RunAsync(write, [request]);
            }
        }
        catch (Exception caught)
        {
            var exception = caught is GroupFaultException { InnerException: { } fault } ? fault : caught;
            if (exception is not (DatabaseUnavailableException or IdempotencyRaceException))
                LogGroupFailed(logger, exception, group.Count);
            Tell(group, request => request.Fail(exception));
        }
    }

    /// <summary>
    /// Elsewhere, because the writer's time is everybody's, and one after the other, because waking a thread for each
    /// caller costs more than answering it.
    /// </summary>
    private static void Tell(List<TRequest> group, Action<TRequest> tell)
    {
        // A copy, because the list holds the next group by then.
        var requests = group.ToArray();
        ThreadPool.UnsafeQueueUserWorkItem(_ => Array.ForEach(requests, tell), null);
    }

    [LoggerMessage(4001, LogLevel.Error, "A group of {Count} requests could not be written; their callers were told")]
    private static partial void LogGroupFailed(ILogger logger, Exception exception, int count);
}
