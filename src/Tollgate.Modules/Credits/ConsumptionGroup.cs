using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;

namespace Tollgate.Modules.Credits;

/// <summary>The direct consumptions of one transaction, in order of arrival.</summary>
internal sealed class ConsumptionGroup(CreditBooks books)
{
    private readonly Dictionary<ConsumptionKey, StoredConsumption> _known = new(books.Loaded.Consumptions);

    /// <summary>Keys that stand for something else, sent where nobody can be told.</summary>
    public List<(OperationScope Scope, CreditConsumption Consumption, string Message)> Conflicts { get; } = [];

    public static ConsumptionKey KeyOf(OperationScope scope, CreditConsumption consumption) => new(
        scope.EnvironmentId, consumption.CustomerId, consumption.CurrencyId,
        ConsumptionKey.OfCall(consumption.IdempotencyKey));

    /// <summary>
    /// Takes one request's consumptions. A synchronous one is alone in its request, so refusing it undoes nothing.
    /// </summary>
    public Result<IReadOnlyList<CreditsConsumed>> Add(
        OperationScope scope, IReadOnlyList<CreditConsumption> consumptions, bool isAsync)
    {
        var answers = new List<CreditsConsumed>(consumptions.Count);
        foreach (var consumption in consumptions)
        {
            var key = KeyOf(scope, consumption);
            if (!_known.TryGetValue(key, out var first))
            {
                _known[key] = first = Consume(scope, key, consumption);
                books.Add(first);
                answers.Add(Answer(consumption, ConsumptionOutcome.Consumed, first));
            }
            else if (Conflict(consumption, first) is not { } conflict)
            {
                answers.Add(Answer(consumption, ConsumptionOutcome.Repeated, first));
            }
            else if (isAsync)
            {
                Conflicts.Add((scope, consumption, conflict));
                answers.Add(Answer(consumption, ConsumptionOutcome.Conflict, first));
            }
            else
            {
                return new Refusal(ErrorCode.DuplicatedEntityNotAllowed, conflict);
            }
        }

        return answers;
    }

    private StoredConsumption Consume(OperationScope scope, ConsumptionKey key, CreditConsumption consumption)
    {
        var pool = new PoolKey(consumption.CustomerId, consumption.ResourceId, consumption.CurrencyId);
        var id = Guid.CreateVersion7().ToString();
        var book = books.At(scope, pool);
        book.Consume(new(consumption.Amount, id, null), scope.Now);
        books.Done(scope, pool);
        return new()
        {
            Key = key,
            ResourceId = consumption.ResourceId,
            EventId = id,
            FeatureId = null,
            Amount = consumption.Amount,
            EventAt = consumption.CreatedAt ?? scope.Now,
            IsDated = consumption.CreatedAt is not null,
            At = scope.Now,
            Dimensions = consumption.Dimensions,
            Usage = book.TotalConsumed,
            Limit = book.TotalGranted,
            PeriodEnd = book.PeriodEnd,
        };
    }

    private static CreditsConsumed Answer(
        CreditConsumption consumption, ConsumptionOutcome outcome, StoredConsumption first) => new(consumption, outcome)
        {
            Timestamp = first.At,
            CurrentUsage = first.Usage,
            UsageLimit = first.Limit,
            UsagePeriodEnd = first.PeriodEnd,
        };

    /// <summary>Null when both say the same.</summary>
    private static string? Conflict(CreditConsumption consumption, StoredConsumption first)
    {
        var sameInstant = consumption.CreatedAt is { } at ? first.IsDated && at == first.EventAt : !first.IsDated;
        if (sameInstant && consumption.Amount == first.Amount && consumption.ResourceId == first.ResourceId
            && JsonTexts.AreSame(consumption.Dimensions, first.Dimensions))
        {
            return null;
        }

        return $"The idempotencyKey '{consumption.IdempotencyKey}' of customer '{consumption.CustomerId}' and currency "
            + $"'{consumption.CurrencyId}' was used for another consumption, of {first.Amount:0.############} credits"
            + (first.IsDated ? $" at {first.EventAt}" : "") + (first.Dimensions is { } d ? $" with {d}" : "")
            + $"; this one is of {consumption.Amount:0.############}. Send the same again or use a new key.";
    }
}
