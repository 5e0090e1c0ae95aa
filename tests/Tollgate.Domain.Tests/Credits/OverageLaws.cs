using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Subscriptions;
using static Tollgate.Domain.Tests.Credits.GivenPool;

namespace Tollgate.Domain.Tests.Credits;

/// <summary>
/// Deficits that are billed (spec credits 11): no credit is billed twice, none is both billed and repaid, and what is billed is what
/// was overdrawn while there was a price.
/// </summary>
public sealed class OverageLaws
{
    private enum Verb
    {
        Consume,
        Grant,
        BillA,
        BillB,
    }

    private static Arbitrary<(Verb Verb, int Amount)[]> Lives => (
        from verb in Gen.Frequency(
            (6, Gen.Constant(Verb.Consume)), (3, Gen.Constant(Verb.Grant)), (2, Gen.Constant(Verb.BillA)), (1, Gen.Constant(Verb.BillB)))
        from amount in Gen.Choose(1, 40)
        select (verb, amount)).ArrayOf().ToArbitrary();

    [Fact]
    public void What_was_overdrawn_is_repaid_or_billed_once_or_still_owed() =>
        Prop.ForAll(Lives, life =>
        {
            var run = Run.Of(life);
            var ledger = run.Ledger;
            var overdrawn = ledger.Entries.Where(e => e.Kind == CreditEntryKind.Consumed && ledger[e.GrantId].IsOverdraft)
                .Sum(e => e.Amount);
            var settled = ledger.Entries.Where(e => e.Kind == CreditEntryKind.TransferTarget)
                .ToLookup(e => ledger[e.GrantId].Overage is not null, e => e.Amount);
            var owed = ledger.Pool.Grants.Where(grant => grant.IsOverdraft).Sum(grant => grant.Consumed);
            return ledger.Audit().Count == 0
                && settled[true].Sum() + settled[false].Sum() + owed == overdrawn
                && settled[true].Sum() == run.Billed.Sum()
                // The grant of a bill is used up at once: its money is revenue then.
                && ledger.Grants.Where(grant => grant.Overage is not null).All(grant => grant.Remaining == 0);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Bill_is_for_what_is_still_owed_of_its_window_whoever_repaid_or_billed_before() =>
        Prop.ForAll(Lives, life =>
        {
            var run = Run.Of(life);
            return run.Billed.SequenceEqual(run.Expected);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void One_biller_leaves_no_deficit_of_its_time() =>
        Prop.ForAll(Lives, life =>
        {
            // From the first instant on there is a price, and everything is billed by one subscription.
            var run = Run.Of([.. life.Select(step => step.Verb == Verb.BillB ? (Verb.BillA, step.Amount) : step)], Day(10));
            return run.AfterBills.All(overdraft => overdraft == 0);
        }).QuickCheckThrowOnFailure();

    /// <summary>
    /// A pool, a day a step. A bills from the sixth day on, unless told otherwise, B from the eleventh on; each bills what was overdrawn
    /// since it billed last. Beside it the same as a list of single credits.
    /// </summary>
    private sealed class Run
    {
        private readonly List<Instant> _owing = [];
        private readonly Dictionary<string, CreditOverage> _overages = [];
        private readonly Dictionary<Verb, Instant> _since = [];

        public GivenPool.Ledger Ledger { get; } = GivenPool.Of();

        public List<decimal> Billed { get; } = [];

        public List<decimal> Expected { get; } = [];

        /// <summary>The deficit right after each bill.</summary>
        public List<decimal> AfterBills { get; } = [];

        public static Run Of((Verb Verb, int Amount)[] life, Instant? firstOfA = null)
        {
            var run = new Run();
            (run._since[Verb.BillA], run._since[Verb.BillB]) = (firstOfA ?? Day(15), Day(20));
            for (var i = 0; i < life.Length; i++)
                run.Step(life[i].Verb, life[i].Amount, $"g{i}", Day(10 + i));
            return run;
        }

        private void Step(Verb verb, int amount, string id, Instant at)
        {
            switch (verb)
            {
                case Verb.Consume:
                    var before = Overdraft;
                    Ledger.Consume(amount, at);
                    _owing.AddRange(Enumerable.Repeat(at, (int)(Overdraft - before)));
                    break;
                case Verb.Grant:
                    _owing.RemoveRange(0, Math.Min(amount, _owing.Count));
                    Ledger.Grant(Grant(id, amount) with { EffectiveAt = at, CreatedAt = at }, at);
                    break;
                default:
                    if (_since[verb] < at)
                        Bill(verb, id, at);
                    break;
            }
        }

        private decimal Overdraft => Ledger.Pool.Grants.Where(grant => grant.IsOverdraft).Sum(grant => grant.Consumed);

        private void Bill(Verb verb, string id, Instant at)
        {
            var window = new BillingWindow(_since[verb], at);
            var account = new DeficitAccount(
                Ledger.Pool.Grants.FirstOrDefault(grant => grant.IsOverdraft)?.Id, _overages, [window]);
            foreach (var entry in Ledger.Entries)
                account.Add(entry.Kind, entry.GrantId, entry.Amount, entry.At);
            Assert.Equal(Overdraft, account.Total);
            var owed = account.Owed(window);
            Billed.Add(owed);
            Expected.Add(_owing.RemoveAll(window.Contains));
            _since[verb] = at;
            if (owed > 0)
            {
                _overages[id] = new(default, window.Start, window.End);
                var settlement = new SettleOverdraft(Key)
                {
                    SubscriptionId = new("s"),
                    PackageId = new("pro"),
                    Amount = owed,
                    Cost = new(owed * 0.02m, "usd"),
                    Overage = _overages[id],
                };
                Ledger.Do(at, book => OverageGrants.Settle(book, settlement, new(Guid.Empty, id), at));
            }

            AfterBills.Add(Overdraft);
        }
    }
}
