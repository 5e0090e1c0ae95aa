using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Subscriptions;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>
/// Grants, replaces and takes back credits as subscriptions change, and settles what of a deficit is billed
/// (spec credits 8 and 11).
/// </summary>
public sealed class SubscriptionCredits(OpenCreditBooks open) : ISubscriptionCredits
{
    private static readonly Duration Tick = Duration.FromMilliseconds(1);

    private readonly CreditGrantStore _grants = new();
    private readonly MeasureDeficits _deficits = new();

    public async Task<IReadOnlyDictionary<CreditNeed, MeasuredDeficit>> MeasureAsync(
        Session session, EnvironmentId environment, Subscription subscription, IReadOnlyCollection<CreditNeed> needs,
        Instant at, IReadOnlyCollection<BilledDeficit> taken)
    {
        var measured = new Dictionary<CreditNeed, MeasuredDeficit>();
        foreach (var ofOne in needs.GroupBy(need => need.CurrencyId))
        {
            var pool = new PoolKey(subscription.CustomerId, subscription.ResourceId, ofOne.Key);
            foreach (var (need, deficit) in await _deficits.OfAsync(
                session, environment, pool, subscription.Uid, [.. ofOne], at, taken))
            {
                measured[need] = deficit;
            }
        }

        return measured;
    }

    public async Task ApplyAsync(
        Work work, IReadOnlyList<CreditInstruction> instructions, Instant at, CancellationToken cancellationToken)
    {
        if (instructions.Count == 0)
            return;
        var environment = work.Scope.EnvironmentId;
        var scope = at == work.Scope.Now
            ? work.Scope
            : new(work.Scope.Environment, Actor.Scheduler, work.Scope.TraceId, at);
        var books = await open.ExecuteAsync(
            work.Session,
            [.. instructions.Select(i => new CustomerKey(environment, i.Pool.CustomerId)).Distinct()],
            cancellationToken);
        var named = await _grants.OfUidsAsync(
            work.Session, environment, [.. instructions.SelectMany(Named).Distinct()]);
        foreach (var instruction in instructions)
        {
            // A bill comes before what ends or begins at its instant (spec subscriptions 3.4).
            var book = books.At(
                instruction is SettleOverdraft ? scope with { Now = at - Tick } : scope, instruction.Pool);
            switch (instruction)
            {
                case SettleOverdraft settled:
                    OverageGrants.Settle(book, settled, GrantIdSource.Next(), at);
                    break;
                case IssueCredits issue:
                    RecurringGrants.Issue(book, issue, GrantIdSource.Next().Id, named.GetValueOrDefault, at);
                    break;
                case VoidCredits taken:
                    RecurringGrants.Void(book, taken, named.GetValueOrDefault, at);
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(instructions), instruction, "Not an instruction.");
            }

            books.Done(scope, instruction.Pool);
        }

        foreach (var settled in instructions.OfType<SettleOverdraft>().Select(i => i.Pool).Distinct())
            books.At(scope, settled);
        if (!books.IsEmpty)
            await books.WriteAsync(work, cancellationToken);
    }

    private static IEnumerable<Guid> Named(CreditInstruction instruction) => instruction switch
    {
        IssueCredits issue => issue.Replaces.Concat(issue.LessConsumedOf).Concat(issue.Beside),
        VoidCredits taken => taken.Grants,
        _ => [],
    };
}
