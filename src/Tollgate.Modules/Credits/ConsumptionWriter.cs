using Dapper;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Modules.GroupCommit;
using Tollgate.Modules.Idempotency;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>
/// Group commit of direct consumptions: in one transaction each pool is loaded once and each grant written once, then
/// the balances are published and each caller answered.
/// </summary>
public sealed class ConsumptionWriter(
    Database database, OpenCreditBooks open, IdempotencyStore idempotency,
    ILogger<ConsumptionWriter> logger) : BackgroundService
{
    private readonly GroupQueue<ConsumptionRequest> _queue = new(new() { Waiting = 10_000, Items = 2_000 }, logger);

    /// <summary>Answers when the consumptions are durable, or refused.</summary>
    /// <exception cref="DatabaseUnavailableException">They could not be stored, or the server is stopping.</exception>
    internal async Task<Result<IReadOnlyList<CreditsConsumed>>> WriteAsync(
        OperationScope scope, IReadOnlyList<CreditConsumption> consumptions, bool isAsync,
        CancellationToken cancellationToken)
    {
        var request = new ConsumptionRequest(scope, consumptions, isAsync);
        await _queue.AddAsync(request, cancellationToken);
        return await request.Answer.Told;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _queue.RunAsync(WriteAsync, stoppingToken);

    private async Task WriteAsync(IReadOnlyList<ConsumptionRequest> group)
    {
        CreditBooks? books = null;
        try
        {
            await WriteAsync(group, opened => books = opened);
        }
        catch
        {
            // A commit that answered nothing may have happened all the same.
            books?.DoubtAll();
            throw;
        }

        if (!books!.IsEmpty)
            books.Publish();
    }

    /// <summary>One transaction.</summary>
    private async Task WriteAsync(
        IReadOnlyList<ConsumptionRequest> requests, Action<CreditBooks> opened)
    {
        var customers = GroupRequest.CustomersOf(requests);
        await GroupTransaction.RunAsync(
            database,
            [.. customers.Select(c => c.Lock)],
            async (session, token) =>
            {
                var keys = requests.SelectMany(r => r.Consumptions.Select(c => ConsumptionGroup.KeyOf(r.Scope, c)));
                var books = await open.ExecuteAsync(session, customers, token, [.. keys.Distinct()]);
                opened(books);
                var group = new ConsumptionGroup(books);
                foreach (var request in requests)
                {
                    var answer = group.Add(request.Scope, request.Consumptions, request.IsAsync);
                    if (request.Scope.Idempotency is { } claim && answer.TryGet(out var value, out _))
                    {
                        // What is rendered is what the use case will answer.
                        object rendered = request.IsAsync
                            ? new ConsumptionsAccepted(
                                value.Count(c => c.Outcome == ConsumptionOutcome.Consumed),
                                value.Count(c => c.Outcome == ConsumptionOutcome.Repeated),
                                value.Count(c => c.Outcome == ConsumptionOutcome.Conflict))
                            : value[0];
                        await idempotency.StoreAsync(session, request.Scope, claim, rendered, token);
                    }

                    request.Answer.Value = answer;
                }

                // Refusals and repetitions change nothing, unless an Idempotency-Key has to be remembered.
                if (books.IsEmpty && group.Conflicts.Count == 0 && !requests.Any(r => r.Scope.Idempotency is not null))
                    return false;
                await books.WriteAsync(null, token);
                await WriteConflictsAsync(session, group.Conflicts);
                return true;
            });
    }

    private static async Task WriteConflictsAsync(
        Session session, IReadOnlyList<(OperationScope Scope, CreditConsumption Consumption, string Message)> conflicts)
    {
        foreach (var (scope, consumption, message) in conflicts)
        {
            await session.Connection.ExecuteAsync(
                """
                INSERT INTO credit_conflicts (environment_id, customer_id, currency_id, consumption_key, amount, at,
                  message)
                VALUES (@environment, @customer, @currency, @key, @amount, @at, @message)
                """,
                new
                {
                    environment = scope.EnvironmentId.Value,
                    customer = consumption.CustomerId.Value,
                    currency = consumption.CurrencyId.Value,
                    key = consumption.IdempotencyKey,
                    amount = consumption.Amount,
                    at = scope.Now.ToUnixTimeMilliseconds(),
                    message,
                },
                session.Transaction);
        }
    }

    private sealed class ConsumptionRequest(
        OperationScope scope, IReadOnlyList<CreditConsumption> consumptions, bool isAsync)
        : GroupRequest(scope, consumptions.Count)
    {
        public IReadOnlyList<CreditConsumption> Consumptions { get; } = consumptions;

        public bool IsAsync { get; } = isAsync;

        public GroupAnswer<IReadOnlyList<CreditsConsumed>> Answer { get; } = new();

        public override void AddCustomers(HashSet<CustomerKey> customers)
        {
            foreach (var consumption in Consumptions)
                customers.Add(new(Scope.EnvironmentId, consumption.CustomerId));
        }

        public override void Tell() => Answer.Tell();

        public override void Fail(Exception exception) => Answer.Fail(exception);
    }
}
