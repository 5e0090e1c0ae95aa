using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Credits.Formulas;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>
/// Takes credits for usage inside the transaction that records the usage (spec credits 5 and 6). Never refused for lack
/// of credits: the deficit is the pool's overdraft.
/// </summary>
public sealed class BurnCredits(OpenCreditBooks open, FormulaWarnings warnings)
{
    /// <summary>What usage costs by its mapping; what its formula cannot calculate is told to the log.</summary>
    internal decimal CostOf(OperationScope scope, FeatureMapping mapping, decimal units, IFormulaInputs inputs)
    {
        var cost = UsageCost.Of(mapping.Rate, mapping.Formula, mapping.Feature, units, inputs, out var warning);
        if (warning is not null)
            warnings.Tell(scope.EnvironmentId, mapping.Feature.Id, mapping.Formula!.Text, warning);
        return cost;
    }

    /// <summary>
    /// The session writes and holds the locks of all customers. An event burns once a feature and currency: a repeated
    /// one answers with nothing consumed. After the commit the caller calls <see cref="BurntCredits.Publish"/>, after
    /// anything else <see cref="BurntCredits.Doubt"/>.
    /// </summary>
    /// <param name="session">Of the transaction.</param>
    /// <param name="burns">In the order they are taken.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <param name="areNew">
    /// What they are for was stored by this very transaction, so nothing of it can have burnt.
    /// </param>
    public async Task<BurntCredits> ExecuteAsync(
        Session session, IReadOnlyList<(OperationScope Scope, Burn Burn)> burns, CancellationToken cancellationToken,
        bool areNew = false)
    {
        var (answers, books) = await TakeAsync(session, burns, areNew, cancellationToken);
        if (!books.IsEmpty)
            await books.WriteAsync(null, cancellationToken);
        return new(answers, books);
    }

    /// <summary>
    /// The same within a unit of work, which tells of it after its commit; the sum of what was taken.
    /// </summary>
    public async Task<decimal> ExecuteAsync(Work work, IReadOnlyList<Burn> burns, CancellationToken cancellationToken)
    {
        if (burns.Count == 0)
            return 0;
        var (answers, books) = await TakeAsync(
            work.Session, [.. burns.Select(burn => (work.Scope, burn))], areNew: false, cancellationToken);
        if (!books.IsEmpty)
            await books.WriteAsync(work, cancellationToken);
        return answers.Sum(answer => answer.Consumed);
    }

    private async Task<(IReadOnlyList<Burnt> Answers, CreditBooks Books)> TakeAsync(
        Session session, IReadOnlyList<(OperationScope Scope, Burn Burn)> burns, bool areNew,
        CancellationToken cancellationToken)
    {
        var books = await open.ExecuteAsync(
            session, [.. burns.Select(b => new CustomerKey(b.Scope.EnvironmentId, b.Burn.Pool.CustomerId)).Distinct()],
            cancellationToken,
            areNew ? null : [.. burns.Select(b => KeyOf(b.Scope, b.Burn)).Distinct()]);
        var stored = books.Loaded.Consumptions;
        var answers = new List<Burnt>(burns.Count);
        foreach (var (scope, burn) in burns)
        {
            var key = KeyOf(scope, burn);
            var book = books.At(scope, burn.Pool);
            var amount = CreditAmounts.Charged(burn.Amount);
            var isNew = !stored.ContainsKey(key) && amount > 0;
            if (isNew)
            {
                book.Consume(new(amount, burn.EventId, burn.FeatureId), scope.Now);
                books.Done(scope, burn.Pool);
                stored[key] = new()
                {
                    Key = key,
                    ResourceId = burn.Pool.ResourceId,
                    EventId = burn.EventId,
                    FeatureId = burn.FeatureId,
                    Amount = amount,
                    EventAt = burn.EventAt,
                    IsDated = true,
                    At = scope.Now,
                    Dimensions = burn.Dimensions,
                    Usage = book.TotalConsumed,
                    Limit = book.TotalGranted,
                    PeriodEnd = book.PeriodEnd,
                };
                books.Add(stored[key]);
            }

            answers.Add(new(isNew ? amount : 0, book.TotalConsumed, book.TotalGranted, book.PeriodEnd, scope.Now));
        }

        return (answers, books);
    }

    private static ConsumptionKey KeyOf(OperationScope scope, Burn burn) => new(
        scope.EnvironmentId, burn.Pool.CustomerId, burn.Pool.CurrencyId,
        ConsumptionKey.OfUsage(burn.FeatureId, burn.EventId));
}

/// <summary>What one event or report costs.</summary>
/// <param name="Pool">What pays: the pool of the subscription whose mapping prices the feature.</param>
/// <param name="Amount">In credits; 0 or less burns nothing.</param>
/// <param name="EventId">What it was for.</param>
/// <param name="FeatureId">The feature that was used.</param>
/// <param name="EventAt">When it happened.</param>
/// <param name="Dimensions">A flat JSON object; null without.</param>
public sealed record Burn(
    PoolKey Pool, decimal Amount, string EventId, FeatureId? FeatureId, Instant EventAt, string? Dimensions);

/// <param name="Consumed">What this call took; 0 for a repeated one.</param>
/// <param name="CurrentUsage">What the live grants have consumed after it, the deficit included.</param>
/// <param name="UsageLimit">What the live grants come to.</param>
/// <param name="UsagePeriodEnd">When the running recurring grant ends.</param>
/// <param name="Timestamp">When it was burnt.</param>
public sealed record Burnt(
    decimal Consumed, decimal CurrentUsage, decimal UsageLimit, Instant? UsagePeriodEnd, Instant Timestamp);

/// <summary>Answers in the order of the burns.</summary>
public sealed class BurntCredits
{
    private readonly CreditBooks _books;

    internal BurntCredits(IReadOnlyList<Burnt> answers, CreditBooks books) => (Answers, _books) = (answers, books);

    public IReadOnlyList<Burnt> Answers { get; }

    /// <summary>After the commit: the next check sees what was burnt.</summary>
    public void Publish() => _books.Publish();

    /// <summary>When it is not known what became of the transaction.</summary>
    public void Doubt() => _books.DoubtAll();
}
