using FsCheck;
using FsCheck.Fluent;
using Tollgate.Domain.Credits;
using static Tollgate.Domain.Tests.Credits.GivenPool;

namespace Tollgate.Domain.Tests.Credits;

/// <summary>What holds whatever is done to a pool, and the ways in which ledgers of others lost credits.</summary>
public sealed class LedgerLawTests
{
    private enum Verb
    {
        Grant,
        Consume,
        Void,
        Expire,
    }

    private static Gen<decimal> Amounts =>
        from whole in Gen.Choose(0, 5000)
        from fraction in Gen.Choose(1, 999_999_999)
        from scale in Gen.Elements(1_000_000_000m, 1_000_000_000_000m, 1_000m)
        select whole + fraction / scale;

    private static Gen<(Verb Verb, decimal Amount, int Seed)> Steps =>
        from verb in Gen.Frequency(
            (3, Gen.Constant(Verb.Grant)), (6, Gen.Constant(Verb.Consume)), (1, Gen.Constant(Verb.Void)), (2, Gen.Constant(Verb.Expire)))
        from amount in Amounts
        from seed in Gen.Choose(0, 5)
        select (verb, decimal.Round(amount, CreditAmounts.Decimals), seed);

    private static Arbitrary<(Verb Verb, decimal Amount, int Seed)[]> Lives => Steps.ArrayOf().ToArbitrary();

    private static Arbitrary<(decimal[] Grants, decimal[] Burns)> Burns => (
        from grants in Amounts.Select(a => decimal.Round(a, 12)).ArrayOf(4)
        from burns in Amounts.Select(a => decimal.Round(a, 12)).ArrayOf(8)
        select (grants, burns)).ToArbitrary();

    [Fact]
    public void Books_are_right_after_every_life_and_the_entries_give_the_balance() =>
        Prop.ForAll(Lives, life =>
        {
            var ledger = Live(life);
            return ledger.Audit().Count == 0
                && ledger.Entries.Sum(entry => entry.SignedAmount) == ledger.Pool.Balance
                && ledger.Pool.Grants.All(grant => grant.IsOverdraft || grant is { Consumed: >= 0, Remaining: >= 0 });
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_consumption_is_booked_to_the_last_digit() =>
        Prop.ForAll(Lives, life => Live(life).Entries.Where(entry => entry.Kind == CreditEntryKind.Consumed)
            .Sum(entry => entry.Amount) == life.Where(step => step.Verb == Verb.Consume).Sum(step => step.Amount))
            .QuickCheckThrowOnFailure();

    [Fact]
    public void There_is_a_deficit_only_where_nothing_is_left() =>
        Prop.ForAll(Lives, life =>
        {
            var pool = Live(life).Pool;
            return !pool.Grants.Any(grant => grant.IsOverdraft)
                || pool.Grants.Where(grant => grant.IsLive).All(grant => grant.Remaining == 0);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Total_does_not_depend_on_the_order_of_consumptions() =>
        Prop.ForAll(Burns, given =>
        {
            var forwards = Spend(given.Grants, given.Burns);
            var backwards = Spend(given.Grants, [.. given.Burns.Reverse()]);
            return forwards.Pool.Balance == backwards.Pool.Balance
                && forwards.Pool.Balance == given.Grants.Sum() - given.Burns.Sum()
                && forwards.Grants.All(grant => grant.IsOverdraft || backwards[grant.Id].Consumed == grant.Consumed);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Granting_before_or_after_consuming_leaves_the_same_balance() =>
        Prop.ForAll(Burns, given =>
        {
            var before = Spend(given.Grants, given.Burns);
            var after = Spend([], given.Burns);
            for (var i = 0; i < given.Grants.Length; i++)
                after.Grant(Grant($"g{i}", given.Grants[i]));
            return before.Pool.Balance == after.Pool.Balance && after.Audit().Count == 0;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_is_charged_is_what_leaves_the_wallet()
    {
        // Seen elsewhere: 17.96999... charged as 17.97 while the wallet lost 17.96.
        var ledger = Of(Grant("g", 100)).Consume(17.969999999999m);

        Assert.Equal(17.969999999999m, ledger.Entries[^1].Amount);
        Assert.Equal(82.030000000001m, ledger.Pool.Balance);
    }

    [Fact]
    public void Voiding_takes_exactly_what_is_left()
    {
        // Seen elsewhere: of 100, 14.28 voided while the balance showed 85.71 (14.28444999 were used).
        var ledger = Of(Grant("g", 100)).Consume(14.28444999m);
        ledger.Do(Now, book => book.Void("g", Now));

        Assert.Equal(85.71555001m, ledger.Entries[^1].Amount);
        Assert.Equal(0, ledger.Pool.Balance);
    }

    [Fact]
    public void Many_small_amounts_do_not_drift()
    {
        // Seen elsewhere: -0.00342 a grant for ever. 100 000 times 0.00001 is 1 exactly.
        var ledger = Of(Grant("g", 1));
        ledger.Do(Now, book =>
        {
            for (var i = 0; i < 100_000; i++)
                book.Consume(Burn(0.00001m), Now);
        });

        Assert.Equal((1m, 0m), (ledger["g"].Consumed, ledger.Pool.Balance));
        Assert.DoesNotContain(ledger.Grants, grant => grant.IsOverdraft);
    }

    [Fact]
    public void A_third_is_charged_once_and_what_is_charged_adds_up()
    {
        var third = CreditAmounts.Charged(1m / 3);
        Assert.Equal(0.333333333333m, third);

        var ledger = Of(Grant("g", 1)).Consume(third).Consume(third).Consume(third);

        Assert.Equal(0.000000000001m, ledger.Pool.Balance);
        Assert.Empty(ledger.Audit());
    }

    [Fact]
    public void Audit_finds_a_changed_grant_a_missing_entry_and_a_half_transfer()
    {
        var ledger = Of(Grant("g", 100)).Consume(120).Grant(Grant("h", 50));
        Assert.Empty(ledger.Audit());

        Assert.NotEmpty(Audit(ledger.Entries, ledger.Grants.Select(g => g.Id == "g" ? g with { Consumed = 99 } : g)));
        Assert.NotEmpty(Audit(ledger.Entries.Skip(1), ledger.Grants));
        Assert.NotEmpty(Audit(ledger.Entries.Where(e => e.Kind != CreditEntryKind.TransferTarget), ledger.Grants));
        Assert.NotEmpty(Audit(ledger.Entries, ledger.Grants.Where(g => g.Id != "h")));

        static IReadOnlyList<string> Audit(IEnumerable<CreditEntry> entries, IEnumerable<CreditGrant> grants)
        {
            var audit = new PoolAudit(Key);
            foreach (var entry in entries)
                audit.Add(entry.GrantId, entry.Kind, entry.Amount);
            return audit.Faults([.. grants]);
        }
    }

    private static GivenPool.Ledger Spend(decimal[] grants, decimal[] burns)
    {
        var ledger = Of([.. grants.Select((amount, i) => Grant($"g{i}", amount) with { Priority = i % 2 })]);
        foreach (var burn in burns)
            ledger.Consume(burn);
        return ledger;
    }

    private static GivenPool.Ledger Live((Verb Verb, decimal Amount, int Seed)[] life)
    {
        var ledger = Of();
        for (var i = 0; i < life.Length; i++)
        {
            var (verb, amount, seed) = life[i];
            var at = Day(10 + i);
            switch (verb)
            {
                case Verb.Grant:
                    ledger.Grant(
                        Grant($"g{i}", amount, seed % 2 == 0 ? CreditGrantType.Paid : CreditGrantType.Promotional) with
                        {
                            Priority = seed % 3,
                            EffectiveAt = at,
                            ExpireAt = seed == 5 ? null : Day(11 + i + seed),
                            CreatedAt = at,
                        },
                        at);
                    break;
                case Verb.Consume:
                    ledger.Consume(amount, at);
                    break;
                case Verb.Void when ledger.Pool.At(at).Grants.FirstOrDefault(g => !g.IsOverdraft) is { } grant:
                    ledger.Do(at, book => book.Void(grant.Id, at));
                    break;
                default:
                    ledger.Do(at, _ => { });
                    break;
            }
        }

        return ledger;
    }
}
