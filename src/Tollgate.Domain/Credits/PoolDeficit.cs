using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Credits;

/// <summary>
/// Who bears what was consumed: what no live grant covers is the overdraft's until a usable grant takes it over (spec
/// credits 5.5, 5.6), and one grant can take over consumption of another.
/// </summary>
/// <param name="pool">Whose.</param>
/// <param name="grants">The open grants of the pool.</param>
/// <param name="news">Is told what changes.</param>
/// <param name="entries">Receives what the ledger keeps of it.</param>
/// <param name="newIds">For an overdraft that has to be opened.</param>
internal sealed class PoolDeficit(
    PoolKey pool, OpenGrants grants, PoolNews news, List<CreditEntry> entries, Func<GrantIds> newIds)
{
    /// <summary>Where the overdraft stands among the open grants; it is opened when there is none.</summary>
    public int OverdraftAt(Instant now)
    {
        if (grants.IndexOfOverdraft() < 0)
            OpenOverdraft(now);
        return grants.IndexOfOverdraft();
    }

    /// <summary>A usable grant repays the deficit (spec credits 5.6).</summary>
    public void Settle(CreditGrant grant, Instant at)
    {
        if (grants.IndexOfOverdraft() is >= 0 and var index && grants.InOrder[index] is var overdraft
            && decimal.Min(overdraft.Consumed, grant.Remaining) is > 0 and var due)
        {
            Move(overdraft, grant, due, at);
        }
    }

    /// <summary>
    /// What <paramref name="source"/> had consumed falls by the amount, what <paramref name="target"/> consumed rises.
    /// An overdraft that holds nothing any more is closed.
    /// </summary>
    public void Move(CreditGrant source, CreditGrant target, decimal amount, Instant at)
    {
        entries.Add(new(CreditEntryKind.TransferSource, source.Id, amount, at));
        entries.Add(new(CreditEntryKind.TransferTarget, target.Id, amount, at));
        var lower = source with { Consumed = source.Consumed - amount, UpdatedAt = at };
        var higher = target with { Consumed = target.Consumed + amount, UpdatedAt = at };
        grants.Replace(source, lower);
        grants.Replace(target, higher);
        news.Tell(EventType.CreditGrantUpdated, source, lower, at);
        news.Tell(EventType.CreditGrantUpdated, target, higher, at);
        if (lower is { IsOverdraft: true, Consumed: 0 })
        {
            entries.Add(new(CreditEntryKind.Voided, lower.Id, 0, at));
            var closed = lower with { Status = CreditGrantStatus.Voided, VoidedAt = at };
            grants.Replace(lower, closed);
            news.Tell(EventType.CreditGrantVoided, lower, closed, at);
        }

        news.TellGrant(target, higher, at);
    }

    private void OpenOverdraft(Instant now)
    {
        var ids = newIds();
        var overdraft = new CreditGrant
        {
            Uid = ids.Uid,
            Id = ids.Id,
            DisplayName = "Overdraft",
            Type = CreditGrantType.Overdraft,
            Status = CreditGrantStatus.Active,
            CustomerId = pool.CustomerId,
            ResourceId = pool.ResourceId,
            CurrencyId = pool.CurrencyId,
            Amount = 0,
            Cost = new(0, Currencies.Default),
            EffectiveAt = now,
            CreatedAt = now,
            UpdatedAt = now,
        };
        grants.Add(overdraft);
        news.Tell(EventType.CreditGrantCreated, null, overdraft, now);
    }
}
