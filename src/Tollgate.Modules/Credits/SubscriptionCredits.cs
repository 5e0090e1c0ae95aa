using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Subscriptions;

namespace Tollgate.Modules.Credits;

/// <summary>Grants, replaces and takes back credits as subscriptions change (spec credits 8).</summary>
public sealed class SubscriptionCredits(OpenCreditBooks open) : ISubscriptionCredits
{
    private readonly CreditGrantStore _grants = new();

    public async Task ApplyAsync(
        Work work, IReadOnlyList<CreditInstruction> instructions, Instant at, CancellationToken cancellationToken)
    {
        if (instructions.Count == 0)
            return;
        var environment = work.Scope.EnvironmentId;
        var scope = at == work.Scope.Now ? work.Scope : new(work.Scope.Environment, Actor.Scheduler, work.Scope.TraceId, at);
        var books = await open.ExecuteAsync(
            work.Session,
            [.. instructions.Select(i => new CustomerKey(environment, i.Pool.CustomerId)).Distinct()],
            cancellationToken);
        var named = await _grants.OfUidsAsync(work.Session, environment, [.. instructions.SelectMany(Named).Distinct()]);
        foreach (var instruction in instructions)
        {
            var book = books.At(scope, instruction.Pool);
            switch (instruction)
            {
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
