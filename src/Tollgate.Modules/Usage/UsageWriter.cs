using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Changes;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.GroupCommit;
using Tollgate.Modules.Idempotency;
using Tollgate.Modules.Usage.Events;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage;

/// <summary>
/// Group commit of usage reports: one transaction stores them, moves the counters and burns credits, then the new
/// levels are published and each caller answered.
/// </summary>
public sealed class UsageWriter : BackgroundService
{
    private readonly GroupQueue<UsageRequest> _queue;
    private readonly UsageStore _store = new();
    private readonly Database _database;
    private readonly IdempotencyStore _idempotency;
    private readonly ChangeFeed _changes;
    private readonly UsageLevels _levels;
    private readonly IUsageRows _rows;
    private readonly BudgetSpending _spending;
    private readonly AppendEvents _events;
    private readonly BurnCredits _credits;
    private readonly HoldCredits _creditHolds;
    private readonly UsageNotices _notices;

    public UsageWriter(
        Database database,
        IdempotencyStore idempotency,
        ChangeFeed changes,
        UsageLevels levels,
        BudgetSpending spending,
        AppendEvents events,
        BurnCredits credits,
        HoldCredits creditHolds,
        UsageNotices notices,
        ILogger<UsageWriter> logger)
    {
        _spending = spending;
        _events = events;
        _credits = credits;
        _creditHolds = creditHolds;
        _notices = notices;
        _database = database;
        _idempotency = idempotency;
        _changes = changes;
        _levels = levels;
        _queue = new(new() { Waiting = 10_000, Items = 2_000 }, logger);
        _rows = database.Kind == DatabaseKind.Sqlite ? new SqliteUsageRows() : new PostgreSqlUsageRows();
    }

    /// <summary>Answers when what <paramref name="run"/> does to a group is durable, or refused.</summary>
    /// <param name="scope">Who asks.</param>
    /// <param name="plans">The reports it may make.</param>
    /// <param name="held">The counters of which it matters what reservations hold.</param>
    /// <param name="run">Run while the customers are locked; a refusal has changed nothing.</param>
    /// <param name="cancellationToken">Ends the wait for room in the queue.</param>
    /// <exception cref="DatabaseUnavailableException">It could not be stored, or the server is stopping.</exception>
    internal async Task<Result<T>> WriteAsync<T>(
        OperationScope scope,
        IReadOnlyList<PlannedMeasurement> plans,
        IReadOnlyList<UsageCell> held,
        Func<UsageGroup, Task<Result<T>>> run,
        CancellationToken cancellationToken)
        where T : class
    {
        var request = new UsageRequest<T>(scope, plans, held, run);
        await _queue.AddAsync(request, cancellationToken);
        return await request.Answer.Told;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _queue.RunAsync(WriteAsync, stoppingToken);

    private async Task WriteAsync(IReadOnlyList<UsageRequest> requests)
    {
        var customers = GroupRequest.CustomersOf(requests);
        UsageGroup? group = null;
        var isCommitted = false;
        try
        {
            isCommitted = await WriteAsync(requests, customers, made => group = made);
        }
        catch
        {
            // A commit that answered nothing may have happened all the same.
            _levels.DoubtAll(requests.SelectMany(request => request.Cells));
            throw;
        }
        finally
        {
            if (!isCommitted)
                group?.Doubt();
        }

        if (!group!.IsEmpty)
        {
            group.Publish();
            _levels.Published(group.Cells);
        }
    }

    /// <summary>One transaction; false when it had nothing to write.</summary>
    private async Task<bool> WriteAsync(
        IReadOnlyList<UsageRequest> requests, IReadOnlyCollection<CustomerKey> customers, Action<UsageGroup> made)
    {
        var isWritten = false;
        await GroupTransaction.RunAsync(
            _database,
            [.. customers.Select(c => c.Lock)],
            async (session, token) =>
            {
                var group = new UsageGroup(session, _rows, _store, _spending, _levels, _credits, _creditHolds);
                made(group);
                await group.LoadAsync(
                    [.. requests.SelectMany(r => r.Plans)],
                    [.. requests.SelectMany(r => r.Held.Select(cell => (cell, r.Scope.Now)))],
                    token);
                var values = new List<object?>(requests.Count);
                foreach (var request in requests)
                    values.Add(await request.RunAsync(group));
                await group.BurnAsync(token);
                foreach (var (request, value) in requests.Zip(values))
                {
                    if (request.Scope.Idempotency is { } claim && value is not null)
                        await _idempotency.StoreAsync(session, request.Scope, claim, value, token);
                }

                // Refusals and replays change nothing, unless an Idempotency-Key has to be remembered.
                if (group.IsEmpty && !requests.Any(r => r.Scope.Idempotency is not null))
                    return false;
                await group.WriteAsync(token);
                foreach (var move in group.Moves)
                    await _notices.RecordAsync(session, move, token);
                foreach (var (scope, crossed) in await group.CrossingsAsync())
                    await _events.ExecuteAsync(session, scope, crossed, token);
                await _changes.NotifyAsync(
                    session, [.. customers.Select(c => new Change(ChangeKind.Usage, c.Environment, c.Customer.Value))],
                    token);
                return isWritten = true;
            });
        return isWritten;
    }
}
